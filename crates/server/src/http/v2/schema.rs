//! The schema of a collection: which values are indexed, and how.
//!
//! The index here has every key; a schema only switches filters off and carries the settings of the
//! embedding's index. A collection made without one has the default schema, which is not stored but
//! made from its configuration each time it is shown.

mod defaults;
mod discovered;
mod filters;
mod rules;

use std::collections::BTreeMap;

use huedb_engine::CollectionDescriptor;
use huedb_types::{Distance, HnswConfiguration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::defaults::default_schema;
pub(super) use self::filters::check_filter;
use super::{
    configuration::{self, EmbeddingFunction, HnswChange, Space, bounded, default_hnsw},
    error::ApiError,
};

/// Key of the embedding.
const EMBEDDING_KEY: &str = "#embedding";
/// Key of the document.
const DOCUMENT_KEY: &str = "#document";

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub(super) struct Schema {
    defaults: ValueTypes,
    keys: BTreeMap<String, ValueTypes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmek: Option<Cmek>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_attached_function_id: Option<String>,
}

/// Name of a key with which a cloud encrypts; kept and not used.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Cmek {
    Gcp(String),
}

/// The indexes of one key, by the type of its values.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
struct ValueTypes {
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<StringIndexes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    float_list: Option<FloatListIndexes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sparse_vector: Option<SparseVectorIndexes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int: Option<IntIndexes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    float: Option<FloatIndexes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bool: Option<BoolIndexes>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "StringValueType")]
struct StringIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    fts_index: Option<Index<NoSettings>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_inverted_index: Option<Index<NoSettings>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "FloatListValueType")]
struct FloatListIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_index: Option<Index<VectorSettings>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SparseVectorValueType")]
struct SparseVectorIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    sparse_vector_index: Option<Index<SparseSettings>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "IntValueType")]
struct IntIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    int_inverted_index: Option<Index<NoSettings>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "FloatValueType")]
struct FloatIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    float_inverted_index: Option<Index<NoSettings>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "BoolValueType")]
struct BoolIndexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    bool_inverted_index: Option<Index<NoSettings>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
struct Index<C> {
    enabled: bool,
    config: C,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct NoSettings {}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "VectorIndexConfig")]
struct VectorSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    space: Option<Space>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_function: Option<EmbeddingFunction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hnsw: Option<HnswSettings>,
    /// Settings of Chroma's distributed index: accepted and dropped, as on Chroma's single node.
    #[serde(skip_serializing)]
    spann: Option<serde_json::Map<String, Value>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "HnswIndexConfig")]
struct HnswSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    ef_construction: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_neighbors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ef_search: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_threads: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_threshold: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resize_factor: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "SparseVectorIndexConfig")]
struct SparseSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_function: Option<EmbeddingFunction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bm25: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<SparseAlgorithm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SparseIndexAlgorithm")]
enum SparseAlgorithm {
    Wand,
    MaxScore,
}

/// What a new collection gets from the schema that was sent for it.
pub(super) struct Reconciled {
    pub(super) hnsw: HnswConfiguration,
    pub(super) embedding_function: Option<EmbeddingFunction>,
    /// The complete schema as the engine keeps it.
    pub(super) stored: String,
}

impl Schema {
    /// Checks the rules that hold whatever the collection is.
    ///
    /// # Errors
    /// 400 with the first rule that is broken.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        rules::check(self).map_err(|message| ApiError::validation("schema", message))
    }

    /// Completes a checked schema with the defaults.
    ///
    /// # Errors
    /// 400 for an index that is not there.
    pub(super) fn reconcile(self) -> Result<Reconciled, ApiError> {
        if rules::has_sparse_index(&self) {
            return Err(ApiError::invalid(
                "Failed to reconcile schema: Invalid schema input: Sparse vector indexing is not enabled in local",
            ));
        }
        let sent = self.embedding_settings();
        let hnsw = sent.hnsw_over(default_hnsw());
        let embedding_function = sent.embedding_function;
        let default = default_schema(&default_hnsw(), None);
        let mut schema = defaults::completed(self, default);
        schema.set_embedding_settings(&hnsw, embedding_function.as_ref());
        let stored = json!(schema).to_string();
        Ok(Reconciled { hnsw, embedding_function, stored })
    }

    /// Settings of the embedding's index: those of its key, else those of all lists of floats.
    fn embedding_settings(&self) -> VectorSettings {
        let of_key = self.keys.get(EMBEDDING_KEY).and_then(ValueTypes::vector_settings);
        let of_all = self.defaults.vector_settings();
        defaults::completed_settings(of_key.cloned().unwrap_or_default(), of_all.cloned().unwrap_or_default())
    }

    fn set_embedding_settings(
        &mut self,
        hnsw: &HnswConfiguration,
        embedding_function: Option<&EmbeddingFunction>,
    ) {
        if let Some(index) = self.keys.get_mut(EMBEDDING_KEY).and_then(ValueTypes::vector_index_mut) {
            index.config.set(hnsw, embedding_function);
        }
    }
}

