"""The Helm chart: rendered by helm, and read strictly with the types of Kubernetes' own API."""

import functools
import os
import shutil
import subprocess

from engine import CACHE, REPOSITORY, require

CHART = REPOSITORY / "deploy" / "helm" / "huedb"
HELM = "helm.sh/helm/v3/cmd/helm@v3.21.4"
# A helm that is built without these believes in Kubernetes 1.20.
CLUSTER = "-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=34"
PROGRAMS = CACHE / "go" / "bin"
MANIFESTS = REPOSITORY / "conformance" / "docker" / "manifests"
EVERYTHING = (
    "auth.mode=token", "auth.existingSecret=tokens", "auth.authzExistingSecret=roles", "tls.existingSecret=certificate",
    "podDisruptionBudget.enabled=true", "serviceMonitor.enabled=true", "networkPolicy.enabled=true",
    "persistence.storageClass=fast", "env.CHROMA_OTEL_GRANULARITY=all", "env.HUEDB_ALLOW_RESET=true",
    "nodeSelector.disk=ssd", "podLabels.team=search", "imagePullSecrets[0].name=pull", "priorityClassName=high",
)


def install():
    """Builds helm and the manifest reader from their Go modules, unless they are there."""
    require(shutil.which("go"), "Go is needed to build helm: https://go.dev/dl")
    environment = {**os.environ, "GOBIN": str(PROGRAMS), "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -trimpath"}
    run = functools.partial(subprocess.run, env=environment, check=True, stdout=subprocess.DEVNULL)
    if not (PROGRAMS / "helm").exists():
        run(["go", "install", "-ldflags", CLUSTER, HELM])
    run(["go", "build", "-o", str(PROGRAMS / "manifests"), "."], cwd=MANIFESTS)


def helm(*arguments):
    environment = {**os.environ, "HELM_CACHE_HOME": str(CACHE / "helm")}
    return subprocess.run([str(PROGRAMS / "helm"), *arguments], env=environment, capture_output=True, text=True)


def settings(values):
    return [part for value in values for part in ("--set", value)]


def render(*values):
    done = helm("template", "vectors", str(CHART), *settings(values))
    require(done.returncode == 0, f"{values}: {done.stderr}")
    return done.stdout


def read(manifests):
    """The objects as `kind name` lines, read with every rule of the API's types."""
    done = subprocess.run([str(PROGRAMS / "manifests")], input=manifests, capture_output=True, text=True)
    require(done.returncode == 0, done.stderr)
    return done.stdout.split("\n")[:-1]


def the_chart_renders_to_objects_of_the_api(_):
    plain = read(render())
    expected = [
        "ServiceAccount vectors-huedb", "Service vectors-huedb", "Service vectors-huedb-headless", "StatefulSet vectors-huedb",
    ]
    require(plain == expected, f"by default it makes {plain}")
    everything = read(render(*EVERYTHING))
    more = {"PodDisruptionBudget vectors-huedb", "ServiceMonitor vectors-huedb", "NetworkPolicy vectors-huedb"}
    require(set(everything) == {*expected, *more}, f"with everything it makes {everything}")
    read(render("persistence.enabled=false"))


def settings_reach_the_container(_):
    text = render(*EVERYTHING)
    for part in (
        "value: /etc/huedb-auth/credentials", "value: /etc/huedb-authz/authz.yaml", "value: /etc/huedb-tls/tls.crt",
        "secretName: tokens", "secretName: roles", "secretName: certificate", "storageClassName: fast", "path: /readyz",
        "path: /livez", "scheme: HTTPS", "readOnlyRootFilesystem: true", 'value: "all"', "containerPort: 9464", "targetPort: metrics",
    ):
        require(part in text, f"`{part}` is not in what everything renders to")


def mistakes_are_refused(_):
    for value, expected in (
        ("auth.mode=basic", "auth.mode needs auth.existingSecret"),
        ("auth.mode=ldap", "auth"),
        ("auth.secret=x", "secret"),
        ("auth.authzExistingSecret=roles", "has no effect while auth.mode is off"),
    ):
        done = helm("template", "vectors", str(CHART), "--set", value)
        require(done.returncode != 0 and expected in done.stderr, f"{value}: {done.returncode} {done.stderr}")
    wrong = render().replace("terminationGracePeriodSeconds:", "terminationGracePeriod:")
    done = subprocess.run([str(PROGRAMS / "manifests")], input=wrong, capture_output=True, text=True)
    require(done.returncode != 0 and "terminationGracePeriod" in done.stderr, "an unknown field is not noticed")
    wrong = render("securityContext.allowPrivilegeEscalation=true")
    done = subprocess.run([str(PROGRAMS / "manifests")], input=wrong, capture_output=True, text=True)
    require(done.returncode != 0 and "not restricted" in done.stderr, "a privileged pod is not noticed")


def helm_finds_no_fault(_):
    done = helm("lint", "--strict", str(CHART), *settings(EVERYTHING))
    require(done.returncode == 0, done.stdout + done.stderr)


CHECKS = (the_chart_renders_to_objects_of_the_api, settings_reach_the_container, mistakes_are_refused, helm_finds_no_fault)
