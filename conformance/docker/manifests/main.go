// Command manifests reads Kubernetes manifests from standard input and decodes each with the types of
// Kubernetes' own API, strictly: an unknown kind, an unknown field or a value of another type is an
// error. Pods must also meet the restricted pod security standard. It prints `kind name` for each.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

func main() {
	if err := check(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

func check(input io.Reader) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(input))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if runtime.IsMissingKind(err) && kind != nil && kind.Kind == "" {
			continue // a document of comments
		}
		if err != nil {
			return fmt.Errorf("%w in\n%s", err, document)
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			return err
		}
		if set, ok := object.(*appsv1.StatefulSet); ok {
			if err := isRestricted(&set.Spec.Template); err != nil {
				return fmt.Errorf("%s %s: %w", kind.Kind, accessor.GetName(), err)
			}
		}
		fmt.Println(kind.Kind, accessor.GetName())
	}
}

func isRestricted(template *corev1.PodTemplateSpec) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec))
	if !result.Allowed {
		return fmt.Errorf("not restricted: %s", result.ForbiddenDetail())
	}
	return nil
}
