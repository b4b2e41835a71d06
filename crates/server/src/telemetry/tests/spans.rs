//! The trees of spans, by route and granularity.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};

use super::*;
use crate::telemetry::otlp::receiver::{Manner, Receiver, pairs};

const ADD: &str = r#"{"ids": ["a", "b"], "embeddings": [[1, 2], [3, 4]], "documents": ["hunter2", null]}"#;
const QUERY: &str =
    r#"{"query_embeddings": [[1, 2]], "n_results": 1, "where_document": {"$contains": "hunter2"}}"#;

/// What one request leaves in the collector. `{id}` in the path is the id of a collection that has the
/// records of [`ADD`].
fn traced(granularity: Granularity, method: &Method, path: &str, body: &str) -> Vec<Span> {
    traced_with(granularity, method, path, body, &[]).1
}

fn traced_with(
    granularity: Granularity,
    method: &Method,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> (Response, Vec<Span>) {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Takes).await;
        let mut server = Watched::new(&receiver.endpoint, Protocol::Grpc, granularity, 1000);
        let id = server.collection().await;
        server.send(&Method::POST, &format!("/api/v1/collections/{id}/add"), ADD, &[]).await;
        let response = server.send(method, &path.replace("{id}", &id), body, headers).await;
        server.flush().await;
        let spans = receiver.received.lock().unwrap().spans.clone();
        // The requests before it each made a trace of their own.
        let last = spans.iter().rposition(|span| span.kind == SpanKind::Server as i32).unwrap();
        (response, spans[last..].to_vec())
    })
}

/// Names, indented by depth.
fn tree(spans: &[Span]) -> String {
    let mut text = String::new();
    for span in spans {
        let mut depth = 0;
        let mut parent = &span.parent_span_id;
        while let Some(found) = spans.iter().find(|other| other.span_id == *parent) {
            assert_eq!(found.trace_id, span.trace_id);
            assert!(found.start_time_unix_nano <= span.start_time_unix_nano, "{}", span.name);
            assert!(found.end_time_unix_nano >= span.end_time_unix_nano, "{}", span.name);
            depth += 1;
            parent = &found.parent_span_id;
        }
        let _ = writeln!(text, "{}{}", "  ".repeat(depth), span.name);
    }
    text
}

#[track_caller]
fn check(granularity: Granularity, method: &Method, path: &str, body: &str, expected: &str) {
    let spans = traced(granularity, method, path, body);
    assert_eq!(tree(&spans), expected, "{granularity:?} {method} {path}");
}

#[track_caller]
fn check_operation(method: &Method, path: &str, body: &str, root: &str, handler: &str, operation: &str) {
    let auth = "auth_and_get_tenant_and_database_for_request";
    let expected = format!("{method} {root}\n  {handler}\n    {auth}\n    {operation}\n");
    check(Granularity::Operation, method, path, body, &expected);
}

