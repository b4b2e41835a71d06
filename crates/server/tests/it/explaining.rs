//! `POST .../explain`: how a query is answered.

use serde_json::{Value, json};

use crate::{
    exchange::send,
    process::{Place, Server},
};

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

#[track_caller]
fn call(server: &Server, status: u16, path: &str, body: &Value) -> Value {
    let answer = send(&server.address, "POST", path, "", &body.to_string());
    assert_eq!(answer.status, status, "{path}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn an_explanation_has_the_answer_and_what_was_searched() {
    let place = Place::new();
    let server = place.start(&[]);
    let id = call(&server, 200, COLLECTIONS, &json!({"name": "docs"}))["id"].as_str().unwrap().to_owned();
    let records = json!({"ids": ["a", "b", "c"], "embeddings": [[0, 0], [1, 0], [5, 0]],
        "metadatas": [{"k": 1}, {"k": 1}, {"k": 2}]});
    call(&server, 201, &format!("{COLLECTIONS}/{id}/add"), &records);
    let query = json!({"query_embeddings": [[0, 0], [4, 0]], "n_results": 2, "where": {"k": 1}});
    let found = call(&server, 200, &format!("{COLLECTIONS}/{id}/query"), &query);
    let explained = call(&server, 200, &format!("{COLLECTIONS}/{id}/explain"), &query);
    assert!(explained["selecting_us"].is_u64() && explained["loading_us"].is_u64(), "{explained}");
    assert_eq!(explained["queries"].as_array().unwrap().len(), 2, "{explained}");
    for (number, query) in explained["queries"].as_array().unwrap().iter().enumerate() {
        assert_eq!(query["ids"], found["ids"][number], "{explained}");
        assert_eq!(query["distances"], found["distances"][number], "{explained}");
        let search = &query["searches"][0];
        assert_eq!((&search["source"], &search["plan"]), (&json!("memtable"), &json!("flat")), "{explained}");
        assert_eq!((&search["rows"], &search["compared"]), (&json!(3), &json!(2)), "{explained}");
        assert_eq!(search["rescored"], 2, "{explained}");
        assert!(search["elapsed_us"].is_u64(), "{explained}");
    }
}

#[test]
fn what_a_query_refuses_an_explanation_refuses_alike() {
    let place = Place::new();
    let server = place.start(&[]);
    let id = call(&server, 200, COLLECTIONS, &json!({"name": "docs"}))["id"].as_str().unwrap().to_owned();
    let records = json!({"ids": ["a"], "embeddings": [[0, 0]]});
    call(&server, 201, &format!("{COLLECTIONS}/{id}/add"), &records);
    for (query, status) in [
        (json!({"query_embeddings": [[1, 2, 3]]}), 400),
        (json!({"query_embeddings": [[1, 2]], "where": {"k": {"$no": 1}}}), 400),
        (json!({"n_results": 1}), 422),
    ] {
        let of_query =
            send(&server.address, "POST", &format!("{COLLECTIONS}/{id}/query"), "", &query.to_string());
        let explained =
            send(&server.address, "POST", &format!("{COLLECTIONS}/{id}/explain"), "", &query.to_string());
        assert_eq!(of_query.status, status, "{query}: {of_query:?}");
        assert_eq!((explained.status, explained.body), (of_query.status, of_query.body), "{query}");
    }
}
