//! Opening a collection: its segments from the manifest, everything later from the log.

use std::sync::Arc;

use huedb_types::{DocId, SeqNo};

use super::CollectionEntry;
use super::manifest::{Manifest, ManifestRow};
use super::state::{CollectionState, apply};
use super::transaction::ResolvedChange;
use crate::catalog::rows;
use crate::error::Error;
use crate::log::{self, Change};
use crate::memtable::Memtable;
use crate::shared::Shared;
use crate::snapshot::{SegmentView, Snapshot};

impl CollectionState {
    pub(super) fn open(shared: &Arc<Shared>, entry: &Arc<CollectionEntry>) -> Result<Self, Error> {
        let row = match shared.kv.get(&rows::manifest_key(entry.id))? {
            Some(row) => ManifestRow::decode(&row)?,
            None => ManifestRow { flushed: SeqNo(0), next_doc_id: Some(DocId(0)), segments: Vec::new() },
        };
        let manifest = Manifest { flushed: row.flushed, is_retired: false };
        let mut next_doc_id = row.next_doc_id;
        let mut snapshot = flushed_state(shared, entry, row)?;
        for entry_of_log in shared.kv.scan(&rows::log_prefix(entry.id))? {
            let (key, value) = entry_of_log?;
            let damaged =
                || Error::Corrupt { reason: format!("a log key of collection {} is wrong", entry.id) };
            let (_, seq) = rows::parse_log_key(&key).ok_or_else(damaged)?;
            if seq > manifest.flushed {
                snapshot = replay(&snapshot, seq, log::decode(&value)?, &mut next_doc_id, shared)?;
            }
        }
        Ok(Self::new(shared, entry, manifest, snapshot, next_doc_id))
    }
}

/// The state that the manifest tells of.
fn flushed_state(shared: &Shared, entry: &CollectionEntry, row: ManifestRow) -> Result<Snapshot, Error> {
    let mut segments = Vec::with_capacity(row.segments.len());
    for segment in row.segments {
        let tombstones = Arc::new(segment.tombstones);
        segments.push(SegmentView { segment: Arc::new(shared.open_segment(&segment.name)?), tombstones });
    }
    Ok(Snapshot {
        seq: row.flushed,
        active: Arc::new(Memtable::new(shared.open_collections.memtables.clone())),
        frozen: Vec::new(),
        live: segments.iter().map(SegmentView::live_rows).sum(),
        segments,
        shape: Arc::clone(&entry.descriptor().shape),
    })
}

/// The state after a log entry.
fn replay(
    before: &Snapshot,
    seq: SeqNo,
    changes: Vec<Change>,
    next_doc_id: &mut Option<DocId>,
    shared: &Shared,
) -> Result<Snapshot, Error> {
    let mut resolved = Vec::with_capacity(changes.len());
    for change in changes {
        let ends = match &change {
            Change::Put { doc_id, record } => {
                *next_doc_id = next_doc_id.and_then(|next| next.max(*doc_id).max(doc_id.next()?).into());
                before.find(&record.id)?
            }
            Change::Delete { id } => before.find(id)?,
        };
        resolved.push(ResolvedChange { change, ends });
    }
    Ok(apply(before, seq, resolved, None, shared.options.memtable_bytes_max))
}
