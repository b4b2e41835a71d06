//! One collection seen through both generations of the API, made and changed on either side.

use serde_json::{Value, json};

use crate::{
    exchange::{get, send},
    process::{Place, Server},
};

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// A call that has to succeed; its answer.
#[track_caller]
fn call(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let answer = send(&server.address, method, path, "", &body.to_string());
    assert!(matches!(answer.status, 200 | 201), "{method} {path}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[track_caller]
fn shown(server: &Server, path: &str) -> Value {
    let answer = get(&server.address, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// The ids that a filter finds on each side.
#[track_caller]
fn check_found(server: &Server, id: &str, filter: &Value, on_v1: &Value, on_v2: &Value) {
    let mut body = filter.clone();
    body["include"] = json!([]);
    assert_eq!(&call(server, "POST", &format!("{V1}/{id}/get"), &body)["ids"], on_v1, "v1 {filter}");
    assert_eq!(&call(server, "POST", &format!("{V2}/{id}/get"), &body)["ids"], on_v2, "v2 {filter}");
}

#[test]
fn a_collection_made_on_v1_has_its_index_settings_and_records_on_v2() {
    let place = Place::new();
    let server = place.start(&[]);
    let metadata = json!({"hnsw:space": "cosine", "hnsw:M": 8, "a": 1});
    let made = call(&server, "POST", V1, &json!({"name": "both", "metadata": metadata}));
    let id = made["id"].as_str().unwrap();
    let records = json!({"ids": ["a", "b"], "embeddings": [[1, 0], [1, 1]], "documents": ["a_b", "axb"],
        "metadatas": [{"k": 1}, null], "uris": ["u:a", null]});
    call(&server, "POST", &format!("{V1}/{id}/add"), &records);

    let on_v2 = shown(&server, &format!("{V2}/both"));
    assert_eq!((&on_v2["id"], &on_v2["metadata"], &on_v2["dimension"]), (&made["id"], &metadata, &json!(2)));
    let hnsw = &on_v2["configuration_json"]["hnsw"];
    assert_eq!((&hnsw["space"], &hnsw["max_neighbors"]), (&json!("cosine"), &json!(8)));
    let vectors = &on_v2["schema"]["keys"]["#embedding"]["float_list"]["vector_index"]["config"];
    assert_eq!(vectors["space"], "cosine");

    let include = json!({"include": ["embeddings", "documents", "metadatas", "uris"]});
    let got = call(&server, "POST", &format!("{V2}/{id}/get"), &include);
    assert_eq!(got["embeddings"], json!([[1.0, 0.0], [1.0, 1.0]]));
    assert_eq!(got["metadatas"], json!([{"k": 1}, null]));
    assert_eq!(got["uris"], json!(["u:a", null]));
    for collections in [V1, V2] {
        let ask = json!({"query_embeddings": [[2, 0]], "include": ["distances"]});
        let found = call(&server, "POST", &format!("{collections}/{id}/query"), &ask);
        assert_eq!(found["distances"][0][0], 0.0, "cosine, so the length does not count: {found}");
    }
    // The older generation keeps its wildcards, the newer one takes the text as it is.
    check_found(
        &server,
        id,
        &json!({"where_document": {"$contains": "a_b"}}),
        &json!(["a", "b"]),
        &json!(["a"]),
    );
}

#[test]
fn a_collection_made_on_v2_is_one_that_v1_clients_can_read_and_write() {
    let place = Place::new();
    let server = place.start(&[]);
    let function = json!({"type": "known", "name": "default", "config": {"model": "x"}});
    let configuration = json!({"hnsw": {"space": "ip", "sync_threshold": 3}, "embedding_function": function});
    let made = call(&server, "POST", V2, &json!({"name": "both", "configuration": configuration}));
    let id = made["id"].as_str().unwrap();
    let records = json!({"ids": ["a"], "embeddings": [[1, 2]], "metadatas": [{"tags": ["x"], "s": "t"}]});
    call(&server, "POST", &format!("{V2}/{id}/add"), &records);

    let on_v1 = shown(&server, &format!("{V1}/both"));
    // Old clients take these keys and no other, and a batch no larger than the threshold.
    let mut keys: Vec<_> = on_v1.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
        "configuration_json",
        "database",
        "dimension",
        "id",
        "log_position",
        "metadata",
        "name",
        "tenant",
        "version",
    ];
    assert_eq!(keys, expected);
    let document = &on_v1["configuration_json"];
    assert_eq!(document["_type"], "CollectionConfigurationInternal");
    let hnsw = &document["hnsw_configuration"];
    assert_eq!((&hnsw["space"], &hnsw["_type"]), (&json!("ip"), &json!("HNSWConfigurationInternal")));
    assert_eq!((&hnsw["batch_size"], &hnsw["sync_threshold"]), (&json!(3), &json!(3)));

    call(
        &server,
        "POST",
        &format!("{V1}/{id}/upsert"),
        &json!({"ids": ["a", "b"],
        "embeddings": [[1, 2], [3, 4]], "metadatas": [{"s": null, "n": 1}, {"n": 2}]}),
    );
    let got = call(&server, "POST", &format!("{V2}/{id}/get"), &json!({"include": ["metadatas"]}));
    assert_eq!(got["metadatas"], json!([{"n": 1, "tags": ["x"]}, {"n": 2}]));
    check_found(&server, id, &json!({"where": {"n": {"$gt": 1}}}), &json!(["b"]), &json!(["b"]));

    call(
        &server,
        "PUT",
        &format!("{V1}/{id}"),
        &json!({"new_name": "back", "new_metadata": {"hnsw:space": "l2"}}),
    );
    let on_v2 = shown(&server, &format!("{V2}/back"));
    assert_eq!(on_v2["metadata"], json!({"hnsw:space": "l2"}));
    assert_eq!(on_v2["configuration_json"]["hnsw"]["space"], "ip", "metadata changes no index that exists");
    assert_eq!(on_v2["configuration_json"]["embedding_function"], function);
}

#[test]
fn what_one_generation_deletes_is_gone_on_the_other() {
    let place = Place::new();
    let server = place.start(&[]);
    for (made_on, gone_on) in [(V1, V2), (V2, V1)] {
        call(&server, "POST", made_on, &json!({"name": "both"}));
        call(&server, "DELETE", &format!("{gone_on}/both"), &Value::Null);
        assert!(get(&server.address, &format!("{made_on}/both")).status >= 400, "{made_on}");
        assert_eq!(shown(&server, made_on), json!([]));
    }
}
