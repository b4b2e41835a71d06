//! The default schema, and how a schema that was sent is completed with it.

use std::collections::BTreeMap;

use huedb_types::HnswConfiguration;

use super::{
    BoolIndexes, DOCUMENT_KEY, EMBEDDING_KEY, EmbeddingFunction, FloatIndexes, FloatListIndexes,
    HnswSettings, Index, IntIndexes, NoSettings, Schema, SparseSettings, SparseVectorIndexes, StringIndexes,
    ValueTypes, VectorSettings, default_hnsw,
};

/// Every metadata value indexed, the document searchable, the embedding indexed with `hnsw`.
pub(super) fn default_schema(
    hnsw: &HnswConfiguration,
    embedding_function: Option<&EmbeddingFunction>,
) -> Schema {
    let settings = VectorSettings {
        space: Some(hnsw.space.into()),
        embedding_function: embedding_function.cloned(),
        source_key: None,
        hnsw: Some(HnswSettings::from(hnsw)),
        spann: None,
    };
    let of_embedding = VectorSettings { source_key: Some(DOCUMENT_KEY.to_owned()), ..settings.clone() };
    let keys = BTreeMap::from([
        (DOCUMENT_KEY.to_owned(), ValueTypes { string: Some(strings(true, false)), ..ValueTypes::default() }),
        (
            EMBEDDING_KEY.to_owned(),
            ValueTypes { float_list: Some(vectors(true, of_embedding)), ..ValueTypes::default() },
        ),
    ]);
    Schema { defaults: default_types(settings), keys, cmek: None, source_attached_function_id: None }
}

fn default_types(settings: VectorSettings) -> ValueTypes {
    let sparse = SparseSettings {
        embedding_function: Some(EmbeddingFunction::Unknown),
        bm25: Some(false),
        ..SparseSettings::default()
    };
    ValueTypes {
        string: Some(strings(false, true)),
        float_list: Some(vectors(false, settings)),
        sparse_vector: Some(SparseVectorIndexes {
            sparse_vector_index: Some(Index { enabled: false, config: sparse }),
        }),
        int: Some(IntIndexes { int_inverted_index: Some(plain(true)) }),
        float: Some(FloatIndexes { float_inverted_index: Some(plain(true)) }),
        bool: Some(BoolIndexes { bool_inverted_index: Some(plain(true)) }),
    }
}

fn strings(full_text: bool, inverted: bool) -> StringIndexes {
    StringIndexes { fts_index: Some(plain(full_text)), string_inverted_index: Some(plain(inverted)) }
}

fn vectors(enabled: bool, config: VectorSettings) -> FloatListIndexes {
    FloatListIndexes { vector_index: Some(Index { enabled, config }) }
}

fn plain(enabled: bool) -> Index<NoSettings> {
    Index { enabled, config: NoSettings {} }
}

impl Schema {
    /// Whether it says nothing but the defaults.
    pub(in crate::http::v2) fn is_default(&self) -> bool {
        let default = default_schema(&default_hnsw(), None);
        let mut completed = completed(self.clone(), default.clone());
        completed.forget_default_embedding_functions();
        completed == default
    }

    fn forget_default_embedding_functions(&mut self) {
        let types = std::iter::once(&mut self.defaults).chain(self.keys.values_mut());
        for index in types.filter_map(ValueTypes::vector_index_mut) {
            if index.config.embedding_function.as_ref().is_some_and(EmbeddingFunction::is_default) {
                index.config.embedding_function = None;
            }
        }
    }
}

/// `sent` with what it leaves open taken from `default`.
///
/// Keys of its own are kept as sent: for what they leave open, the schema's defaults count.
pub(super) fn completed(sent: Schema, default: Schema) -> Schema {
    let mut keys = sent.keys;
    for (key, types) in default.keys {
        let of_key = keys.remove(&key).unwrap_or_default();
        keys.insert(key, completed_types(of_key, types));
    }
    Schema { defaults: completed_types(sent.defaults, default.defaults), keys, ..sent }
}

fn completed_types(sent: ValueTypes, default: ValueTypes) -> ValueTypes {
    ValueTypes {
        string: both(sent.string, default.string, |sent, default| StringIndexes {
            fts_index: sent.fts_index.or(default.fts_index),
            string_inverted_index: sent.string_inverted_index.or(default.string_inverted_index),
        }),
        float_list: both(sent.float_list, default.float_list, |sent, default| FloatListIndexes {
            vector_index: both(sent.vector_index, default.vector_index, |sent, default| Index {
                enabled: sent.enabled,
                config: completed_settings(sent.config, default.config),
            }),
        }),
        sparse_vector: both(sent.sparse_vector, default.sparse_vector, |sent, default| SparseVectorIndexes {
            sparse_vector_index: both(
                sent.sparse_vector_index,
                default.sparse_vector_index,
                |sent, default| Index {
                    enabled: sent.enabled,
                    config: completed_sparse(sent.config, default.config),
                },
            ),
        }),
        int: both(sent.int, default.int, |sent, default| IntIndexes {
            int_inverted_index: sent.int_inverted_index.or(default.int_inverted_index),
        }),
        float: both(sent.float, default.float, |sent, default| FloatIndexes {
            float_inverted_index: sent.float_inverted_index.or(default.float_inverted_index),
        }),
        bool: both(sent.bool, default.bool, |sent, default| BoolIndexes {
            bool_inverted_index: sent.bool_inverted_index.or(default.bool_inverted_index),
        }),
    }
}

/// Vector settings with what they leave open taken from `default`.
pub(super) fn completed_settings(sent: VectorSettings, default: VectorSettings) -> VectorSettings {
    VectorSettings {
        space: sent.space.or(default.space),
        embedding_function: sent.embedding_function.or(default.embedding_function),
        source_key: sent.source_key.or(default.source_key),
        hnsw: both(sent.hnsw, default.hnsw, |sent, default| HnswSettings {
            ef_construction: sent.ef_construction.or(default.ef_construction),
            max_neighbors: sent.max_neighbors.or(default.max_neighbors),
            ef_search: sent.ef_search.or(default.ef_search),
            num_threads: sent.num_threads.or(default.num_threads),
            batch_size: sent.batch_size.or(default.batch_size),
            sync_threshold: sent.sync_threshold.or(default.sync_threshold),
            resize_factor: sent.resize_factor.or(default.resize_factor),
        }),
        spann: None,
    }
}

fn completed_sparse(sent: SparseSettings, default: SparseSettings) -> SparseSettings {
    SparseSettings {
        embedding_function: sent.embedding_function.or(default.embedding_function),
        source_key: sent.source_key.or(default.source_key),
        bm25: sent.bm25.or(default.bm25),
        algorithm: sent.algorithm.or(default.algorithm),
    }
}

fn both<T>(sent: Option<T>, default: Option<T>, complete: impl FnOnce(T, T) -> T) -> Option<T> {
    match (sent, default) {
        (Some(sent), Some(default)) => Some(complete(sent, default)),
        (sent, default) => sent.or(default),
    }
}
