//! Which options start what, and what then reaches a collector.

use std::path::Path;

use super::*;
use crate::{
    config::{Given, resolve},
    telemetry::otlp::receiver::{Identity, Manner, Receiver},
};

/// What the start says when these variables are set, or why it fails.
fn started(variables: &[(&str, &str)]) -> Result<(Option<Granularity>, Option<String>), String> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let given = Given { environment: environment.collect(), ..Given::default() };
    let resolved = resolve(given).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _within = runtime.enter();
    let started = start(&resolved, Path::new("/"))?;
    let granularity = started.telemetry.tracer.as_ref().map(|tracer| tracer.granularity);
    Ok((granularity, started.summary))
}

const CHROMA: (&str, &str) = ("CHROMA_OTEL_COLLECTION_ENDPOINT", "http://otel-collector:4317/");

#[track_caller]
fn check(variables: &[(&str, &str)], expected: Option<Granularity>) {
    let found = started(variables).map(|(granularity, _)| granularity);
    assert_eq!(found, Ok(expected), "variables={variables:?}");
}

#[test]
fn chromas_endpoint_needs_a_granularity_and_others_do_not() {
    check(&[], None);
    check(&[CHROMA], None);
    let said = started(&[CHROMA]).unwrap().1.unwrap();
    assert!(said.contains("CHROMA_OTEL_GRANULARITY"), "{said}");
    check(&[CHROMA, ("CHROMA_OTEL_GRANULARITY", "")], None);
    check(&[CHROMA, ("CHROMA_OTEL_GRANULARITY", "none")], None);
    check(&[CHROMA, ("CHROMA_OTEL_GRANULARITY", "operation")], Some(Granularity::Operation));
    check(
        &[CHROMA, ("CHROMA_OTEL_GRANULARITY", "operation_and_segment")],
        Some(Granularity::OperationAndSegment),
    );
    check(&[CHROMA, ("CHROMA_OTEL_GRANULARITY", "all")], Some(Granularity::All));
    for name in ["HUEDB_OTEL_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "CHROMA_OPEN_TELEMETRY__ENDPOINT"] {
        check(&[(name, "http://collector:4317")], Some(Granularity::Operation));
        check(&[(name, "http://collector:4317"), ("OTEL_SDK_DISABLED", "true")], None);
    }
}

#[test]
fn the_variables_of_the_compose_file_of_chromas_documentation_work() {
    let variables = [
        CHROMA,
        ("CHROMA_OTEL_EXPORTER_HEADERS", "{}"),
        ("CHROMA_OTEL_COLLECTION_HEADERS", r#"{"x-honeycomb-team": "abc"}"#),
        ("CHROMA_OTEL_SERVICE_NAME", "chroma"),
        ("CHROMA_OTEL_GRANULARITY", "all"),
    ];
    check(&variables, Some(Granularity::All));
}

#[track_caller]
fn check_refused(variables: &[(&str, &str)], part: &str) {
    let refusal = started(variables).unwrap_err();
    assert!(refusal.contains(part), "variables={variables:?} refusal={refusal}");
    assert!(!refusal.contains("hunter2"), "a secret is quoted: {refusal}");
}

#[test]
fn wrong_values_stop_the_start_and_say_which() {
    check_refused(&[CHROMA, ("CHROMA_OTEL_GRANULARITY", "ALL")], "operation_and_segment");
    check_refused(&[("CHROMA_OTEL_COLLECTION_ENDPOINT", "ftp://x")], "CHROMA_OTEL_COLLECTION_ENDPOINT");
    check_refused(&[("CHROMA_OTEL_COLLECTION_HEADERS", "hunter2")], "CHROMA_OTEL_COLLECTION_HEADERS");
    check_refused(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")], "OTEL_EXPORTER_OTLP_PROTOCOL");
    check_refused(&[("OTEL_TRACES_SAMPLER_ARG", "2")], "from 0 to 1");
    check_refused(&[("CHROMA_OTEL_GRANULARTY", "all")], "CHROMA_OTEL_GRANULARITY");
    let ca_file = ("HUEDB_OTEL_CA_FILE", "/nowhere/ca.pem");
    check_refused(&[("HUEDB_OTEL_ENDPOINT", "https://x"), ca_file], "/nowhere/ca.pem");
}

/// Watches `requests` requests with these variables set, until everything is sent or given up.
async fn watch(variables: &[(&str, &str)], requests: usize) -> Arc<Telemetry> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let resolved = resolve(Given { environment: environment.collect(), ..Given::default() }).unwrap();
    let started = start(&resolved, Path::new("/")).unwrap();
    let telemetry = Arc::clone(&started.telemetry);
    for _ in 0..requests {
        let (head, ()) = axum::http::Request::new(()).into_parts();
        let begun = telemetry.begin(&head);
        begun.context.finish(&axum::response::Response::default());
    }
    started.stop().await;
    telemetry
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

#[test]
fn the_standard_variables_describe_a_collector_and_this_server() {
    for (protocol, word) in [(Protocol::Grpc, "grpc"), (Protocol::Http, "http/protobuf")] {
        block_on(async {
            let identity = Identity::new();
            let receiver = Receiver::start_encrypted(protocol, &identity).await;
            let ca_file = identity.ca_file();
            let telemetry = watch(
                &[
                    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &receiver.endpoint),
                    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", word),
                    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-a=b%20c"),
                    ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", ca_file.to_str().unwrap()),
                    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "60000"),
                    // What is said for traces alone goes first, in whatever order it is given.
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://nowhere.invalid"),
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                    ("OTEL_EXPORTER_OTLP_HEADERS", "x-a=other"),
                    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere"),
                    ("OTEL_TRACES_EXPORTER", "otlp"),
                    ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,deployment.environment.name=test%201"),
                ],
                1,
            )
            .await;
            assert_eq!(telemetry.counters.spans_exported.get(), 1, "{protocol:?}");
            let received = receiver.received.lock().unwrap();
            assert_eq!(received.heads[0].1["x-a"], "b c");
            let named = |name: &str| received.resource.iter().find(|(found, _)| found == name);
            assert_eq!(named("service.name").unwrap().1, "shop");
            assert_eq!(named("deployment.environment.name").unwrap().1, "test 1");
        });
    }
}

