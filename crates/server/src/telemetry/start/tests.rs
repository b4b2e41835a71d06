//! Which options start what. Nothing here is sent: no collector exists.

use std::path::Path;

use super::*;
use crate::config::{Given, resolve};

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
