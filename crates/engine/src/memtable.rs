//! The mutable part of a collection: rows in the order of their writes, newest versions included.
//!
//! One writer appends; any number of readers look at the same time without a lock. A row is never
//! changed but for the moment it was superseded or deleted, so a reader that knows its snapshot's
//! sequence number sees exactly the rows of that moment, for as long as it likes.

mod append_vec;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use huedb_index::vector::inverse_norm;
use huedb_types::{DocId, Record, SeqNo};
use parking_lot::RwLock;

use crate::metadata_bytes;
use crate::open_collections::MemtableBytes;
use append_vec::AppendVec;

/// A row not superseded yet.
const LIVE: u64 = u64::MAX;

/// One version of a record.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) doc_id: DocId,
    pub(crate) id: Arc<str>,
    pub(crate) embedding: Option<Box<[f32]>>,
    /// One over the embedding's length, as cosine distance needs it.
    pub(crate) inverse_norm: f32,
    pub(crate) document: Option<Box<str>>,
    pub(crate) uri: Option<Box<str>>,
    /// Metadata as [`metadata_bytes`] encodes it.
    pub(crate) metadata: Box<[u8]>,
    written: SeqNo,
    /// Sequence number of the write that superseded or deleted this version.
    ended: AtomicU64,
    /// The version of the same id before this one, if it is in the same memtable.
    previous: Option<u32>,
}

impl Row {
    /// Whether this version is the record's state at `seq`.
    pub(crate) fn is_visible(&self, seq: SeqNo) -> bool {
        self.written <= seq && self.ended.load(Ordering::Acquire) > seq.0
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.id.len() * 2
            + self.embedding.as_ref().map_or(0, |embedding| size_of_val(&**embedding))
            + self.document.as_ref().map_or(0, |document| document.len())
            + self.uri.as_ref().map_or(0, |uri| uri.len())
            + self.metadata.len()
    }
}

/// Rows in memory, backed by the log.
#[derive(Debug, Default)]
pub(crate) struct Memtable {
    rows: AppendVec<Row>,
    /// The newest version of each id. Readers hold the lock for one look-up, never across a query.
    newest: RwLock<HashMap<Arc<str>, u32>>,
    bytes: AtomicUsize,
    /// What all memtables take, this one included.
    total: MemtableBytes,
}

impl Memtable {
    /// An empty memtable whose rows count towards `total`.
    pub(crate) fn new(total: MemtableBytes) -> Self {
        Self { rows: AppendVec::default(), newest: RwLock::default(), bytes: AtomicUsize::new(0), total }
    }

    /// An empty memtable to follow this one.
    pub(crate) fn successor(&self) -> Self {
        Self::new(self.total.clone())
    }

    /// Appends a version of a record; only the collection's writer may call it.
    ///
    /// Readers at earlier sequence numbers do not see it.
    pub(crate) fn push(&self, doc_id: DocId, record: Record, written: SeqNo) {
        let id: Arc<str> = record.id.into();
        let index = self.rows.len() as u32;
        let mut newest = self.newest.write();
        let row = Row {
            doc_id,
            previous: newest.get(&id).copied(),
            id: Arc::clone(&id),
            inverse_norm: record.embedding.as_deref().map_or(0.0, inverse_norm),
            embedding: record.embedding.map(Vec::into_boxed_slice),
            document: record.document.map(String::into_boxed_str),
            uri: record.uri.map(String::into_boxed_str),
            metadata: metadata_bytes::encode(&record.metadata).into_boxed_slice(),
            written,
            ended: AtomicU64::new(LIVE),
        };
        let bytes = row.bytes();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.total.add(bytes);
        self.rows.push(row);
        newest.insert(id, index);
    }

    /// Ends the version at `index` with the write `seq`; only the collection's writer may call it.
    pub(crate) fn end(&self, index: u32, seq: SeqNo) {
        if let Some(row) = self.rows.get(index as usize) {
            row.ended.store(seq.0, Ordering::Release);
        }
    }

    /// The version of `id` visible at `seq`.
    pub(crate) fn find(&self, id: &str, seq: SeqNo) -> Option<u32> {
        let mut candidate = self.newest.read().get(id).copied();
        while let Some(index) = candidate {
            let row = self.row(index)?;
            if row.is_visible(seq) {
                return Some(index);
            }
            candidate = row.previous;
        }
        None
    }

    /// The row at `index`.
    pub(crate) fn row(&self, index: u32) -> Option<&Row> {
        self.rows.get(index as usize)
    }

    /// The rows visible at `seq`, with their indexes, in the order of their writes.
    pub(crate) fn visible(&self, seq: SeqNo) -> impl Iterator<Item = (u32, &Row)> {
        let rows = (0..self.rows.len() as u32).filter_map(|index| Some((index, self.row(index)?)));
        rows.filter(move |(_, row)| row.is_visible(seq))
    }

    /// Rows, superseded ones included.
    pub(crate) fn rows(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Bytes that the rows take, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Memtable {
    fn drop(&mut self) {
        self.total.subtract(self.bytes());
    }
}

#[cfg(test)]
mod tests;
