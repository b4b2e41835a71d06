//! Watching over a server: probes, metrics, traces to nowhere, and logs that give nothing away.

use std::{
    io::Write as _,
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::{
    exchange::{connect, get, post, read_answer, send},
    process::{Place, Signal, huedb},
};

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

#[test]
fn probes_and_metrics_answer_beside_the_api() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in ["/livez", "/healthz", "/readyz"] {
        let answer = get(&server.address, path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"), "path={path}");
    }
    post(&server.address, COLLECTIONS, r#"{"name": "docs"}"#);
    let answer = get(&server.address, "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "huedb_collections 1",
        "huedb_http_requests_in_flight 1",
        "huedb_panics_total 0",
        "huedb_read_only 0",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} is missing in\n{}", answer.body);
    }
    let made = r#"huedb_http_requests_total{route="/api/v2/tenants/{tenant}/databases/{database}/collections",method="POST",action="db:create_collection",status="200"} 1"#;
    assert!(answer.body.lines().any(|line| line == made), "{}", answer.body);
    assert!(!answer.body.contains("docs"), "a collection's name is in\n{}", answer.body);
}

#[test]
fn metrics_can_have_a_port_of_their_own() {
    // Freed at once; nothing else on this machine asks for ports of this kind at this moment.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = Place::new();
    let server = place.start(&["--metrics-port", &port.to_string()]);
    let own = format!("127.0.0.1:{port}");
    assert!(get(&own, "/metrics").body.contains("huedb_build_info"));
    assert_eq!(get(&own, "/readyz").status, 200);
    assert_eq!(get(&own, "/api/v2/heartbeat").status, 404);
    assert_eq!(get(&server.address, "/metrics").status, 404);
}

#[test]
fn a_collector_that_is_away_changes_nothing_but_the_log() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0"]);
    command
        .env("CHROMA_OTEL_COLLECTION_ENDPOINT", format!("http://{closed}/"))
        .env("CHROMA_OTEL_EXPORTER_HEADERS", "{}")
        .env("CHROMA_OTEL_GRANULARITY", "all")
        .env("HUEDB_OTEL_BATCH_SPANS", "1");
    let server = place.start_with(&mut command);
    for _ in 0..20 {
        let answer = get(&server.address, "/api/v1/heartbeat");
        assert_eq!(answer.status, 200);
        assert_ne!(answer.header("chroma-trace-id"), Some("0"));
    }
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.output.contains("traces (all) to"), "{}", ended.output);
    assert_eq!(ended.errors.matches("does not take telemetry").count(), 1, "{}", ended.errors);
}

#[test]
fn a_request_and_a_slow_one_are_logged_with_the_id_in_their_answers() {
    const ID: &str = "order-7/retry:2";
    for (format, field) in [("text", format!("id=\"{ID}\"")), ("json", format!("\"id\":\"{ID}\""))] {
        let place = Place::new();
        let arguments = ["--log-format", format, "--log-level", "debug", "--slow-request-ms", "1"];
        let server = place.start(&arguments);
        let mut stream = connect(&server.address);
        let body = r#"{"name": "docs"}"#;
        let head = format!(
            "POST {COLLECTIONS} HTTP/1.1\r\nHost: x\r\nX-Request-ID: {ID}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A client that takes its time over the body makes a slow request.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(50) {
            get(&server.address, "/livez");
        }
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream).header("x-request-id"), Some(ID));
        server.signal(Signal::TERM);
        let ended = server.wait();
        let lines: Vec<_> = ended.errors.lines().filter(|line| line.contains(&field)).collect();
        assert!(lines.iter().any(|line| line.contains("slow request")), "{}", ended.errors);
        assert!(lines.iter().any(|line| line.contains("took_us")), "{}", ended.errors);
    }
}

/// Stands in every place of a request that a person might put a secret into.
const SECRET: &str = "hunter2";

#[test]
fn no_log_line_has_a_document_a_condition_or_a_secret() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0", "--log-level", "trace", "--slow-request-ms", "1"]);
    command.env("HUEDB_OTEL_HEADERS", format!(r#"{{"api-key": "{SECRET}"}}"#));
    let server = place.start_with(&mut command);
    let headers =
        format!("Authorization: Bearer {SECRET}\r\nX-Chroma-Token: {SECRET}\r\nCookie: a={SECRET}\r\n");
    let made = send(&server.address, "POST", COLLECTIONS, &headers, r#"{"name": "docs"}"#);
    let id = made.body.split(r#""id":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let add = format!(
        r#"{{"ids": ["a"], "embeddings": [[1, 2]], "documents": ["{SECRET}"], "metadatas": [{{"k": "{SECRET}"}}]}}"#
    );
    let query = format!(
        r#"{{"query_embeddings": [[1, 2]], "where": {{"k": "{SECRET}"}}, "where_document": {{"$contains": "{SECRET}"}}}}"#
    );
    let wrong =
        format!(r#"{{"ids": "{SECRET}", "where": {{"${SECRET}": 1}}, "query_embeddings": "{SECRET}"}}"#);
    let not_json = format!("{{{SECRET}");
    let mut statuses = Vec::new();
    for base in [format!("{COLLECTIONS}/{id}"), format!("/api/v1/collections/{id}")] {
        for (operation, bodies) in
            [("add", [&add, &wrong, &not_json]), ("query", [&query, &wrong, &not_json])]
        {
            for body in bodies {
                let path = format!("{base}/{operation}?secret={SECRET}");
                statuses.push(send(&server.address, "POST", &path, &headers, body).status);
            }
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status < 300).count(), 4, "{statuses:?}");
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert!(ended.errors.contains("TRACE") || ended.errors.contains("DEBUG"), "{}", ended.errors);
    for text in [&ended.errors, &ended.output] {
        let line = text.lines().find(|line| line.contains(SECRET));
        assert_eq!(line, None);
    }
}