/// Method, path below `/api/v1`, body, route as Chroma writes it if it differs, handler, operation.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const CATALOG: [Case; 10] = [
    ("POST", "/tenants", r#"{"name": "new"}"#, "", "create_tenant", "create_tenant"),
    ("GET", "/tenants/default_tenant", "", "/tenants/{tenant}", "get_tenant", "get_tenant"),
    ("POST", "/databases", r#"{"name": "new"}"#, "", "create_database", "create_database"),
    ("GET", "/databases/default_database", "", "/databases/{database}", "get_database", "get_database"),
    ("GET", "/collections", "", "", "list_collections", "list_collection"),
    ("GET", "/count_collections", "", "", "count_collections", "count_collections"),
    ("POST", "/collections", r#"{"name": "other"}"#, "", "create_collection", "create_collection"),
    ("GET", "/collections/docs", "", "/collections/{collection_name}", "get_collection", "get_collection"),
    (
        "PUT",
        "/collections/{id}",
        r#"{"new_name": "other"}"#,
        "/collections/{collection_id}",
        "update_collection",
        "_modify",
    ),
    (
        "DELETE",
        "/collections/docs",
        "",
        "/collections/{collection_name}",
        "delete_collection",
        "delete_collection",
    ),
];

#[test]
fn every_operation_of_the_catalog_has_chromas_tree() {
    for (method, path, body, root, handler, operation) in CATALOG {
        let root = format!("/api/v1{}", if root.is_empty() { path } else { root });
        let (handler, operation) = (format!("FastAPI.{handler}"), format!("SegmentAPI.{operation}"));
        let method = method.parse().unwrap();
        check_operation(&method, &format!("/api/v1{path}"), body, &root, &handler, &operation);
    }
}

#[test]
fn every_operation_on_records_has_chromas_tree() {
    let (get, post) = (Method::GET, Method::POST);
    let records = [
        (&post, "add", ADD, "add", "_add"),
        (&post, "update", ADD, "update", "_update"),
        (&post, "upsert", ADD, "upsert", "_upsert"),
        (&post, "get", "{}", "get", "_get"),
        (&post, "delete", r#"{"ids": ["a"]}"#, "delete", "_delete"),
        (&get, "count", "", "count", "_count"),
        (&post, "query", QUERY, "get_nearest_neighbors", "_query"),
    ];
    for (method, name, body, handler, operation) in records {
        let path = format!("/api/v1/collections/{{id}}/{name}");
        let root = format!("/api/v1/collections/{{collection_id}}/{name}");
        let (handler, operation) = (format!("FastAPI.{handler}"), format!("SegmentAPI.{operation}"));
        check_operation(method, &path, body, &root, &handler, &operation);
    }
}

#[test]
fn the_second_generation_has_the_same_operations_below_its_own_handlers() {
    let base = "/api/v2/tenants/default_tenant/databases/default_database/collections/{id}";
    let root = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection_id}";
    for (name, body) in [("add", ADD), ("query", r#"{"query_embeddings": [[1, 2]]}"#), ("get", "{}")] {
        let (path, root) = (format!("{base}/{name}"), format!("{root}/{name}"));
        let (handler, operation) = (format!("collection_{name}"), format!("SegmentAPI._{name}"));
        let body = body.replace("null", "\"x\"");
        check_operation(&Method::POST, &path, &body, &root, &handler, &operation);
    }
}

#[test]
fn requests_about_the_server_itself_are_one_span() {
    let operation = Granularity::Operation;
    check(operation, &Method::GET, "/api/v1/heartbeat", "", "GET /api/v1/heartbeat\n");
    check(operation, &Method::GET, "/api/v2/version", "", "GET /api/v2/version\n");
    check(operation, &Method::GET, "/nothing", "", "GET\n");
    let refused = "POST /api/v1/collections/{collection_id}/add\n";
    check(operation, &Method::POST, "/api/v1/collections/{id}/add", "{}", refused);
}

const QUERY_HEAD: &str = "POST /api/v1/collections/{collection_id}/query\n  FastAPI.get_nearest_neighbors\n    \
    auth_and_get_tenant_and_database_for_request\n    SegmentAPI._query\n";

#[test]
fn finer_granularities_add_segments_and_then_every_phase() {
    let query = "/api/v1/collections/{id}/query";
    let segments = format!("{QUERY_HEAD}      engine.search_memtable\n");
    check(Granularity::OperationAndSegment, &Method::POST, query, QUERY, &segments);
    let all = format!(
        "{QUERY_HEAD}      engine.filter\n      engine.search_memtable\n      engine.fetch\n      engine.queue\n"
    );
    check(Granularity::All, &Method::POST, query, QUERY, &all);
    let add = "POST /api/v1/collections/{collection_id}/upsert\n  FastAPI.upsert\n    \
        auth_and_get_tenant_and_database_for_request\n    SegmentAPI._upsert\n      engine.resolve\n      \
        engine.wal_append\n      engine.apply\n      engine.queue\n      engine.wal_fsync_wait\n";
    check(Granularity::All, &Method::POST, "/api/v1/collections/{id}/upsert", ADD, add);
    let make = "POST /api/v1/collections\n  FastAPI.create_collection\n    \
        auth_and_get_tenant_and_database_for_request\n    SegmentAPI.create_collection\n      \
        LocalSegmentManager.create_segments\n";
    let body = r#"{"name": "other"}"#;
    check(Granularity::OperationAndSegment, &Method::POST, "/api/v1/collections", body, make);
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    pairs(&span.attributes).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name}"))
}

#[test]
fn the_root_tells_the_request_and_the_operation_tells_counts_but_nothing_of_the_data() {
    let spans = traced(Granularity::All, &Method::POST, "/api/v1/collections/{id}/query", QUERY);
    let root = &spans[0];
    let expected = [
        ("http.method", "POST"),
        ("http.scheme", "http"),
        ("http.host", "db:8000"),
        ("http.server_name", "db"),
        ("http.flavor", "1.1"),
        ("http.route", "/api/v1/collections/{collection_id}/query"),
        ("http.status_code", "200"),
    ];
    for (name, value) in expected {
        assert_eq!(attribute(root, name).as_deref(), Some(value), "name={name}");
    }
    assert_eq!(root.kind, SpanKind::Server as i32);
    assert_eq!(root.status, None);
    let operation = named(&spans, "SegmentAPI._query");
    for (name, value) in
        [("n_results", "1"), ("num_queries", "1"), ("num_rows", "1"), ("is_filtered", "true")]
    {
        assert_eq!(attribute(operation, name).as_deref(), Some(value), "name={name}");
    }
    let filter = named(&spans, "engine.filter");
    assert_eq!(
        (attribute(filter, "rows_in"), attribute(filter, "rows_out")),
        (Some("2".into()), Some("1".into()))
    );
    assert!(!format!("{spans:?}").contains("hunter2"), "{spans:?}");
}

#[test]
fn the_authorisation_tells_what_a_request_is_about() {
    let path = "/api/v1/collections/docs?tenant=default_tenant";
    let spans = traced(Granularity::Operation, &Method::GET, path, "");
    let about = pairs(&named(&spans, "auth_and_get_tenant_and_database_for_request").attributes);
    let about: Vec<_> = about.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [("tenant", "default_tenant"), ("database", "default_database"), ("collection", "docs")];
    assert_eq!(about, expected);
    assert_eq!(attribute(&spans[0], "http.target").as_deref(), Some("/api/v1/collections/docs"));
}

#[test]
fn an_error_marks_the_spans_of_the_handler_and_the_operation() {
    let spans = traced(Granularity::Operation, &Method::GET, "/api/v1/collections/nope", "");
    assert_eq!(spans[0].status, None, "what the client did wrong is no error of the server");
    for name in ["FastAPI.get_collection", "SegmentAPI.get_collection"] {
        let span = named(&spans, name);
        let status = span.status.clone().unwrap();
        assert_eq!(status.code, StatusCode::Error as i32);
        assert_eq!(status.message, "InvalidCollection: Collection nope does not exist.");
        let event = &span.events[0];
        assert_eq!(event.name, "exception");
        let facts = pairs(&event.attributes);
        assert_eq!(facts[0], ("exception.type".to_owned(), "InvalidCollection".to_owned()));
        assert_eq!(facts[1], ("exception.message".to_owned(), "Collection nope does not exist.".to_owned()));
    }
    let wrong = r#"{"query_embeddings": [[1, 2]], "where_document": {"$hunter2": "x"}}"#;
    let spans = traced(Granularity::All, &Method::POST, "/api/v1/collections/{id}/query", wrong);
    assert!(!format!("{spans:?}").contains("hunter2"), "{spans:?}");
    assert_eq!(named(&spans, "SegmentAPI._query").status.clone().unwrap().message, "ValueError");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn a_caller_gives_the_trace_and_decides_about_it() {
    let sampled = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let headers = [("traceparent", sampled.as_str()), ("tracestate", "a=1")];
    let path = "/api/v1/heartbeat";
    let (response, spans) = traced_with(Granularity::Operation, &Method::GET, path, "", &headers);
    assert_eq!(response.headers()["chroma-trace-id"], TRACE);
    assert_eq!(spans[0].trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
    assert_eq!(spans[0].parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(spans[0].trace_state, "a=1");

    let unsampled = format!("00-{TRACE}-00f067aa0ba902b7-00");
    let headers = [("traceparent", unsampled.as_str())];
    let (response, spans) = traced_with(Granularity::Operation, &Method::GET, path, "", &headers);
    assert_eq!(response.headers()["chroma-trace-id"], TRACE);
    assert_ne!(spans[0].name, "GET /api/v1/heartbeat", "it was not traced");
}

#[test]
fn the_trace_id_that_a_client_sees_has_no_leading_zeros() {
    let caller = "00-00000000000000000000000000000abc-00f067aa0ba902b7-01";
    let headers = [("traceparent", caller)];
    let (response, _) = traced_with(Granularity::Operation, &Method::GET, "/api/v1/heartbeat", "", &headers);
    assert_eq!(response.headers()["chroma-trace-id"], "abc");
    let (response, spans) = traced_with(Granularity::Operation, &Method::GET, "/api/v1/heartbeat", "", &[]);
    let id = u128::from_be_bytes(spans[0].trace_id.clone().try_into().unwrap());
    assert_eq!(response.headers()["chroma-trace-id"].to_str().unwrap(), format!("{id:x}"));
}
