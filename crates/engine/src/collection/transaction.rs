//! Working out what a request changes, before anything is changed.

use std::collections::HashMap;

use huedb_types::{DocId, Record, RecordPatch};

use crate::error::Error;
use crate::log::Change;
use crate::segment::DocumentCache;
use crate::snapshot::{Location, Snapshot};
use crate::source::Include;

/// A change and the row that it supersedes.
#[derive(Debug)]
pub(super) struct ResolvedChange {
    pub(super) change: Change,
    pub(super) ends: Option<Location>,
}

/// The changes of one request against the newest state.
///
/// Nothing in here can fail later: once a transaction is made, it is written and applied as it is.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    snapshot: &'a Snapshot,
    next_doc_id: Option<DocId>,
    changes: Vec<Change>,
    ends: Vec<Option<Location>>,
    /// Records put by this transaction, by id.
    put: HashMap<String, usize>,
    cache: DocumentCache,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, next_doc_id: Option<DocId>) -> Self {
        let (changes, ends, put) = (Vec::new(), Vec::new(), HashMap::new());
        Self { snapshot, next_doc_id, changes, ends, put, cache: DocumentCache::default() }
    }

    pub(super) fn add(&mut self, record: Record) -> Result<(), Error> {
        if self.put.contains_key(&record.id) || self.snapshot.find(&record.id)?.is_some() {
            return Ok(());
        }
        self.insert(record)
    }

    pub(super) fn upsert(&mut self, patch: RecordPatch) -> Result<(), Error> {
        match self.patch(patch)? {
            Some(patch) => self.insert(patch.apply(None)),
            None => Ok(()),
        }
    }

    pub(super) fn update(&mut self, patch: RecordPatch) -> Result<(), Error> {
        self.patch(patch).map(drop)
    }

    /// Changes the record that `patch` names; gives the patch back if there is none.
    fn patch(&mut self, patch: RecordPatch) -> Result<Option<RecordPatch>, Error> {
        if let Some(index) = self.put.get(&patch.id) {
            if let Change::Put { record, .. } = &mut self.changes[*index] {
                *record = patch.apply(Some(std::mem::take(record)));
            }
            return Ok(None);
        }
        let Some(location) = self.snapshot.find(&patch.id)? else { return Ok(Some(patch)) };
        let doc_id = location.source.doc_id(location.row)?;
        let stored = location.source.record(location.row, Include::ALL, &mut self.cache)?;
        self.push(Change::Put { doc_id, record: patch.apply(Some(stored)) }, Some(location));
        Ok(None)
    }

    fn insert(&mut self, record: Record) -> Result<(), Error> {
        let full = || Error::Full { reason: "the collection has given out all 2^32 record numbers".into() };
        let doc_id = self.next_doc_id.ok_or_else(full)?;
        self.next_doc_id = doc_id.next();
        self.push(Change::Put { doc_id, record }, None);
        Ok(())
    }

    /// Deletes the record at `location`, which comes from this transaction's snapshot.
    pub(super) fn delete(&mut self, location: Location) -> Result<(), Error> {
        let id = location.source.id(location.row)?.to_owned();
        self.push(Change::Delete { id }, Some(location));
        Ok(())
    }

    fn push(&mut self, change: Change, ends: Option<Location>) {
        if let Change::Put { record, .. } = &change {
            self.put.insert(record.id.clone(), self.changes.len());
        }
        self.changes.push(change);
        self.ends.push(ends);
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The changes, and the next number to give out.
    pub(super) fn finish(self) -> (Vec<ResolvedChange>, Option<DocId>) {
        let changes = self.changes.into_iter().zip(self.ends);
        (changes.map(|(change, ends)| ResolvedChange { change, ends }).collect(), self.next_doc_id)
    }
}
