//! Metadata of records and collections.

use std::collections::BTreeMap;

/// Metadata by key, ascending; keys with no value are absent, never null.
pub type Metadata = BTreeMap<String, MetadataValue>;

/// Changes to metadata by key; `None` removes the key.
pub type MetadataPatch = BTreeMap<String, Option<MetadataValue>>;

/// One metadata value. Types are kept: the integer 1 and the float 1.0 stay what they are.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A finite 64-bit float.
    Float(f64),
    /// A text.
    Str(String),
    /// A list of truth values.
    BoolArray(Vec<bool>),
    /// A list of integers.
    IntArray(Vec<i64>),
    /// A list of floats.
    FloatArray(Vec<f64>),
    /// A list of texts.
    StrArray(Vec<String>),
    /// A sparse vector.
    Sparse(SparseVector),
}

/// A vector given by its non-zero dimensions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseVector {
    /// Dimensions, strictly ascending.
    pub indices: Vec<u32>,
    /// One finite value per dimension.
    pub values: Vec<f32>,
    /// One token per dimension, where the client sent them.
    pub tokens: Option<Vec<String>>,
}

/// `metadata` after `patch`.
#[must_use]
pub fn patched(mut metadata: Metadata, patch: MetadataPatch) -> Metadata {
    for (key, value) in patch {
        match value {
            Some(value) => metadata.insert(key, value),
            None => metadata.remove(&key),
        };
    }
    metadata
}
