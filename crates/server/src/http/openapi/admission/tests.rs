//! That the description says who may ask for what on this very server.

use super::*;
use crate::http::{all_routes, openapi::document};

const OFF: Admission = Admission { method: Method::Off, is_limited: false };

fn described(admission: Admission) -> Value {
    document::of(all_routes(true).described(), admission)
}

/// Those of 401, 403 and 429 that an operation lists.
fn refusals(document: &Value, method: &str, path: &str) -> Vec<u16> {
    let responses = document["paths"][path][method]["responses"].as_object().unwrap();
    [401, 403, 429].into_iter().filter(|status| responses.contains_key(&status.to_string())).collect()
}

const COUNT_V1: &str = "/api/v1/count_collections";
const LIST_V2: &str = "/api/v2/tenants/{tenant}/databases";

#[test]
fn without_credentials_and_limits_nobody_is_refused() {
    let document = described(OFF);
    assert_eq!(document["components"]["securitySchemes"], json!({}));
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // A reset is refused where the options do not allow it, to everybody.
            let refused = if path == "/api/v2/reset" { vec![403] } else { vec![] };
            assert_eq!(refusals(&document, method, path), refused, "{method} {path}");
            assert_eq!(operation.get("security"), None, "{method} {path}");
        }
    }
}

#[track_caller]
fn check_scheme(method: Method, name: &str, scheme: &Value) {
    let document = described(Admission { method, is_limited: false });
    assert_eq!(document["components"]["securitySchemes"], json!({ name: scheme }));
    for (path, refused) in [(COUNT_V1, vec![403, 429]), (LIST_V2, vec![401, 403, 429])] {
        assert_eq!(document["paths"][path]["get"]["security"], json!([{ name: [] }]), "{path}");
        assert_eq!(refusals(&document, "get", path), refused, "{path}");
    }
    for path in ["/api/v1/heartbeat", "/api/v2/heartbeat"] {
        assert_eq!(document["paths"][path]["get"].get("security"), None, "{path}");
        assert_eq!(refusals(&document, "get", path), [0; 0], "{path}");
    }
}

#[test]
fn the_header_in_force_is_the_one_that_is_described() {
    check_scheme(Method::Basic, "basic", &json!({ "type": "http", "scheme": "basic" }));
    check_scheme(
        Method::Token(TokenHeader::Authorization),
        "bearer",
        &json!({ "type": "http", "scheme": "bearer" }),
    );
    check_scheme(
        Method::Token(TokenHeader::XChromaToken),
        "chromaToken",
        &json!({ "type": "apiKey", "in": "header", "name": "X-Chroma-Token" }),
    );
}

#[test]
fn limits_alone_are_answered_with_429() {
    let document = described(Admission { is_limited: true, ..OFF });
    assert_eq!(refusals(&document, "get", COUNT_V1), [429]);
    assert_eq!(refusals(&document, "get", LIST_V2), [429]);
    assert_eq!(refusals(&document, "get", "/api/v2/heartbeat"), [0; 0]);
}
