//! Rules of the parsers of both generations, one function for each target of the fuzzer.

use super::{v1, v2};

/// Bodies of `/api/v1`.
pub fn v1_bodies(bytes: &[u8]) {
    v1::fuzzing::bodies(bytes);
}

/// `where` and `where_document` of `/api/v1`.
pub fn v1_filters(bytes: &[u8]) {
    v1::fuzzing::filters(bytes);
}

/// Metadata of `/api/v1`.
pub fn v1_metadata(bytes: &[u8]) {
    v1::fuzzing::metadata(bytes);
}

/// Bodies of `/api/v2`.
pub fn v2_bodies(bytes: &[u8]) {
    v2::fuzzing::bodies(bytes);
}

/// `where` of `/api/v2`.
pub fn v2_where(bytes: &[u8]) {
    v2::fuzzing::where_clause(bytes);
}

/// `where_document` of `/api/v2`.
pub fn v2_where_document(bytes: &[u8]) {
    v2::fuzzing::where_document(bytes);
}

/// Embeddings in base64.
pub fn v2_base64(bytes: &[u8]) {
    v2::fuzzing::base64(bytes);
}

/// Metadata of `/api/v2`.
pub fn v2_metadata(bytes: &[u8]) {
    v2::fuzzing::metadata(bytes);
}

/// Names of tenants, databases and collections in both generations.
///
/// # Panics
/// When the older generation takes a collection's name that the newer one refuses: one collection is
/// seen through both.
pub fn names(bytes: &[u8]) {
    let Ok(name) = str::from_utf8(bytes) else { return };
    let newer = v2::fuzzing::collection_name_is_taken(name);
    // A last line break is the one thing that only the older generation overlooks.
    let older = v1::fuzzing::collection_name_is_taken(name);
    assert!(newer || !older || name.ends_with('\n'), "{name:?}");
}