#[test]
fn a_service_name_goes_before_one_among_the_attributes() {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Takes).await;
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop");
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint.as_str());
        watch(&[endpoint, attributes, ("OTEL_SERVICE_NAME", "till")], 1).await;
        let received = receiver.received.lock().unwrap();
        let names: Vec<_> = received.resource.iter().filter(|(name, _)| name == "service.name").collect();
        assert_eq!(names, [&("service.name".to_owned(), "till".to_owned())]);
    });
}

#[track_caller]
fn check_sent(variables: &[(&str, &str)], requests: usize, exported: u64, dropped: u64) {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Takes).await;
        let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint.as_str())];
        let telemetry = watch(&[&endpoint, variables].concat(), requests).await;
        let counters = &telemetry.counters;
        assert_eq!(
            (counters.spans_exported.get(), counters.spans_dropped.get()),
            (exported, dropped),
            "{variables:?}"
        );
        assert_eq!(receiver.received.lock().unwrap().spans.len() as u64, exported, "{variables:?}");
    });
}

#[test]
fn the_standard_variables_say_which_requests_are_traced_and_how_many_spans_wait() {
    check_sent(&[], 5, 5, 0);
    check_sent(&[("OTEL_TRACES_SAMPLER", "always_off")], 5, 0, 0);
    check_sent(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")], 5, 0, 0);
    check_sent(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "1.0")], 5, 5, 0);
    check_sent(&[("OTEL_TRACES_EXPORTER", "none")], 5, 0, 0);
    check_sent(&[("OTEL_SDK_DISABLED", "true")], 5, 0, 0);
    // Nothing is sent between these requests: the test's one thread makes them.
    check_sent(&[("OTEL_BSP_MAX_QUEUE_SIZE", "2"), ("OTEL_BSP_SCHEDULE_DELAY", "60000")], 5, 2, 3);
    check_sent(&[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")], 5, 5, 0);
}

#[test]
fn a_delivery_ends_after_the_standard_timeout() {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Silent).await;
        let timeout = ("OTEL_EXPORTER_OTLP_TIMEOUT", "1");
        let telemetry = watch(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint), timeout], 1).await;
        assert_eq!(telemetry.counters.spans_dropped.get(), 1);
    });
}

#[test]
fn metrics_are_sent_when_the_standard_variable_says_so() {
    for (word, is_sent) in [("otlp", true), ("prometheus", false), ("none", false)] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), "http://collector:4317".to_owned()),
            ("OTEL_METRICS_EXPORTER".to_owned(), word.to_owned()),
            ("OTEL_METRIC_EXPORT_INTERVAL".to_owned(), "1234".to_owned()),
        ];
        let resolved = resolve(Given { environment: variables.into(), ..Given::default() }).unwrap();
        let started = block_on(async { start(&resolved, Path::new("/")).unwrap() });
        let every = started.metrics.map(|metrics| metrics.every.as_millis());
        assert_eq!(every, is_sent.then_some(1234), "{word}");
    }
}

#[test]
fn standard_variables_that_cannot_be_honoured_are_refused_or_said() {
    check_refused(&[("OTEL_TRACES_EXPORTER", "zipkin")], "OTEL_TRACES_EXPORTER cannot be `zipkin`");
    check_refused(&[("OTEL_TRACES_EXPORTER", "otlp,console")], "is none of otlp, none");
    check_refused(&[("OTEL_METRICS_EXPORTER", "console")], "OTEL_METRICS_EXPORTER");
    check_refused(&[("OTEL_TRACES_SAMPLER", "jaeger_remote")], "OTEL_TRACES_SAMPLER");
    check_refused(&[("OTEL_BSP_MAX_QUEUE_SIZE", "many")], "OTEL_BSP_MAX_QUEUE_SIZE");
    check_refused(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")], "OTEL_EXPORTER_OTLP_TIMEOUT");
    check_refused(&[("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "hunter2")], "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
    check_refused(&[("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/hunter2")], "has no certificate to show");
    check_refused(&[("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")], "is none of cumulative");
    let environment = vec![("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT".to_owned(), "http://x".to_owned())];
    let resolved = resolve(Given { environment, ..Given::default() }).unwrap();
    assert!(
        resolved.notices[0].contains("metrics go to the collector of the traces"),
        "{:?}",
        resolved.notices
    );
}