impl ValueTypes {
    fn vector_settings(&self) -> Option<&VectorSettings> {
        Some(&self.float_list.as_ref()?.vector_index.as_ref()?.config)
    }

    fn vector_index_mut(&mut self) -> Option<&mut Index<VectorSettings>> {
        self.float_list.as_mut()?.vector_index.as_mut()
    }
}

impl VectorSettings {
    fn set(&mut self, hnsw: &HnswConfiguration, embedding_function: Option<&EmbeddingFunction>) {
        self.space = Some(hnsw.space.into());
        self.embedding_function = embedding_function.cloned();
        self.hnsw = Some(HnswSettings::from(hnsw));
    }

    fn hnsw_over(&self, base: HnswConfiguration) -> HnswConfiguration {
        let sent = self.hnsw.clone().unwrap_or_default();
        HnswConfiguration {
            space: self.space.map_or(base.space, Distance::from),
            ef_construction: sent.ef_construction.map_or(base.ef_construction, bounded),
            ef_search: sent.ef_search.map_or(base.ef_search, bounded),
            max_neighbors: sent.max_neighbors.map_or(base.max_neighbors, bounded),
            num_threads: sent.num_threads.map_or(base.num_threads, bounded),
            resize_factor: sent.resize_factor.unwrap_or(base.resize_factor),
            sync_threshold: sent.sync_threshold.map_or(base.sync_threshold, bounded),
            batch_size: sent.batch_size.map_or(base.batch_size, bounded),
        }
    }
}

impl From<&HnswConfiguration> for HnswSettings {
    fn from(hnsw: &HnswConfiguration) -> Self {
        let size = |value: u32| Some(value as usize);
        Self {
            ef_construction: size(hnsw.ef_construction),
            max_neighbors: size(hnsw.max_neighbors),
            ef_search: size(hnsw.ef_search),
            num_threads: size(hnsw.num_threads),
            batch_size: size(hnsw.batch_size),
            sync_threshold: size(hnsw.sync_threshold),
            resize_factor: Some(hnsw.resize_factor),
        }
    }
}

/// The schema as clients read it.
pub(super) fn json_of(descriptor: &CollectionDescriptor) -> Value {
    json!(schema_of(descriptor))
}

/// The stored schema, or the default one with the collection's configuration in it, and the keys that
/// records have brought since.
fn schema_of(descriptor: &CollectionDescriptor) -> Schema {
    let mut schema = stored(descriptor).unwrap_or_else(|| {
        let embedding_function = configuration::embedding_function(descriptor)
            .and_then(|function| serde_json::from_value(function).ok());
        default_schema(&descriptor.hnsw, embedding_function.as_ref())
    });
    schema.discover(&descriptor.shape);
    schema
}

/// The schema that was sent at creation, if one was.
fn stored(descriptor: &CollectionDescriptor) -> Option<Schema> {
    descriptor.schema.as_deref().and_then(|stored| serde_json::from_str(stored).ok())
}

/// The stored schema after a change of the configuration; `None` if the collection has none.
pub(super) fn changed(
    descriptor: &CollectionDescriptor,
    hnsw: Option<&HnswChange>,
    embedding_function: Option<&EmbeddingFunction>,
) -> Option<String> {
    let mut schema = stored(descriptor)?;
    let settings_of_all = schema.defaults.vector_index_mut();
    let settings_of_key = schema.keys.get_mut(EMBEDDING_KEY).and_then(ValueTypes::vector_index_mut);
    for index in settings_of_all.into_iter().chain(settings_of_key) {
        let hnsw = hnsw.map_or_else(
            || index.config.hnsw_over(default_hnsw()),
            |change| change.over(index.config.hnsw_over(default_hnsw())),
        );
        let embedding_function =
            embedding_function.cloned().or_else(|| index.config.embedding_function.clone());
        index.config.set(&hnsw, embedding_function.as_ref());
    }
    Some(json!(schema).to_string())
}

#[cfg(test)]
mod tests;
