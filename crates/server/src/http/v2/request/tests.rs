use axum::http::HeaderValue;
use serde::Deserialize;

use super::{Page, is_json, parse};

#[derive(Debug, Deserialize)]
#[serde(rename = "Payload")]
#[expect(dead_code, reason = "only the errors are looked at")]
struct Sample {
    ids: Vec<String>,
    nested: Option<Box<Sample>>,
}

#[track_caller]
fn check_error(body: &str, expected: &str) {
    assert_eq!(parse::<Sample>(body.as_bytes()).unwrap_err().message(), expected, "body=`{body}`");
}

#[test]
fn json_of_another_shape_is_refused_with_its_path() {
    let refused = |text: &str| format!("Failed to deserialize the JSON body into the target type: {text}");
    check_error(
        "{\"ids\": [1]}",
        &refused("ids[0]: invalid type: integer `1`, expected a string at line 1 column 10"),
    );
    check_error("{}", &refused("missing field `ids` at line 1 column 2"));
    check_error(
        "{\"ids\": [], \"nested\": {\"ids\": 5}}",
        &refused("nested.ids: invalid type: integer `5`, expected a sequence at line 1 column 31"),
    );
}

#[test]
fn what_is_not_json_is_refused_with_its_path() {
    let refused = |text: &str| format!("Failed to parse the request body as JSON: {text}");
    check_error("", &refused("EOF while parsing a value at line 1 column 0"));
    check_error("{bad", &refused("key must be a string at line 1 column 2"));
    check_error("{\"ids\": [nan]}", &refused("ids[0]: expected ident at line 1 column 11"));
    check_error("{\"ids\": []} x", &refused("trailing characters at line 1 column 13"));
}

#[test]
fn a_long_path_is_left_out() {
    let deep = format!("{}{}", "{\"ids\": [], \"nested\": ".repeat(100), "1");
    let message = parse::<Sample>(deep.as_bytes()).unwrap_err().message().to_owned();
    assert!(
        message.starts_with("Failed to deserialize the JSON body into the target type: invalid type"),
        "{message}"
    );
}

#[test]
fn json_has_many_names() {
    for (name, accepted) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("Application/JSON", true),
        ("application/geo+json", true),
        ("text/plain", false),
        ("text/json", false),
        ("application/jsonl", false),
        ("", false),
    ] {
        assert_eq!(is_json(&HeaderValue::from_static(name)), accepted, "content type `{name}`");
    }
}

#[test]
fn a_page_is_an_offset_and_a_limit() {
    let page = |limit, offset| Page { limit, offset }.of(0..5).collect::<Vec<_>>();
    assert_eq!(page(None, None), [0, 1, 2, 3, 4]);
    assert_eq!(page(Some(2), None), [0, 1]);
    assert_eq!(page(Some(2), Some(4)), [4]);
    assert_eq!(page(Some(0), None), [0; 0]);
    assert_eq!(page(None, Some(9)), [0; 0]);
}
