//! What must hold of this generation's parsers whatever the bytes are. Each function panics if it does
//! not; that a parser returns at all is part of every rule.

#![expect(clippy::expect_used, reason = "a rule that is broken is a panic, which the fuzzer reports")]

use super::{
    bodies::{CreateCollectionBody, DeleteBody, GetBody, NameBody, QueryBody, UpdateCollectionBody},
    error::ApiError,
    json::{self, Dict, Json},
    metadata,
    names::{check_collection_name, check_namespace_name},
    python_json,
    request::{RawBody, RequestBody},
    where_clause,
    write::WriteBody,
};

/// Bodies of every route. Read twice they are the same, and what the fast reader takes the slow one
/// takes alike.
pub(crate) fn bodies(bytes: &[u8]) {
    check_body::<NameBody>(bytes);
    check_body::<CreateCollectionBody>(bytes);
    check_body::<UpdateCollectionBody>(bytes);
    check_body::<GetBody>(bytes);
    check_body::<DeleteBody>(bytes);
    check_body::<QueryBody>(bytes);
    check_body::<WriteBody>(bytes);
    let patches = || RawBody::of_json(bytes).decode::<WriteBody>()?.into_patches(Some(3));
    assert_eq!(shown(&patches()), shown(&patches()));
}

fn check_body<B: RequestBody + std::fmt::Debug>(bytes: &[u8]) {
    let body = RawBody::of_json(bytes).decode::<B>();
    assert_eq!(shown(&body), shown(&RawBody::of_json(bytes).decode::<B>()));
    if let Some(fast) = B::read_fast(bytes) {
        let slow = super::request::decode_slowly::<B>(bytes).map_err(|error| format!("{error:?}"));
        assert_eq!(format!("{fast:?}"), format!("{:?}", slow.expect("what the fast reader takes is valid")));
    }
}

/// `where`, and the same bytes as `where_document`.
pub(crate) fn filters(bytes: &[u8]) {
    let Some(dict) = dict_of(bytes) else { return };
    let metadata = where_clause::filter(Some(&dict), None);
    assert_eq!(shown(&metadata), shown(&where_clause::filter(Some(&dict), None)));
    check_size(&metadata, bytes);
    let document = where_clause::filter(None, Some(&dict));
    assert_eq!(shown(&document), shown(&where_clause::filter(None, Some(&dict))));
    check_size(&document, bytes);
}

/// Metadata of collections and of records.
pub(crate) fn metadata(bytes: &[u8]) {
    let Some(dict) = dict_of(bytes) else { return };
    assert_eq!(shown(&metadata::of_new_collection(&dict)), shown(&metadata::of_new_collection(&dict)));
    let patch = metadata::of_record(&dict);
    assert_eq!(shown(&patch), shown(&metadata::of_record(&dict)));
    // What was read and is written again is read as the same.
    if !Json::Dict(dict.clone()).has_non_finite() {
        let written = json::to_vec(&Json::Dict(dict)).expect("finite numbers can be written");
        let again = dict_of(&written).expect("what was written is an object");
        assert_eq!(shown(&patch), shown(&metadata::of_record(&again)));
    }
}

/// Names of collections, tenants and databases.
pub(crate) fn collection_name_is_taken(name: &str) -> bool {
    let taken = check_collection_name(name).is_ok();
    assert_eq!(taken, check_collection_name(name).is_ok());
    let _ = check_namespace_name("Tenant", name);
    taken
}

fn dict_of(bytes: &[u8]) -> Option<Dict> {
    match python_json::parse(bytes).ok()?.into_parts() {
        (Json::Dict(dict), _) => Some(dict),
        _ => None,
    }
}

fn shown<T: std::fmt::Debug>(result: &Result<T, ApiError>) -> String {
    format!("{result:?}")
}

/// A filter is no larger than some multiple of its text.
fn check_size(filter: &Result<Option<huedb_types::Filter>, ApiError>, bytes: &[u8]) {
    if let Ok(Some(filter)) = filter {
        let shown = format!("{filter:?}").len();
        assert!(shown <= 64 * (bytes.len() + 8), "{} bytes became a filter of {shown}", bytes.len());
    }
}
