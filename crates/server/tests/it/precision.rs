//! `hue:precision` in the metadata of a collection, through both generations of the API.

use serde_json::{Value, json};

use crate::{
    exchange::{Answer, get, send},
    process::{Place, Server},
};

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

fn call(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    send(&server.address, method, path, "", &body.to_string())
}

/// A call that has to succeed; its answer.
#[track_caller]
fn done(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let answer = call(server, method, path, body);
    assert!(matches!(answer.status, 200 | 201), "{method} {path} {body}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// A call that must be refused as a mistake of the client, with all of `parts` in the text.
#[track_caller]
fn refused(server: &Server, method: &str, path: &str, body: &Value, parts: &[&str]) {
    let answer = call(server, method, path, body);
    assert_eq!(answer.status, 400, "{method} {path} {body}: {answer:?}");
    let error: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(error["error"], "InvalidArgumentError", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(parts.iter().all(|part| message.contains(part)), "{message} has not all of {parts:?}");
}

/// The id of a new collection.
#[track_caller]
fn made(server: &Server, collections: &str, name: &str, metadata: &Value) -> String {
    let made = done(server, "POST", collections, &json!({"name": name, "metadata": metadata}));
    assert_eq!(&made["metadata"], metadata, "as it was given");
    made["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn check_embedding(server: &Server, path: &str, expected: &Value) {
    let got = done(server, "POST", &format!("{path}/get"), &json!({"include": ["embeddings"]}));
    assert_eq!(&got["embeddings"], expected, "{path}");
}

#[test]
fn a_collection_of_16_bits_keeps_rounded_numbers_on_both_apis() {
    let place = Place::new();
    let server = place.start(&[]);
    for (number, collections) in [V1, V2].into_iter().enumerate() {
        let metadata = json!({"hue:precision": "f16", "hnsw:space": "l2", "a": 1});
        let id = made(&server, collections, &format!("half-{number}"), &metadata);
        let records = json!({"ids": ["a", "b"], "embeddings": [[0.1, 1], [65504, -2]]});
        done(&server, "POST", &format!("{collections}/{id}/add"), &records);
        let rounded = json!([[0.099_975_586, 1.0], [65_504.0, -2.0]]);
        for seen_on in [V1, V2] {
            check_embedding(&server, &format!("{seen_on}/{id}"), &rounded);
            let query = json!({"query_embeddings": [[0.099_975_585_937_5, 1]], "n_results": 1});
            let found = done(&server, "POST", &format!("{seen_on}/{id}/query"), &query);
            assert_eq!(found["distances"], json!([[0.0]]), "{seen_on}");
        }
        for route in ["add", "upsert", "update"] {
            let records = json!({"ids": ["c", "a"], "embeddings": [[1, 1], [0, 65505]]});
            let parts = ["hue:precision", "f16", "65504", "65505"];
            refused(&server, "POST", &format!("{collections}/{id}/{route}"), &records, &parts);
        }
        for seen_on in [V1, V2] {
            check_embedding(&server, &format!("{seen_on}/{id}"), &rounded);
        }
    }
}

#[test]
fn f32_is_what_collections_have_when_nothing_else_is_said() {
    let place = Place::new();
    let server = place.start(&[]);
    for collections in [V1, V2] {
        for (number, metadata) in
            [json!({"hue:precision": "f32"}), json!({"a": "f16"})].into_iter().enumerate()
        {
            let name = format!("whole-{number}-{}", collections.len());
            let path = format!("{collections}/{}", made(&server, collections, &name, &metadata));
            let records = json!({"ids": ["a"], "embeddings": [[0.1, 70000]]});
            done(&server, "POST", &format!("{path}/add"), &records);
            check_embedding(&server, &path, &json!([[0.1, 70000.0]]));
        }
    }
}

#[test]
fn other_values_and_other_keys_of_ours_are_refused_and_make_nothing() {
    let place = Place::new();
    let server = place.start(&[]);
    let cases: [(&Value, &[&str]); 4] = [
        (&json!({"hue:precision": "f8"}), &["hue:precision", "`f32` or `f16`", "`f8`"]),
        (&json!({"hue:precision": 16}), &["hue:precision", "`f32` or `f16`"]),
        (&json!({"hue:precison": "f16"}), &["hue:precison", "hue:precision"]),
        (&json!({"a": 1, "hue:x": 1}), &["hue:x", "hue:precision"]),
    ];
    for collections in [V1, V2] {
        for (metadata, parts) in cases {
            let body = json!({"name": "none", "metadata": metadata});
            refused(&server, "POST", collections, &body, parts);
        }
        assert_eq!(get(&server.address, collections).body, "[]");
    }
}

#[test]
fn changed_metadata_never_changes_the_precision() {
    let place = Place::new();
    let server = place.start(&[]);
    for collections in [V1, V2] {
        let name = format!("kept-{}", collections.len());
        let metadata = json!({"hue:precision": "f16"});
        let path = format!("{collections}/{}", made(&server, collections, &name, &metadata));
        for (change, parts) in [
            (json!({"hue:precision": "f32"}), ["f16", "f32"]),
            (json!({"hue:precision": "f8", "a": 1}), ["f16", "f32"]),
            (json!({"hue:other": 1}), ["hue:other", "hue:precision"]),
        ] {
            let body = json!({"new_metadata": change, "new_name": "renamed"});
            refused(&server, "PUT", &path, &body, &parts);
        }
        let shown =
            || done(&server, "GET", &format!("{collections}/{name}"), &Value::Null)["metadata"].clone();
        assert_eq!(shown(), metadata, "a refused change changes nothing");
        for change in
            [json!({"hue:precision": "f16", "a": 1}), json!({"a": 2}), json!({"hue:precision": "f16"})]
        {
            let answer = call(&server, "PUT", &path, &json!({"new_metadata": change}));
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(shown(), change);
        }
        let answer = call(&server, "PUT", &path, &json!({"new_metadata": {"a": 3}}));
        assert_eq!(answer.status, 200, "{answer:?}");
        done(&server, "POST", &format!("{path}/add"), &json!({"ids": ["a"], "embeddings": [[0.1]]}));
        check_embedding(&server, &path, &json!([[0.099_975_586]]));
    }
}

#[test]
fn get_or_create_gives_back_the_collection_that_there_is() {
    let place = Place::new();
    let server = place.start(&[]);
    for collections in [V1, V2] {
        let name = format!("there-{}", collections.len());
        let metadata = json!({"hue:precision": "f16"});
        let id = made(&server, collections, &name, &metadata);
        let body = json!({"name": name, "get_or_create": true, "metadata": {"hue:precision": "f32"}});
        let found = done(&server, "POST", collections, &body);
        assert_eq!((&found["id"], &found["metadata"]), (&json!(id), &metadata));
        let path = format!("{collections}/{id}");
        done(&server, "POST", &format!("{path}/add"), &json!({"ids": ["a"], "embeddings": [[0.1]]}));
        check_embedding(&server, &path, &json!([[0.099_975_586]]));
    }
}
