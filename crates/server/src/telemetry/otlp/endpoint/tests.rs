use super::*;

#[track_caller]
fn check(text: &str, protocol: Protocol, authority: &str, is_tls: bool, traces: &str) {
    let endpoint = Endpoint::parse(text, protocol).unwrap();
    let found = (endpoint.authority(), endpoint.is_tls, endpoint.path(Signal::Traces));
    assert_eq!(found, (authority.to_owned(), is_tls, traces.to_owned()), "endpoint={text}");
}

#[test]
fn the_scheme_decides_about_tls_and_the_default_port() {
    use Protocol::{Grpc, Http};
    let grpc = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    check("http://otel-collector:4317/", Grpc, "otel-collector:4317", false, grpc);
    check("http://otel-collector", Grpc, "otel-collector:4317", false, grpc);
    check("https://collector:9999", Grpc, "collector:9999", true, grpc);
    check("api.honeycomb.com", Grpc, "api.honeycomb.com:443", true, grpc);
    check("localhost:4317", Grpc, "localhost:4317", true, grpc);
    check("http://[::1]:4317", Grpc, "[::1]:4317", false, grpc);
    check("http://collector", Http, "collector:4318", false, "/v1/traces");
    check("http://collector:1/base/", Http, "collector:1", false, "/base/v1/traces");
    check("http://collector:1/base/v1/traces", Http, "collector:1", false, "/base/v1/traces");
    let metrics = Endpoint::parse("http://collector/v1/traces", Http).unwrap().path(Signal::Metrics);
    assert_eq!(metrics, "/v1/metrics");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    for text in ["", "http://", "ftp://x", "http://user@host", "http://host:port", "http://host?x", "a b"] {
        assert!(Endpoint::parse(text, Protocol::Grpc).is_err(), "endpoint={text}");
    }
}

#[track_caller]
fn check_headers(text: &str, expected: &[(&str, &str)]) {
    let headers = parse_headers(text).unwrap();
    let found: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(found, expected, "headers={text}");
}

#[test]
fn headers_are_a_json_object_or_a_list() {
    check_headers("{}", &[]);
    check_headers("", &[]);
    check_headers(
        r#"{"x-honeycomb-team": "abc", "Other": "a=b,c"}"#,
        &[("other", "a=b,c"), ("x-honeycomb-team", "abc")],
    );
    check_headers("api-key=abc, other=a%20b%2C%zz", &[("api-key", "abc"), ("other", "a b,%zz")]);
}

#[test]
fn bad_headers_are_refused_without_quoting_them() {
    for text in [r#"{"a": 1}"#, "{", "secret", r#"{"a b": "secret"}"#, "{\"a\": \"secret\\n\"}"] {
        let refusal = parse_headers(text).unwrap_err();
        assert!(!refusal.contains("secret"), "headers={text} refusal={refusal}");
    }
}

#[test]
fn auto_is_the_protocol_that_the_address_looks_like() {
    use Protocol::{Grpc, Http};
    for (word, address, expected) in [
        ("auto", "http://otel-collector:4317/", Grpc),
        ("auto", "http://otel-collector:4318", Http),
        ("auto", "http://otel-collector:4318/", Http),
        ("auto", "http://otel-collector:4317/v1/traces", Http),
        ("auto", "https://api.example.com", Grpc),
        ("auto", "collector.example.com:4317", Grpc),
        ("auto", "https://api.example.com/otlp", Http),
        ("grpc", "http://otel-collector:4318/v1/traces", Grpc),
        ("http/protobuf", "http://otel-collector:4317", Http),
    ] {
        assert_eq!(Protocol::choose(word, address), expected, "{word} {address}");
    }
}
