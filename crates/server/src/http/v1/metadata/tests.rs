use huedb_types::MetadataValue;

use super::{of_changed_collection, of_new_collection, of_record};
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

#[test]
fn metadata_of_a_new_collection_holds_scalars_and_is_not_empty() {
    let metadata = of_new_collection(&dict(r#"{"a": 1, "b": 1.0, "c": true, "": "s"}"#)).unwrap();
    assert_eq!(metadata["a"], MetadataValue::Int(1));
    assert_eq!(metadata["b"], MetadataValue::Float(1.0));
    assert_eq!(metadata["c"], MetadataValue::Bool(true));
    assert_eq!(metadata[""], MetadataValue::Str("s".into()));
    for (json, text) in [
        ("{}", "Expected metadata to be a non-empty dict, got 0 metadata attributes"),
        (
            r#"{"a": null}"#,
            "Expected metadata value to be a str, int, float or bool, got None which is a NoneType",
        ),
        (r#"{"a": [1]}"#, "Expected metadata value to be a str, int, float or bool, got [1] which is a list"),
        (
            r#"{"a": {"b": 1}}"#,
            "Expected metadata value to be a str, int, float or bool, got {'b': 1} which is a dict",
        ),
        (r#"{"chroma:document": "x"}"#, "Expected metadata to not contain the reserved key chroma:document"),
    ] {
        check_error(of_new_collection(&dict(json)), "ValueError", text);
    }
    check_error(
        of_new_collection(&dict(r#"{"big": 9223372036854775808}"#)),
        "OverflowError",
        "Python int too large to convert to SQLite INTEGER",
    );
}

#[test]
fn changed_metadata_leaves_nulls_out() {
    assert_eq!(of_changed_collection(&dict(r#"{"d": null}"#)).unwrap(), None);
    let metadata = of_changed_collection(&dict(r#"{"b": null, "c": 3}"#)).unwrap().unwrap();
    assert_eq!(metadata.into_iter().collect::<Vec<_>>(), [("c".to_owned(), MetadataValue::Int(3))]);
    check_error(
        of_changed_collection(&dict(r#"{"a": [1]}"#)),
        "ValueError",
        "Expected metadata value to be a str, int, or float, got [1]",
    );
}

#[test]
fn a_record_value_without_a_place_in_the_store_is_refused_by_name() {
    let patch = of_record(&dict(r#"{"n": null, "x": 1, "huge": 18446744073709551616.0}"#)).unwrap();
    assert_eq!(patch["n"], None);
    assert_eq!(patch["x"], Some(MetadataValue::Int(1)));
    check_error(
        of_record(&dict(r#"{"x": 1, "l": [1, "a"]}"#)),
        "ValueError",
        "Expected metadata value of key l to be a str, int, float, bool or None, got [1, 'a'] which is a list",
    );
    check_error(
        of_record(&dict(r#"{"big": 9223372036854775808}"#)),
        "OverflowError",
        "Metadata value 9223372036854775808 of key big does not fit into 64 bits",
    );
}
