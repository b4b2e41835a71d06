//! What must hold of this generation's parsers whatever the bytes are. Each function panics if it does
//! not; that a parser returns at all is part of every rule.

#![expect(clippy::expect_used, reason = "a rule that is broken is a panic, which the fuzzer reports")]

use huedb_types::{DocumentPredicate, Filter, Metadata, MetadataPatch, Number, Predicate, Scalar};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    collections, databases,
    dialect::Dialect,
    embeddings,
    error::ApiError,
    metadata::{MetadataChanges, MetadataView, NewMetadata},
    names, reads,
    request::parse,
    tenants, unsupported, where_clause, where_document, writes,
};

/// Bodies of every route: what they mean is the same each time.
pub(crate) fn bodies(bytes: &[u8]) {
    same(|| parse::<writes::AddRequest>(bytes)?.into_records());
    same(|| parse::<writes::UpsertRequest>(bytes)?.into_patches());
    same(|| parse::<writes::UpdateRequest>(bytes)?.into_patches());
    for dialect in [Dialect::Current, Dialect::Python06] {
        same(|| parse::<collections::CreateRequest>(bytes)?.into_new(dialect));
    }
    check_parses_alike::<writes::DeleteRequest>(bytes);
    check_parses_alike::<reads::GetRequest>(bytes);
    check_parses_alike::<reads::QueryRequest>(bytes);
    check_parses_alike::<collections::UpdateRequest>(bytes);
    check_parses_alike::<databases::CreateRequest>(bytes);
    check_parses_alike::<tenants::CreateRequest>(bytes);
    check_parses_alike::<tenants::UpdateRequest>(bytes);
    check_parses_alike::<unsupported::SearchRequest>(bytes);
}

/// A `where`: one that is taken and written again is taken as the same.
pub(crate) fn where_clause(bytes: &[u8]) {
    check_filter(bytes, where_clause::parse, where_json);
}

/// A `where_document`, likewise.
pub(crate) fn where_document(bytes: &[u8]) {
    check_filter(bytes, where_document::parse, document_json);
}

fn check_filter(bytes: &[u8], parse: fn(&Value) -> Result<Filter, ApiError>, write: fn(&Filter) -> Value) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    same(|| parse(&value));
    if let Ok(filter) = parse(&value) {
        assert_eq!(parse(&write(&filter)).expect("what was written is a filter"), filter);
    }
}

/// Embeddings as base64: one that is taken and written again is taken as the same.
pub(crate) fn base64(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    same(|| embeddings::decode(text));
    if let Ok(vector) = embeddings::decode(text) {
        assert!(vector.len() <= text.len());
        assert!(vector.iter().all(|number| number.is_finite()));
        assert_eq!(embeddings::encode(&vector), text, "there is one text for a vector");
    }
}

/// Metadata: what is taken and written again is taken as the same. What is refused is never written; a
/// number beyond 32 bits in a sparse vector could not be.
pub(crate) fn metadata(bytes: &[u8]) {
    let new = serde_json::from_slice::<NewMetadata>(bytes).ok();
    if let Some(new) = new.filter(|new| new.check().is_ok()) {
        let kept = Metadata::from(new);
        if let Some(view) = MetadataView::of(&kept) {
            let written = serde_json::to_vec(&view).expect("metadata can be written");
            let again: NewMetadata = serde_json::from_slice(&written).expect("what was written is metadata");
            assert!(again.check().is_ok());
            assert_eq!(Metadata::from(again), kept);
        }
    }
    let patch = || serde_json::from_slice::<MetadataChanges>(bytes).map(MetadataPatch::from).ok();
    assert_eq!(patch(), patch());
}

/// Names of collections, tenants and databases.
pub(crate) fn collection_name_is_taken(name: &str) -> bool {
    let taken = names::check_collection("name", name).is_ok();
    assert_eq!(taken, names::check_database(name).is_ok(), "databases and collections have one rule");
    if taken {
        assert!(names::check_tenant(name).is_ok());
        assert!(names::check_database_lookup(name).is_ok());
    }
    taken
}

fn same<T: std::fmt::Debug>(read: impl Fn() -> Result<T, ApiError>) {
    assert_eq!(format!("{:?}", read()), format!("{:?}", read()));
}

fn check_parses_alike<T: DeserializeOwned>(bytes: &[u8]) {
    let refusal = || parse::<T>(bytes).err().map(|error| format!("{error:?}"));
    assert_eq!(refusal(), refusal());
}

fn where_json(filter: &Filter) -> Value {
    let all = |filters: &[Filter]| filters.iter().map(where_json).collect::<Vec<_>>();
    match filter {
        Filter::And(filters) => json!({ "$and": all(filters) }),
        Filter::Or(filters) => json!({ "$or": all(filters) }),
        Filter::Metadata { key, predicate } => json!({ key: predicate_json(predicate) }),
        Filter::Document(predicate) => {
            json!({ where_clause::DOCUMENT_KEY: document_predicate_json(predicate) })
        }
    }
}

fn document_json(filter: &Filter) -> Value {
    let all = |filters: &[Filter]| filters.iter().map(document_json).collect::<Vec<_>>();
    match filter {
        Filter::And(filters) => json!({ "$and": all(filters) }),
        Filter::Or(filters) => json!({ "$or": all(filters) }),
        Filter::Document(predicate) => document_predicate_json(predicate),
        Filter::Metadata { key, .. } => panic!("no where_document has the key {key}"),
    }
}

fn document_predicate_json(predicate: &DocumentPredicate) -> Value {
    match predicate {
        DocumentPredicate::Contains(text) => json!({ "$contains": text }),
        DocumentPredicate::NotContains(text) => json!({ "$not_contains": text }),
        DocumentPredicate::Regex(text) => json!({ "$regex": text }),
        DocumentPredicate::NotRegex(text) => json!({ "$not_regex": text }),
        other => panic!("no clause of this generation makes {other:?}"),
    }
}

fn predicate_json(predicate: &Predicate) -> Value {
    let list = |scalars: &[Scalar]| scalars.iter().map(scalar_json).collect::<Vec<_>>();
    match predicate {
        Predicate::Eq(scalar) => json!({ "$eq": scalar_json(scalar) }),
        Predicate::Ne(scalar) => json!({ "$ne": scalar_json(scalar) }),
        Predicate::Gt(number) => json!({ "$gt": number_json(*number) }),
        Predicate::Ge(number) => json!({ "$gte": number_json(*number) }),
        Predicate::Lt(number) => json!({ "$lt": number_json(*number) }),
        Predicate::Le(number) => json!({ "$lte": number_json(*number) }),
        Predicate::In(scalars) => json!({ "$in": list(scalars) }),
        Predicate::NotIn(scalars) => json!({ "$nin": list(scalars) }),
        Predicate::Contains(scalar) => json!({ "$contains": scalar_json(scalar) }),
        Predicate::NotContains(scalar) => json!({ "$not_contains": scalar_json(scalar) }),
    }
}

fn scalar_json(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::Float(value) => json!(value),
        Scalar::Str(value) => json!(value),
    }
}

fn number_json(number: Number) -> Value {
    match number {
        Number::Int(value) => json!(value),
        Number::Float(value) => json!(value),
    }
}
