//! What the records of a collection have in common, learnt from its writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use huedb_types::{MetadataValue, Record};

use crate::catalog::rows::{check_version, versioned};
use crate::codec::{DecodeError, Decoder, Encoder};
use crate::log::Change;

/// Metadata keys that are remembered; a collection may have more.
const KEYS_MAX: usize = 1_000;

/// Dimension and metadata keys of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// Numbers per embedding, once the first one is written.
    pub dimension: Option<u32>,
    /// The kinds of value that each metadata key has had; the first thousand keys.
    pub metadata_keys: BTreeMap<String, MetadataKinds>,
}

/// A kind of metadata value; a list counts as the kind of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataKind {
    /// Truth values.
    Bool,
    /// Integers.
    Int,
    /// Floats.
    Float,
    /// Texts.
    Str,
    /// Sparse vectors.
    Sparse,
}

impl MetadataKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Bool, Self::Int, Self::Float, Self::Str, Self::Sparse];

    fn of(value: &MetadataValue) -> Self {
        match value {
            MetadataValue::Bool(_) | MetadataValue::BoolArray(_) => Self::Bool,
            MetadataValue::Int(_) | MetadataValue::IntArray(_) => Self::Int,
            MetadataValue::Float(_) | MetadataValue::FloatArray(_) => Self::Float,
            MetadataValue::Str(_) | MetadataValue::StrArray(_) => Self::Str,
            MetadataValue::Sparse(_) => Self::Sparse,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of [`MetadataKind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetadataKinds(u8);

impl MetadataKinds {
    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: MetadataKind) -> bool {
        self.0 & kind.bit() != 0
    }
}

impl Shape {
    /// The shape after `changes`, or `None` if they teach nothing new.
    pub(crate) fn learn<'c>(&self, changes: impl Iterator<Item = &'c Change>) -> Option<Arc<Self>> {
        let mut learnt: Option<Self> = None;
        for change in changes {
            let Change::Put { record, .. } = change else { continue };
            if !learnt.as_ref().unwrap_or(self).knows(record) {
                learnt.get_or_insert_with(|| self.clone()).add(record);
            }
        }
        learnt.map(Arc::new)
    }

    fn knows(&self, record: &Record) -> bool {
        (self.dimension.is_some() || record.embedding.is_none())
            && record.metadata.iter().all(|(key, value)| match self.metadata_keys.get(key) {
                Some(kinds) => kinds.contains(MetadataKind::of(value)),
                None => self.metadata_keys.len() >= KEYS_MAX,
            })
    }

    fn add(&mut self, record: &Record) {
        let dimension = record.embedding.as_ref().map(|embedding| embedding.len() as u32);
        self.dimension = self.dimension.or(dimension);
        for (key, value) in &record.metadata {
            if self.metadata_keys.len() < KEYS_MAX || self.metadata_keys.contains_key(key) {
                self.metadata_keys.entry(key.clone()).or_default().0 |= MetadataKind::of(value).bit();
            }
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = versioned();
        out.option(self.dimension, Encoder::u32);
        out.len(self.metadata_keys.len());
        for (key, kinds) in &self.metadata_keys {
            out.str(key);
            out.u8(kinds.0);
        }
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Decoder::new(row);
        check_version(&mut input)?;
        let mut shape = Self { dimension: input.option(Decoder::u32)?, ..Self::default() };
        for _ in 0..input.len()? {
            let key = input.string()?;
            shape.metadata_keys.insert(key, MetadataKinds(input.u8()?));
        }
        input.finish()?;
        Ok(shape)
    }
}

#[cfg(test)]
mod tests;
