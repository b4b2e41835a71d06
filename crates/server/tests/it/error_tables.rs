//! Answers to requests in the tables of errors of both real servers where a replay of their recordings
//! says nothing: rows that HueDB answers in another way on purpose, and requests that were not recorded.
//! The reasons stand in `COMPAT.md`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    exchange::{post, send, send_bytes, send_raw},
    process::{Place, Server},
};

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// A row of a table, as its number says.
#[derive(Debug, Deserialize)]
struct Row {
    table: String,
    row: usize,
    method: String,
    /// `{rows}` stands for the path of a collection.
    path: String,
    body: Option<Value>,
    status: u16,
    /// Null where there is no body.
    answer: Value,
}

/// The path of a collection `rows` with one record of three dimensions; there is a collection `other` too.
fn rows_collection(server: &Server) -> String {
    let made = post(&server.address, COLLECTIONS, r#"{"name":"rows"}"#);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let path = format!("{COLLECTIONS}/{}", made["id"].as_str().unwrap());
    assert_eq!(post(&server.address, COLLECTIONS, r#"{"name":"other"}"#).status, 200);
    let add = r#"{"ids":["a"],"embeddings":[[1,0,0]]}"#;
    assert_eq!(post(&server.address, &format!("{path}/add"), add).status, 201);
    path
}

#[test]
fn rows_that_no_recording_decides_have_the_answer_that_was_chosen() {
    let place = Place::new();
    let server = place.start(&[]);
    let collection = rows_collection(&server);
    let rows: Vec<Row> = serde_json::from_str(include_str!("fixtures/error_tables.json")).unwrap();
    for row in rows {
        let path = row.path.replace("{rows}", &collection);
        let body = row.body.as_ref().map(Value::to_string).unwrap_or_default();
        let answer = send(&server.address, &row.method, &path, "", &body);
        let found = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        let Row { table, row, status, answer: expected, .. } = &row;
        assert_eq!((answer.status, &found), (*status, expected), "row {row} of {table}: {body} {answer:?}");
    }
}

#[test]
fn rows_whose_requests_are_large_or_no_text_have_the_answer_that_was_chosen() {
    let place = Place::new();
    let server = place.start(&["--body-bytes-max", "1048576"]);
    let path = rows_collection(&server);
    let (add, get) = (format!("{path}/add"), format!("{path}/get"));

    let no_text = b"{\"ids\":[\"\xff\"],\"embeddings\":[[1,2]]}";
    let answer = send_bytes(&server.address, "POST", &add, "", no_text);
    let text =
        "Failed to parse the request body as JSON: ids[0]: invalid unicode code point at line 1 column 10";
    assert_eq!(answer.status, 400, "row 53 of 1.5.9: {answer:?}");
    assert!(answer.body.contains(text), "row 53 of 1.5.9: {answer:?}");

    let deep = format!("{{\"where\":{}{}{}}}", r#"{"$and":["#.repeat(200), r#"{"a":1}"#, "]}".repeat(200));
    let answer = post(&server.address, &get, &deep);
    assert!(answer.status == 400 && answer.body.len() < 300, "row 54 of 1.5.9: {answer:?}");

    let answer = post(&server.address, &add, &" ".repeat((1 << 20) + 1));
    assert!(
        answer.status == 413 && answer.body.contains("`HUEDB_BODY_BYTES_MAX`"),
        "row 75 of 1.5.9: {answer:?}"
    );

    let terms: Vec<_> = (0..3000).map(|value| json!({ "a": value })).collect();
    let answer = post(&server.address, &get, &json!({ "where": { "$or": terms } }).to_string());
    assert_eq!(answer.status, 200, "row 94 of 1.5.9: {answer:?}");

    let answer = send_raw(&server.address, b"GET /api/v1/version HTTP/1.0\r\n\r\n");
    assert_eq!((answer.status, answer.body.as_str()), (200, "\"0.5.13\""), "row 59 of 0.5.13: {answer:?}");
}
