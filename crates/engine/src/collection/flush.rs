//! Frozen memtables become a segment.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use huedb_types::SeqNo;
use roaring::RoaringBitmap;

use super::manifest::ManifestRow;
use super::state::CollectionState;
use crate::catalog::rows;
use crate::error::Error;
use crate::memtable::Memtable;
use crate::segment::{GraphJob, PlacedRow, RecordSegment, build_segment};
use crate::snapshot::{FrozenMemtable, SegmentView, Snapshot};
use crate::source::Source;

/// A row of a memtable and where it went.
struct MovedRow {
    memtable: usize,
    from: u32,
}

/// A segment that holds the visible rows of some memtables.
struct Flushed {
    memtables: Vec<Arc<Memtable>>,
    last_seq: SeqNo,
    /// By row of the segment.
    rows: Vec<MovedRow>,
    /// `None` if no row was visible any more.
    segment: Option<Arc<RecordSegment>>,
}

impl CollectionState {
    /// Asks for a flush if there is something to flush.
    pub(crate) fn schedule_flush(self: &Arc<Self>) {
        if !self.versions.lock().published.frozen.is_empty()
            && !self.flush_scheduled.swap(true, Ordering::AcqRel)
        {
            self.shared.maintenance.flush(self);
        }
    }

    /// Writes every frozen memtable of the published state into one segment and commits it.
    pub(crate) fn flush(self: &Arc<Self>) -> Result<(), Error> {
        self.flush_scheduled.store(false, Ordering::Release);
        let result = self.flush_published();
        if let Err(error) = &result {
            tracing::error!(collection = %self.id, %error, "flush failed; the log keeps the records");
        }
        self.flush_failing.store(result.is_err(), Ordering::Relaxed);
        self.flushed.notify_waiters();
        result
    }

    fn flush_published(self: &Arc<Self>) -> Result<(), Error> {
        let snapshot = self.published();
        let Some(last) = snapshot.frozen.last() else { return Ok(()) };
        let flushed = self.write_segment(&snapshot, last.last_seq)?;
        let committed = self.commit_manifest(&snapshot.frozen, |version| flushed.swap_into(version));
        if let (false, Some(segment)) = (matches!(committed, Ok(true)), &flushed.segment) {
            self.shared.delete_segment(segment.name());
        }
        if committed? {
            self.schedule_compaction();
        }
        Ok(())
    }

    fn write_segment(&self, snapshot: &Snapshot, last_seq: SeqNo) -> Result<Flushed, Error> {
        let memtables: Vec<_> = snapshot.frozen.iter().map(|frozen| Arc::clone(&frozen.memtable)).collect();
        let sources: Vec<_> = memtables.iter().cloned().map(Source::Memtable).collect();
        let mut rows = Vec::new();
        for (number, memtable) in memtables.iter().enumerate() {
            let visible = memtable.visible(snapshot.seq);
            rows.extend(visible.map(|(from, row)| (row.doc_id, MovedRow { memtable: number, from })));
        }
        rows.sort_unstable_by_key(|(doc_id, _)| *doc_id);
        let placed: Vec<_> = rows
            .iter()
            .map(|(doc_id, row)| PlacedRow { doc_id: *doc_id, source: &sources[row.memtable], row: row.from })
            .collect();
        let segment = self.build(&placed, snapshot.shape.dimension, None)?;
        Ok(Flushed { memtables, last_seq, rows: rows.into_iter().map(|(_, row)| row).collect(), segment })
    }

    /// Writes `rows` into a new segment, with a graph if there is a job for it, and opens it; no segment for no
    /// rows.
    pub(super) fn build(
        &self,
        rows: &[PlacedRow<'_>],
        dimension: Option<u32>,
        job: Option<&GraphJob<'_>>,
    ) -> Result<Option<Arc<RecordSegment>>, Error> {
        if rows.is_empty() {
            return Ok(None);
        }
        let name = self.shared.new_segment_name(self.id);
        let embeddings = (dimension.unwrap_or(0), self.space());
        build_segment(self.shared.blobs.put(&name)?, rows, embeddings, job)?;
        Ok(Some(Arc::new(self.shared.open_segment(name.as_str())?)))
    }

    /// Commits the manifest of the published state after `swap`, drops the log entries that `flushed`
    /// makes unnecessary, and swaps the structure of every version that is in use.
    ///
    /// Returns whether it was committed; a deleted collection commits nothing.
    pub(super) fn commit_manifest(
        &self,
        flushed: &[FrozenMemtable],
        swap: impl Fn(&Snapshot) -> Snapshot,
    ) -> Result<bool, Error> {
        let mut manifest = self.manifest.lock();
        if manifest.is_retired {
            return Ok(false);
        }
        let through = flushed.last().map_or(manifest.flushed, |frozen| frozen.last_seq);
        // The numbers are read first: a number given out later belongs to a record that is in the log.
        let next_doc_id = self.next_doc_id();
        let row = ManifestRow::new(through, next_doc_id, &swap(&self.published()));
        let mut batch = huedb_storage::kv::WriteBatch::new();
        batch.put(rows::manifest_key(self.id), row.encode());
        for seq in manifest.flushed.0 + 1..=through.0 {
            batch.delete(rows::log_key(self.id, SeqNo(seq)));
        }
        self.shared.committer.submit(batch)?.wait()?;
        manifest.flushed = through;
        self.swap_versions(swap);
        Ok(true)
    }
}

impl Flushed {
    /// `version` with the segment in place of the memtables.
    fn swap_into(&self, version: &Snapshot) -> Snapshot {
        let mut after = version.clone();
        after.frozen.retain(|frozen| frozen.last_seq > self.last_seq);
        if let Some(segment) = &self.segment {
            let is_ended = |row: &MovedRow| {
                let row = self.memtables[row.memtable].row(row.from);
                !row.is_some_and(|row| row.is_visible(version.seq))
            };
            let ended = (0_u32..).zip(&self.rows).filter(|(_, row)| is_ended(row)).map(|(number, _)| number);
            let tombstones: RoaringBitmap = ended.collect();
            after
                .segments
                .push(SegmentView { segment: Arc::clone(segment), tombstones: Arc::new(tombstones) });
        }
        after
    }
}
