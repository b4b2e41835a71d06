//! Where rows lie: in a memtable or in a segment, read through one type.

use std::borrow::Cow;
use std::sync::Arc;

use huedb_index::metadata::{RecordView, Value};
use huedb_types::{DocId, Record};

use crate::error::Error;
use crate::memtable::Memtable;
use crate::metadata_bytes;
use crate::segment::{DocumentCache, RecordSegment};

/// Rows that can be read by their number.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Memtable(Arc<Memtable>),
    Segment(Arc<RecordSegment>),
}

/// Which fields of a record a reader wants.
#[expect(clippy::struct_excessive_bools, reason = "one switch per field of a record")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    /// The embedding.
    pub embeddings: bool,
    /// The document.
    pub documents: bool,
    /// The metadata.
    pub metadatas: bool,
    /// The uri.
    pub uris: bool,
}

impl Include {
    /// Everything.
    pub const ALL: Self = Self { embeddings: true, documents: true, metadatas: true, uris: true };
}

impl Source {
    pub(crate) fn id(&self, row: u32) -> Result<&str, Error> {
        match self {
            Self::Memtable(memtable) => memtable.row(row).map(|row| &*row.id).ok_or_else(lost_row),
            Self::Segment(segment) => segment.id(row),
        }
    }

    pub(crate) fn doc_id(&self, row: u32) -> Result<DocId, Error> {
        match self {
            Self::Memtable(memtable) => memtable.row(row).map(|row| row.doc_id).ok_or_else(lost_row),
            Self::Segment(segment) => segment.doc_id(row),
        }
    }

    /// The embedding in 32 bits, of whatever precision it is.
    pub(crate) fn embedding(&self, row: u32) -> Result<Option<Cow<'_, [f32]>>, Error> {
        match self {
            Self::Memtable(memtable) => {
                Ok(memtable.row(row).ok_or_else(lost_row)?.embedding.as_deref().map(Cow::Borrowed))
            }
            Self::Segment(segment) => segment.embedding(row),
        }
    }

    /// Metadata as `metadata_bytes` encodes it.
    pub(crate) fn metadata(&self, row: u32) -> Result<&[u8], Error> {
        match self {
            Self::Memtable(memtable) => memtable.row(row).map(|row| &*row.metadata).ok_or_else(lost_row),
            Self::Segment(segment) => segment.metadata(row),
        }
    }

    pub(crate) fn document<'a>(
        &'a self,
        row: u32,
        cache: &'a mut DocumentCache,
    ) -> Result<Option<&'a str>, Error> {
        match self {
            Self::Memtable(memtable) => Ok(memtable.row(row).ok_or_else(lost_row)?.document.as_deref()),
            Self::Segment(segment) => segment.document(row, cache),
        }
    }

    pub(crate) fn uri(&self, row: u32) -> Result<Option<&str>, Error> {
        match self {
            Self::Memtable(memtable) => Ok(memtable.row(row).ok_or_else(lost_row)?.uri.as_deref()),
            Self::Segment(segment) => segment.uri(row),
        }
    }

    /// The record at `row`, with the fields in `include`.
    pub(crate) fn record(
        &self,
        row: u32,
        include: Include,
        cache: &mut DocumentCache,
    ) -> Result<Record, Error> {
        let mut record = Record { id: self.id(row)?.to_owned(), ..Record::default() };
        if include.embeddings {
            record.embedding = self.embedding(row)?.map(Cow::into_owned);
        }
        if include.documents {
            record.document = self.document(row, cache)?.map(str::to_owned);
        }
        if include.metadatas {
            record.metadata = metadata_bytes::decode(self.metadata(row)?)?;
        }
        if include.uris {
            record.uri = self.uri(row)?.map(str::to_owned);
        }
        Ok(record)
    }
}

/// Row numbers come from the source itself, so a missing one means damage.
fn lost_row() -> Error {
    Error::Corrupt { reason: "a row of the memtable is missing".into() }
}

/// One row as filters see it.
pub(crate) struct RowView<'a> {
    pub(crate) source: &'a Source,
    pub(crate) row: u32,
    pub(crate) cache: &'a mut DocumentCache,
}

impl RecordView for RowView<'_> {
    type Error = Error;

    fn value(&mut self, key: &str) -> Result<Option<Value<'_>>, Error> {
        Ok(metadata_bytes::find(self.source.metadata(self.row)?, key)?)
    }

    fn document(&mut self) -> Result<Option<&str>, Error> {
        self.source.document(self.row, self.cache)
    }
}
