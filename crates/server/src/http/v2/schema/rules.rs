//! What a schema may say.

use super::{DOCUMENT_KEY, EMBEDDING_KEY, Index, Schema, SparseSettings, ValueTypes};

/// Whether any key has its sparse vector index on.
pub(super) fn has_sparse_index(schema: &Schema) -> bool {
    schema.keys.values().any(|types| sparse_index(types).is_some())
}

/// The first rule that is broken.
pub(super) fn check(schema: &Schema) -> Result<(), String> {
    if schema.source_attached_function_id.is_some() {
        return Err(
            "Cannot set source_attached_function_id. This field is reserved for system use.".to_owned()
        );
    }
    check_defaults(&schema.defaults)?;
    let sparse_keys: Vec<&str> = schema
        .keys
        .iter()
        .filter(|(_, types)| sparse_index(types).is_some())
        .map(|(key, _)| &**key)
        .collect();
    if sparse_keys.len() > 1 {
        return Err(format!(
            "At most one sparse vector index is allowed for the collection: {sparse_keys:?}"
        ));
    }
    schema.keys.iter().try_for_each(|(key, types)| check_key(key, types))
}

fn check_defaults(types: &ValueTypes) -> Result<(), String> {
    if is_vector_on(types) {
        return Err(format!("Vector index cannot be enabled by default, only on {EMBEDDING_KEY} field"));
    }
    if is_full_text_on(types) {
        return Err(format!(
            "Full text search / regular expression index cannot be enabled by default, only on {DOCUMENT_KEY} field"
        ));
    }
    if sparse_index(types).is_some() {
        return Err("Sparse vector index cannot be enabled by default, only on specific keys".to_owned());
    }
    Ok(())
}

fn check_key(key: &str, types: &ValueTypes) -> Result<(), String> {
    if key.starts_with('#') && key != DOCUMENT_KEY && key != EMBEDDING_KEY {
        return Err(format!(
            "key cannot begin with '#'. Keys starting with '#' are reserved for system use: {key}"
        ));
    }
    if key != EMBEDDING_KEY && is_vector_on(types) {
        return Err(format!("Vector index can only be enabled on {EMBEDDING_KEY} field: {key}"));
    }
    if key != DOCUMENT_KEY && is_full_text_on(types) {
        return Err(format!(
            "Full text search / regular expression index can only be enabled on {DOCUMENT_KEY} field: {key}"
        ));
    }
    if key == DOCUMENT_KEY && is_inverted_on(types) {
        return Err(format!("String inverted index cannot be enabled on {DOCUMENT_KEY} field"));
    }
    check_sources(types)
}

fn check_sources(types: &ValueTypes) -> Result<(), String> {
    let source = types.vector_settings().and_then(|settings| settings.source_key.as_deref());
    if source.is_some_and(|source| source != DOCUMENT_KEY) {
        return Err(format!("Vector index can only source from {DOCUMENT_KEY}"));
    }
    match sparse_index(types) {
        Some(index) if index.config.source_key.is_some() && index.config.embedding_function.is_none() => Err(
            "If source_key is provided then embedding_function must also be provided since there is no default \
             embedding function."
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn is_vector_on(types: &ValueTypes) -> bool {
    let indexes = types.float_list.as_ref();
    indexes.and_then(|indexes| indexes.vector_index.as_ref()).is_some_and(|index| index.enabled)
}

fn is_full_text_on(types: &ValueTypes) -> bool {
    let indexes = types.string.as_ref();
    indexes.and_then(|indexes| indexes.fts_index.as_ref()).is_some_and(|index| index.enabled)
}

fn is_inverted_on(types: &ValueTypes) -> bool {
    let indexes = types.string.as_ref();
    indexes.and_then(|indexes| indexes.string_inverted_index.as_ref()).is_some_and(|index| index.enabled)
}

/// The sparse vector index, if it is on.
fn sparse_index(types: &ValueTypes) -> Option<&Index<SparseSettings>> {
    types.sparse_vector.as_ref()?.sparse_vector_index.as_ref().filter(|index| index.enabled)
}
