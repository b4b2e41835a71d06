use std::sync::Arc;

use huedb_engine::CollectionDescriptor;
use huedb_types::{CollectionId, Distance, Filter, HnswConfiguration, Precision, Predicate, Scalar};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Schema, changed, check_filter, json_of};
use crate::http::v2::{
    configuration::{EmbeddingFunction, HnswChange, default_hnsw},
    error::ApiError,
    where_clause, where_document,
};

fn parse(schema: Value) -> Schema {
    serde_json::from_value(schema).unwrap()
}

fn descriptor(hnsw: HnswConfiguration, schema: Option<String>) -> Arc<CollectionDescriptor> {
    Arc::new(CollectionDescriptor {
        id: CollectionId(Uuid::nil()),
        name: "sample".to_owned(),
        tenant: "default_tenant".to_owned(),
        database: "default_database".to_owned(),
        metadata: None,
        hnsw,
        precision: Precision::F32,
        v1_configuration: None,
        embedding_function: None,
        schema,
        shape: Arc::default(),
    })
}

/// The descriptor of a collection made with `schema`.
fn made_with(schema: Value) -> Arc<CollectionDescriptor> {
    let schema = parse(schema);
    schema.check().unwrap();
    let reconciled = schema.reconcile().unwrap();
    descriptor(reconciled.hnsw, Some(reconciled.stored))
}

fn index(enabled: bool) -> Value {
    json!({"enabled": enabled, "config": {}})
}

#[track_caller]
fn check_refused(schema: &Value, expected: &str) {
    let refused = parse(schema.clone()).check().expect_err(&schema.to_string());
    assert_eq!(refused.message(), format!("Validation error: schema: {expected}"), "{schema}");
}

#[test]
fn the_default_schema_has_every_index_but_those_for_one_key() {
    let shown = json_of(&descriptor(default_hnsw(), None));
    let (defaults, keys) = (&shown["defaults"], &shown["keys"]);
    assert_eq!(defaults["string"], json!({"fts_index": index(false), "string_inverted_index": index(true)}));
    assert_eq!(defaults["int"], json!({"int_inverted_index": index(true)}));
    assert_eq!(defaults["sparse_vector"]["sparse_vector_index"]["enabled"], false);
    assert_eq!(keys["#document"]["string"]["fts_index"], index(true));
    assert_eq!(keys["#embedding"]["float_list"]["vector_index"]["config"]["source_key"], "#document");
    assert_eq!(parse(shown).check().map_err(|error| error.message().to_owned()), Ok(()));
}

#[test]
fn the_default_schema_shows_the_configuration() {
    let hnsw =
        HnswConfiguration { space: Distance::Ip, ef_construction: 77, num_threads: 3, ..default_hnsw() };
    let mut descriptor = descriptor(hnsw, None);
    Arc::make_mut(&mut descriptor).embedding_function = Some(EmbeddingFunction::Legacy.to_stored());
    let shown = json_of(&descriptor);
    for config in [
        &shown["defaults"]["float_list"]["vector_index"]["config"],
        &shown["keys"]["#embedding"]["float_list"]["vector_index"]["config"],
    ] {
        assert_eq!(config["space"], "ip");
        assert_eq!(config["embedding_function"], json!({"type": "legacy"}));
        assert_eq!(config["hnsw"]["ef_construction"], 77);
        assert_eq!(config["hnsw"]["num_threads"], 3);
    }
}

#[test]
fn a_sent_schema_is_completed_and_sets_the_configuration() {
    let vector = json!({"enabled": true, "config": {"space": "cosine", "hnsw": {"max_neighbors": 20}}});
    let made = made_with(json!({"defaults": {}, "keys": {
        "cat": {"string": {"string_inverted_index": index(false)}},
        "#embedding": {"float_list": {"vector_index": vector}},
    }}));
    assert_eq!(made.hnsw, HnswConfiguration { space: Distance::Cosine, max_neighbors: 20, ..default_hnsw() });
    let shown = json_of(&made);
    assert_eq!(shown["keys"]["cat"], json!({"string": {"string_inverted_index": index(false)}}));
    assert_eq!(
        shown["keys"]["#embedding"]["float_list"]["vector_index"]["config"]["hnsw"]["ef_construction"],
        100
    );
    assert_eq!(shown["keys"]["#document"]["string"]["fts_index"], index(true));
    assert_eq!(shown["defaults"]["float_list"]["vector_index"]["config"]["space"], "l2");
}

