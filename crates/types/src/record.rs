//! Records and changes to records.

use crate::metadata::{Metadata, MetadataPatch, patched};

/// One durable unit: id, embedding, document, metadata and uri are written and deleted together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// The user's name for the record, unique in its collection.
    pub id: String,
    /// The embedding; `/api/v1` accepts records without one.
    pub embedding: Option<Vec<f32>>,
    /// The text that the embedding was made of.
    pub document: Option<String>,
    /// Where the content lies, for content that is not text.
    pub uri: Option<String>,
    /// Key-value pairs; empty and absent are the same.
    pub metadata: Metadata,
}

/// What a write says of one optional field.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Patch<T> {
    /// Nothing: the stored value stays.
    #[default]
    Keep,
    /// The stored value goes.
    Clear,
    /// This value replaces the stored one.
    Set(T),
}

impl<T> Patch<T> {
    /// The value of the field after the patch.
    pub fn apply(self, stored: Option<T>) -> Option<T> {
        match self {
            Self::Keep => stored,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// A change to the record `id`, as update and upsert carry it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordPatch {
    /// Which record.
    pub id: String,
    /// The new embedding; `None` keeps the stored one.
    pub embedding: Option<Vec<f32>>,
    /// The new document.
    pub document: Patch<String>,
    /// The new uri.
    pub uri: Patch<String>,
    /// Changes to metadata, merged key by key into what is stored.
    pub metadata: MetadataPatch,
}

impl RecordPatch {
    /// The record after the patch; `stored` is `None` if there was none.
    pub fn apply(self, stored: Option<Record>) -> Record {
        let stored = stored.unwrap_or_default();
        Record {
            id: self.id,
            embedding: self.embedding.or(stored.embedding),
            document: self.document.apply(stored.document),
            uri: self.uri.apply(stored.uri),
            metadata: patched(stored.metadata, self.metadata),
        }
    }
}

impl From<Record> for RecordPatch {
    fn from(record: Record) -> Self {
        let set = |value: Option<String>| value.map_or(Patch::Keep, Patch::Set);
        Self {
            id: record.id,
            embedding: record.embedding,
            document: set(record.document),
            uri: set(record.uri),
            metadata: record.metadata.into_iter().map(|(key, value)| (key, Some(value))).collect(),
        }
    }
}
