use huedb_types::{Distance, HnswConfiguration};

use super::{configuration_document, defaults, effective_document, from_metadata};
use crate::http::v1::{
    error::ApiError,
    json::{Dict, Json},
};

fn dict(json: &str) -> Dict {
    match serde_json::from_str(json).unwrap() {
        Json::Dict(dict) => dict,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_error<T: std::fmt::Debug>(found: Result<T, ApiError>, class: &str, text: &str) {
    match found {
        Err(ApiError::Raised { class: c, text: t }) => assert_eq!((c, t.as_str()), (class, text)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_metadata(json: &str, expected: HnswConfiguration) {
    assert_eq!(from_metadata(&dict(json)).unwrap(), expected, "{json}");
}

#[test]
fn the_metadata_of_a_collection_rules_its_index() {
    check_metadata("{\"a\": 1}", defaults());
    check_metadata(
        r#"{"hnsw:space": "cosine"}"#,
        HnswConfiguration { space: Distance::Cosine, ..defaults() },
    );
    check_metadata(
        r#"{"hnsw:construction_ef": 50, "hnsw:search_ef": 60, "hnsw:M": 8, "hnsw:num_threads": 1,
            "hnsw:resize_factor": 2, "hnsw:batch_size": 3, "hnsw:sync_threshold": 10}"#,
        HnswConfiguration {
            ef_construction: 50,
            ef_search: 60,
            max_neighbors: 8,
            num_threads: 1,
            resize_factor: 2.0,
            batch_size: 3,
            sync_threshold: 10,
            ..defaults()
        },
    );
}

#[test]
fn zero_and_negative_numbers_pass_and_mean_the_default() {
    check_metadata(r#"{"hnsw:M": -1, "hnsw:search_ef": 0, "hnsw:num_threads": -7}"#, defaults());
}

#[test]
fn a_wrong_index_setting_is_refused_by_name() {
    for (json, value) in [
        (r#"{"hnsw:space": "L2"}"#, "hnsw:space = L2"),
        (r#"{"hnsw:space": 1}"#, "hnsw:space = 1"),
        (r#"{"hnsw:M": "8"}"#, "hnsw:M = 8"),
        (r#"{"hnsw:M": 8.0}"#, "hnsw:M = 8.0"),
        (r#"{"hnsw:resize_factor": "x"}"#, "hnsw:resize_factor = x"),
        (r#"{"hnsw:batch_size": 2}"#, "hnsw:batch_size = 2"),
        (r#"{"hnsw:sync_threshold": 2}"#, "hnsw:sync_threshold = 2"),
    ] {
        let text = format!("Invalid value for HNSW parameter: {value}");
        check_error(from_metadata(&dict(json)), "ValueError", &text);
    }
    check_error(from_metadata(&dict(r#"{"hnsw:foo": 1}"#)), "ValueError", "Unknown HNSW parameter: hnsw:foo");
}

fn document(json: &str) -> String {
    let document = configuration_document(Some(&dict(json))).unwrap();
    serde_json::to_string(&document).unwrap()
}

#[test]
fn the_configuration_document_has_what_was_sent_and_the_defaults() {
    let threads = defaults().num_threads;
    let expected = format!(
        "{{\"hnsw_configuration\":{{\"space\":\"l2\",\"ef_construction\":100,\"ef_search\":10,\
         \"num_threads\":{threads},\"M\":16,\"resize_factor\":1.2,\"batch_size\":100,\
         \"sync_threshold\":1000,\"_type\":\"HNSWConfigurationInternal\"}},\
         \"_type\":\"CollectionConfigurationInternal\"}}"
    );
    assert_eq!(serde_json::to_string(&configuration_document(None).unwrap()).unwrap(), expected);
    assert_eq!(document("{}"), expected);
    assert_eq!(document(r#"{"_type": "CollectionConfigurationInternal"}"#), expected);
    let cosine = document(
        r#"{"hnsw_configuration": {"_type": "HNSWConfigurationInternal", "space": "cosine"},
            "_type": "CollectionConfigurationInternal"}"#,
    );
    assert_eq!(cosine, expected.replace("\"l2\"", "\"cosine\""));
}

#[test]
fn a_wrong_configuration_document_is_refused() {
    let value = "ValueError";
    let wrap = |hnsw: &str| {
        format!(
            r#"{{"hnsw_configuration": {{"_type": "HNSWConfigurationInternal", {hnsw}}},
                "_type": "CollectionConfigurationInternal"}}"#
        )
    };
    for (json, class, text) in [
        (wrap(r#""space": "foo""#), value, "Invalid parameter value: foo"),
        (wrap(r#""foo": 1"#), value, "Invalid parameter name: foo"),
        (wrap(r#""resize_factor": 2"#), value, "Invalid parameter value: 2"),
        (wrap(r#""M": 0"#), value, "Invalid parameter value: 0"),
        (
            wrap(r#""batch_size": 2000, "sync_threshold": 100"#),
            "InvalidConfigurationError",
            "batch_size must be less than or equal to sync_threshold",
        ),
        (
            r#"{"_type": "x"}"#.to_owned(),
            value,
            "Trying to instantiate configuration of type CollectionConfigurationInternal from JSON with type x",
        ),
        (
            r#"{"hnsw_configuration": {"_type": "x"}, "_type": "CollectionConfigurationInternal"}"#
                .to_owned(),
            value,
            "Invalid configuration type: {'_type': 'x'}",
        ),
    ] {
        check_error(configuration_document(Some(&dict(&json))), class, text);
    }
}

#[test]
fn a_document_without_its_type_is_a_missing_key() {
    check_error(configuration_document(Some(&dict(r#"{"hnsw": {"space": "ip"}}"#))), "KeyError", "_type");
}

#[test]
fn settings_from_elsewhere_are_shown_as_old_clients_accept_them() {
    let odd = HnswConfiguration {
        batch_size: 50,
        sync_threshold: 10,
        resize_factor: 0.5,
        ef_search: 0,
        ..defaults()
    };
    let shown = serde_json::to_string(&effective_document(&odd)).unwrap();
    for part in ["\"batch_size\":10", "\"sync_threshold\":10", "\"resize_factor\":1.0", "\"ef_search\":1,"] {
        assert!(shown.contains(part), "{shown}");
    }
}
