use huedb_types::{Metadata, MetadataPatch, MetadataValue, SparseVector};
use serde_json::json;

use super::{MetadataChanges, MetadataError, MetadataView, NewMetadata};

fn parse(value: &str) -> Result<Metadata, String> {
    let text = format!("{{\"k\": {value}}}");
    serde_json::from_str::<NewMetadata>(&text).map(Metadata::from).map_err(|error| error.to_string())
}

#[track_caller]
fn check_value(value: &str, expected: &MetadataValue) {
    let metadata = parse(value).unwrap_or_else(|error| panic!("value=`{value}`: {error}"));
    assert_eq!(metadata.get("k"), Some(expected), "value=`{value}`");
}

#[track_caller]
fn check_refused(value: &str) {
    let error = parse(value).expect_err(value);
    let expected = "data did not match any variant of untagged enum MetadataValue at line 1 column ";
    assert!(error.starts_with(expected), "value=`{value}`: {error}");
}

#[test]
fn scalars_keep_their_types() {
    check_value("true", &MetadataValue::Bool(true));
    check_value("1", &MetadataValue::Int(1));
    check_value("-1", &MetadataValue::Int(-1));
    check_value("1.0", &MetadataValue::Float(1.0));
    check_value("\"\\u00e9\"", &MetadataValue::Str("\u{e9}".to_owned()));
}

#[test]
fn integers_beyond_64_bits_become_floats() {
    check_value("9223372036854775807", &MetadataValue::Int(i64::MAX));
    check_value("9223372036854775808", &MetadataValue::Float(9_223_372_036_854_775_808.0));
    check_value("-9223372036854775808", &MetadataValue::Int(i64::MIN));
    check_value("-9223372036854775809", &MetadataValue::Float(-9_223_372_036_854_775_809.0));
    check_value(
        "[1, 18446744073709551616]",
        &MetadataValue::FloatArray(vec![1.0, 18_446_744_073_709_551_616.0]),
    );
}

#[test]
fn lists_have_one_type() {
    check_value("[true, false]", &MetadataValue::BoolArray(vec![true, false]));
    check_value("[1, 2]", &MetadataValue::IntArray(vec![1, 2]));
    check_value("[1, 2.5]", &MetadataValue::FloatArray(vec![1.0, 2.5]));
    check_value("[\"a\", \"b\"]", &MetadataValue::StrArray(vec!["a".to_owned(), "b".to_owned()]));
    for value in ["[\"a\", 1]", "[1, true]", "[[1]]", "[null]", "[{}]", "[1, {\"a\": [1]}]"] {
        check_refused(value);
    }
}

#[test]
fn objects_are_sparse_vectors_or_refused() {
    let vector = |tokens| SparseVector { indices: vec![1, 5], values: vec![0.5, 1.5], tokens };
    let without = MetadataValue::Sparse(vector(None));
    check_value("{\"#type\": \"sparse_vector\", \"indices\": [1, 5], \"values\": [0.5, 1.5]}", &without);
    check_value("{\"indices\": [1, 5], \"values\": [0.5, 1.5], \"tokens\": null}", &without);
    let tokens = Some(vec!["a".to_owned(), "b".to_owned()]);
    check_value(
        "{\"indices\": [1, 5], \"values\": [0.5, 1.5], \"tokens\": [\"a\", \"b\"]}",
        &MetadataValue::Sparse(vector(tokens)),
    );
    for value in [
        "{\"b\": 1}",
        "{\"#type\": \"dense\", \"indices\": [], \"values\": []}",
        "{\"indices\": [-1], \"values\": [1]}",
        "{}",
    ] {
        check_refused(value);
    }
}

#[test]
fn null_is_a_value_only_of_changes() {
    check_refused("null");
    let changes: MetadataChanges = serde_json::from_str("{\"a\": null, \"b\": 1}").unwrap();
    let expected =
        MetadataPatch::from([("a".to_owned(), None), ("b".to_owned(), Some(MetadataValue::Int(1)))]);
    assert_eq!(MetadataPatch::from(changes), expected);
    let error = serde_json::from_str::<MetadataChanges>("{\"a\": {}}").err().unwrap().to_string();
    assert!(error.contains("untagged enum UpdateMetadataValue"), "{error}");
}

#[test]
fn an_empty_list_leaves_or_removes_its_key() {
    assert_eq!(parse("[]"), Ok(Metadata::new()));
    let changes: MetadataChanges = serde_json::from_str("{\"a\": []}").unwrap();
    assert_eq!(MetadataPatch::from(changes), MetadataPatch::from([("a".to_owned(), None)]));
}

#[test]
fn the_last_of_equal_keys_counts() {
    let metadata: NewMetadata = serde_json::from_str("{\"a\": 1, \"a\": 2}").unwrap();
    assert_eq!(Metadata::from(metadata), Metadata::from([("a".to_owned(), MetadataValue::Int(2))]));
}

#[track_caller]
fn check_rules(text: &str, expected: &Result<(), MetadataError>) {
    let metadata: NewMetadata = serde_json::from_str(text).unwrap();
    assert_eq!(&metadata.check(), expected, "metadata=`{text}`");
}

#[test]
fn keys_are_not_empty_nor_operators() {
    check_rules("{\"a\": 1, \"chroma:x\": 1, \"a#\": 1}", &Ok(()));
    check_rules("{\"\": 1}", &Err(MetadataError::EmptyKey));
    check_rules("{\"#a\": 1}", &Err(MetadataError::ReservedKey("#a".to_owned())));
    check_rules("{\"$a\": []}", &Err(MetadataError::ReservedKey("$a".to_owned())));
}

#[test]
fn sparse_vectors_are_ascending_and_complete() {
    let refused = || Err(MetadataError::SparseVector("v".to_owned()));
    check_rules("{\"v\": {\"indices\": [], \"values\": []}}", &Ok(()));
    check_rules("{\"v\": {\"indices\": [1, 2], \"values\": [1, 2]}}", &Ok(()));
    check_rules("{\"v\": {\"indices\": [2, 1], \"values\": [1, 2]}}", &refused());
    check_rules("{\"v\": {\"indices\": [1, 1], \"values\": [1, 2]}}", &refused());
    check_rules("{\"v\": {\"indices\": [1], \"values\": [1, 2]}}", &refused());
    check_rules("{\"v\": {\"indices\": [1], \"values\": [1], \"tokens\": []}}", &refused());
}

#[test]
fn values_are_shown_as_they_were_sent() {
    let text = "{\"a\":[1,2],\"b\":true,\"f\":1.0,\"g\":[0.1],\"i\":1,\"s\":\"x\",\"t\":[\"y\"],\"v\":\
                {\"#type\":\"sparse_vector\",\"indices\":[3],\"tokens\":[\"z\"],\"values\":[0.5]}}";
    let metadata = Metadata::from(serde_json::from_str::<NewMetadata>(text).unwrap());
    assert_eq!(serde_json::to_string(&MetadataView::of(&metadata)).unwrap(), text);
    assert_eq!(json!(MetadataView::of(&Metadata::new())), json!(null));
}