#[test]
fn what_clients_send_unasked_is_the_default() {
    let function = json!({"type": "known", "name": "default", "config": {}});
    let vector = |enabled: bool, function: &Value| {
        let config = json!({"embedding_function": function, "space": "l2"});
        json!({"float_list": {"vector_index": {"enabled": enabled, "config": config}}})
    };
    let schema =
        |defaults: Value, key: Value| parse(json!({"defaults": defaults, "keys": {"#embedding": key}}));
    assert!(parse(json!({"defaults": {}, "keys": {}})).is_default());
    assert!(schema(vector(false, &function), vector(true, &function)).is_default());
    let own = json!({"type": "known", "name": "own", "config": {}});
    assert!(!schema(json!({}), vector(true, &own)).is_default());
    assert!(!parse(json!({"defaults": {}, "keys": {"cat": {"string": {}}}})).is_default());
    assert!(
        !parse(json!({"defaults": {"int": {"int_inverted_index": index(false)}}, "keys": {}})).is_default()
    );
}

#[test]
fn a_spann_index_is_dropped_but_for_its_space() {
    let vector = json!({"enabled": true, "config": {"space": "ip", "spann": {"search_nprobe": 3}}});
    let made =
        made_with(json!({"defaults": {}, "keys": {"#embedding": {"float_list": {"vector_index": vector}}}}));
    let config = &json_of(&made)["keys"]["#embedding"]["float_list"]["vector_index"]["config"];
    assert_eq!(made.hnsw.space, Distance::Ip);
    assert!(config.get("spann").is_none(), "{config}");
    assert_eq!(config["hnsw"]["ef_search"], 100);
}

#[test]
fn a_change_of_the_configuration_shows_in_a_sent_schema() {
    let made = made_with(json!({"defaults": {}, "keys": {}}));
    let change: HnswChange = serde_json::from_value(json!({"ef_search": 222})).unwrap();
    let function = EmbeddingFunction::Known { name: "default".to_owned(), config: json!({}) };
    let stored = changed(&made, Some(&change), Some(&function));
    let shown = json_of(&descriptor(made.hnsw, stored));
    for config in [
        &shown["defaults"]["float_list"]["vector_index"]["config"],
        &shown["keys"]["#embedding"]["float_list"]["vector_index"]["config"],
    ] {
        assert_eq!(config["hnsw"]["ef_search"], 222);
        assert_eq!(config["embedding_function"]["name"], "default");
    }
    assert_eq!(changed(&descriptor(default_hnsw(), None), Some(&change), None), None);
}

#[test]
fn special_indexes_belong_to_their_keys() {
    let on_key = |key: &str, types: Value| json!({"defaults": {}, "keys": {key: types}});
    let vector = |source: Value| json!({"float_list": {"vector_index": {"enabled": true, "config": source}}});
    check_refused(
        &on_key("#foo", json!({"string": {}})),
        "key cannot begin with '#'. Keys starting with '#' are reserved for system use: #foo",
    );
    check_refused(
        &on_key("foo", json!({"string": {"fts_index": index(true)}})),
        "Full text search / regular expression index can only be enabled on #document field: foo",
    );
    check_refused(
        &on_key("foo", vector(json!({}))),
        "Vector index can only be enabled on #embedding field: foo",
    );
    check_refused(
        &on_key("#embedding", vector(json!({"source_key": "title"}))),
        "Vector index can only source from #document",
    );
    check_refused(
        &on_key("#document", json!({"string": {"string_inverted_index": index(true)}})),
        "String inverted index cannot be enabled on #document field",
    );
}

#[test]
fn defaults_switch_no_special_index_on() {
    let with = |types: Value| json!({"defaults": types, "keys": {}});
    for (types, expected) in [
        (json!({"float_list": {"vector_index": index(true)}}), "Vector index cannot be enabled by default"),
        (
            json!({"string": {"fts_index": index(true)}}),
            "Full text search / regular expression index cannot be",
        ),
        (
            json!({"sparse_vector": {"sparse_vector_index": index(true)}}),
            "Sparse vector index cannot be enabled",
        ),
    ] {
        let refused = parse(with(types)).check().unwrap_err();
        let expected = format!("Validation error: schema: {expected}");
        assert!(refused.message().starts_with(&expected), "{}", refused.message());
    }
}

#[test]
fn sparse_indexes_are_refused() {
    let sparse = |config: Value| json!({"sparse_vector": {"sparse_vector_index": {"enabled": true, "config": config}}});
    check_refused(
        &json!({"defaults": {}, "keys": {"a": sparse(json!({})), "b": sparse(json!({}))}}),
        "At most one sparse vector index is allowed for the collection: [\"a\", \"b\"]",
    );
    check_refused(
        &json!({"defaults": {}, "keys": {"a": sparse(json!({"source_key": "#document"}))}}),
        "If source_key is provided then embedding_function must also be provided since there is no default \
         embedding function.",
    );
    let one = parse(json!({"defaults": {}, "keys": {"a": sparse(json!({}))}}));
    one.check().unwrap();
    assert_eq!(
        one.reconcile().err().unwrap().message(),
        "Failed to reconcile schema: Invalid schema input: Sparse vector indexing is not enabled in local"
    );
}

#[test]
fn reserved_fields_are_refused() {
    check_refused(
        &json!({"defaults": {}, "keys": {}, "source_attached_function_id": "x"}),
        "Cannot set source_attached_function_id. This field is reserved for system use.",
    );
}

#[track_caller]
fn check_allowed(descriptor: &CollectionDescriptor, clause: &Value, refusal: Option<&str>) {
    let result = check_filter(descriptor, &where_clause::parse(clause).unwrap());
    assert_eq!(result.err().as_ref().map(ApiError::message), refusal, "{clause}");
}

#[test]
fn a_filter_needs_the_index_of_the_type_it_compares_with() {
    let made = made_with(json!({"defaults": {"int": {"int_inverted_index": index(false)}}, "keys": {
        "cat": {"string": {"string_inverted_index": index(false)}},
        "n": {"int": {"int_inverted_index": index(true)}},
    }}));
    let refusal = |key: &str, name: &str| {
        format!("Cannot filter using metadata key '{key}' with type '{name}' because indexing is disabled")
    };
    check_allowed(&made, &json!({"cat": "x"}), Some(&refusal("cat", "Str")));
    check_allowed(&made, &json!({"$or": [{"cat": {"$in": ["x"]}}]}), Some(&refusal("cat", "Str")));
    check_allowed(&made, &json!({"cat": 1.5}), None);
    check_allowed(&made, &json!({"i": {"$gt": 0}}), Some(&refusal("i", "Int")));
    check_allowed(&made, &json!({"i": {"$gt": 0.5}}), None);
    check_allowed(&made, &json!({"n": 1}), None);
    check_allowed(&made, &json!({"b": true}), None);
}

#[test]
fn without_a_schema_only_the_document_is_no_value() {
    let plain = descriptor(default_hnsw(), None);
    let refusal = "Cannot filter using metadata key '#document' with type 'Str' because indexing is disabled";
    check_allowed(&plain, &json!({"#document": "x"}), Some(refusal));
    check_allowed(&plain, &json!({"#document": {"$contains": "x"}}), None);
    let id =
        Filter::Metadata { key: "#id".to_owned(), predicate: Predicate::Eq(Scalar::Str("a".to_owned())) };
    assert!(check_filter(&plain, &id).is_ok());
}

#[test]
fn text_search_needs_its_index() {
    let made =
        made_with(json!({"defaults": {}, "keys": {"#document": {"string": {"fts_index": index(false)}}}}));
    for clause in [json!({"$contains": "x"}), json!({"$and": [{"$not_regex": "x"}]})] {
        let refused = check_filter(&made, &where_document::parse(&clause).unwrap()).unwrap_err();
        let expected = "Cannot filter using full-text search because FTS indexing is disabled";
        assert_eq!(refused.message(), expected, "{clause}");
    }
}
