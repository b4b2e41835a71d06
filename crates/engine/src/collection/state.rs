//! The state of an open collection and its write path.
//!
//! A write is resolved against the newest state under the writer's lock, handed to the committer and
//! applied; the lock is then free for the next write, while both wait for the disk together. What is
//! applied stays invisible until it is durable: the committer publishes snapshots in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use huedb_index::vector::{F16_MAX, f16_to_f32, f32_to_f16};
use huedb_storage::kv::WriteBatch;
use huedb_types::{CollectionId, Distance, DocId, Precision, Record, RecordPatch, SeqNo};
use parking_lot::{Mutex, MutexGuard};
use roaring::RoaringBitmap;
use tokio::sync::Notify;

use super::select::{Selection, select};
use super::ticket::WriteTicket;
use super::transaction::{ResolvedChange, Transaction};
use super::{CollectionEntry, Manifest};
use crate::catalog::rows;
use crate::error::Error;
use crate::log::{self, Change};
use crate::open_collections::relieve_if_full;
use crate::phase::{self, Phase};
use crate::segment::BuildProgress;
use crate::shape::Shape;
use crate::shared::Shared;
use crate::snapshot::{FrozenMemtable, Place, Snapshot};

/// Frozen memtables beyond which acknowledgements wait for a flush.
const FROZEN_SLOW: usize = 2;
/// Frozen memtables beyond which writes are refused.
const FROZEN_MAX: usize = 8;

/// An open collection.
#[derive(Debug)]
pub(crate) struct CollectionState {
    pub(super) shared: Arc<Shared>,
    pub(super) entry: Arc<CollectionEntry>,
    pub(super) id: CollectionId,
    space: Distance,
    precision: Precision,
    writer: Mutex<Writer>,
    pub(super) versions: Mutex<Versions>,
    /// What is on disk; held while a flush or compaction commits.
    pub(super) manifest: Mutex<Manifest>,
    pub(super) flush_scheduled: AtomicBool,
    pub(super) compaction_scheduled: AtomicBool,
    /// Of the graph that a compaction builds.
    pub(super) build_progress: BuildProgress,
    /// Set while flushes fail, so that nobody waits for one.
    pub(super) flush_failing: AtomicBool,
    /// Asks the next write to freeze the memtable that it is applied to.
    freeze_wanted: AtomicBool,
    pub(super) flushed: Notify,
}

#[derive(Debug)]
struct Writer {
    /// `None` when all numbers are given out.
    next_doc_id: Option<DocId>,
    /// The collection was deleted.
    is_retired: bool,
}

/// Snapshots that readers or later writes build on.
#[derive(Debug)]
pub(super) struct Versions {
    /// What readers see: the newest durable state.
    pub(super) published: Arc<Snapshot>,
    /// Applied but not durable yet, in order.
    pub(super) pending: VecDeque<Arc<Snapshot>>,
    durable: SeqNo,
}

impl Versions {
    fn newest(&self) -> &Arc<Snapshot> {
        self.pending.back().unwrap_or(&self.published)
    }

    fn publish(&mut self) {
        while let Some(snapshot) = self.pending.pop_front_if(|snapshot| snapshot.seq <= self.durable) {
            self.published = snapshot;
        }
    }
}

impl CollectionState {
    pub(super) fn new(
        shared: &Arc<Shared>,
        entry: &Arc<CollectionEntry>,
        manifest: Manifest,
        snapshot: Snapshot,
        next_doc_id: Option<DocId>,
    ) -> Self {
        let durable = snapshot.seq;
        let descriptor = entry.descriptor();
        Self {
            shared: Arc::clone(shared),
            entry: Arc::clone(entry),
            id: entry.id,
            space: descriptor.hnsw.space,
            precision: descriptor.precision,
            writer: Mutex::new(Writer { next_doc_id, is_retired: false }),
            versions: Mutex::new(Versions {
                published: Arc::new(snapshot),
                pending: VecDeque::new(),
                durable,
            }),
            manifest: Mutex::new(manifest),
            flush_scheduled: AtomicBool::new(false),
            compaction_scheduled: AtomicBool::new(false),
            build_progress: BuildProgress::default(),
            flush_failing: AtomicBool::new(false),
            freeze_wanted: AtomicBool::new(false),
            flushed: Notify::new(),
        }
    }

    pub(super) fn space(&self) -> Distance {
        self.space
    }

    /// What readers see now.
    pub(crate) fn published(&self) -> Arc<Snapshot> {
        Arc::clone(&self.versions.lock().published)
    }

    pub(super) fn add(self: &Arc<Self>, records: Vec<Record>) -> Result<WriteTicket, Error> {
        self.write(records, |record| record.embedding.as_mut(), |transaction, item| transaction.add(item))
    }

    pub(super) fn upsert(self: &Arc<Self>, patches: Vec<RecordPatch>) -> Result<WriteTicket, Error> {
        self.write(patches, |patch| patch.embedding.as_mut(), |transaction, item| transaction.upsert(item))
    }

    pub(super) fn update(self: &Arc<Self>, patches: Vec<RecordPatch>) -> Result<WriteTicket, Error> {
        self.write(patches, |patch| patch.embedding.as_mut(), |transaction, item| transaction.update(item))
    }

    pub(super) fn delete(self: &Arc<Self>, selection: &Selection) -> Result<WriteTicket, Error> {
        let mut writer = self.lock_writer()?;
        let newest = Arc::clone(self.versions.lock().newest());
        let mut transaction = Transaction::new(&newest, writer.next_doc_id);
        let resolving = phase::begin(Phase::Resolve);
        for location in select(&newest, selection)? {
            transaction.delete(location)?;
        }
        resolving.end(newest.live, transaction.changes().len() as u64);
        self.commit(&mut writer, &newest, transaction)
    }

    fn lock_writer(&self) -> Result<MutexGuard<'_, Writer>, Error> {
        let writer = self.writer.lock();
        if writer.is_retired {
            return Err(Error::CollectionNotFound { collection: self.id.to_string() });
        }
        if self.versions.lock().newest().frozen.len() >= FROZEN_MAX {
            let reason = "writes are faster than the disk: too many memtables wait to be flushed".to_owned();
            return Err(Error::Busy { reason });
        }
        Ok(writer)
    }

    fn write<T>(
        self: &Arc<Self>,
        mut items: Vec<T>,
        embedding_of: impl Fn(&mut T) -> Option<&mut Vec<f32>>,
        take: impl Fn(&mut Transaction<'_>, T) -> Result<(), Error>,
    ) -> Result<WriteTicket, Error> {
        if self.precision == Precision::F16 {
            items.iter_mut().filter_map(&embedding_of).try_for_each(|embedding| round_to_f16(embedding))?;
        }
        let mut writer = self.lock_writer()?;
        let newest = Arc::clone(self.versions.lock().newest());
        let embeddings = items.iter_mut().filter_map(embedding_of).map(|embedding| embedding.as_slice());
        check_dimensions(newest.shape.dimension, embeddings)?;
        let mut transaction = Transaction::new(&newest, writer.next_doc_id);
        let (resolving, given) = (phase::begin(Phase::Resolve), items.len() as u64);
        items.into_iter().try_for_each(|item| take(&mut transaction, item))?;
        resolving.end(given, transaction.changes().len() as u64);
        self.commit(&mut writer, &newest, transaction)
    }

    /// Hands the transaction to the committer and applies it; `newest` is the state it was made for.
    fn commit(
        self: &Arc<Self>,
        writer: &mut Writer,
        newest: &Snapshot,
        transaction: Transaction<'_>,
    ) -> Result<WriteTicket, Error> {
        if transaction.changes().is_empty() {
            return self.acknowledge_nothing();
        }
        let appending = phase::begin(Phase::Append);
        let seq = newest.seq.next();
        let mut batch = WriteBatch::new();
        batch.put(rows::log_key(self.id, seq), log::encode(transaction.changes()));
        let learnt = newest.shape.learn(transaction.changes().iter());
        if let Some(shape) = &learnt {
            batch.put(rows::shape_key(self.id), shape.encode());
        }
        let state = Arc::clone(self);
        let commit = self.shared.committer.submit_then(batch, move || state.publish(seq))?;
        let (changes, next_doc_id) = transaction.finish();
        let records = changes.len() as u64;
        appending.end(records, records);
        let applying = phase::begin(Phase::Apply);
        writer.next_doc_id = next_doc_id;
        let is_freezing = self.freeze_wanted.swap(false, Ordering::Relaxed);
        let memtable_bytes_max = if is_freezing { 1 } else { self.shared.options.memtable_bytes_max };
        let next = apply(newest, seq, changes, learnt, memtable_bytes_max);
        let mut versions = self.versions.lock();
        versions.pending.push_back(Arc::new(next));
        // The committer may have been faster than this thread.
        versions.publish();
        self.show_shape(versions);
        applying.end(records, records);
        self.schedule_flush();
        relieve_if_full(&self.shared);
        Ok(WriteTicket::new(Arc::clone(self), commit, records))
    }

    /// A write that changed nothing still waits for what made it unnecessary to become durable.
    fn acknowledge_nothing(self: &Arc<Self>) -> Result<WriteTicket, Error> {
        if self.versions.lock().pending.is_empty() {
            return Ok(WriteTicket::nothing());
        }
        let commit = self.shared.committer.submit(WriteBatch::new())?;
        Ok(WriteTicket::new(Arc::clone(self), commit, 0))
    }

    /// Called by the committer once the write `seq` is durable.
    fn publish(self: &Arc<Self>, seq: SeqNo) {
        let mut versions = self.versions.lock();
        versions.durable = seq;
        versions.publish();
        self.show_shape(versions);
        self.schedule_flush();
    }

    /// Brings the collection's description up to what has been published, by whichever thread.
    fn show_shape(&self, versions: MutexGuard<'_, Versions>) {
        // Under the lock, so that an older shape never replaces a newer one.
        self.entry.set_shape(Arc::clone(&versions.published.shape));
        drop(versions);
    }

    /// Refuses all later writes, flushes and compactions; called when the collection is deleted.
    pub(crate) fn retire(&self) {
        self.writer.lock().is_retired = true;
        self.manifest.lock().is_retired = true;
    }

    /// Freezes the active memtable, if it holds at least `bytes_min`, so that the next flush takes it.
    ///
    /// While writes are under way the next write does it instead.
    pub(crate) fn freeze(&self, bytes_min: usize) {
        let _writer = self.writer.lock();
        let mut versions = self.versions.lock();
        if versions.newest().active.bytes() < bytes_min {
            return;
        }
        if versions.pending.is_empty() {
            let mut snapshot = (*versions.published).clone();
            freeze_active(&mut snapshot);
            versions.published = Arc::new(snapshot);
        } else {
            self.freeze_wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Bytes of the memtables of the newest state.
    pub(crate) fn unflushed_bytes(&self) -> usize {
        self.versions.lock().newest().memtables().map(|memtable| memtable.bytes()).sum()
    }

    /// Replaces the structure of every snapshot that readers or writes build on.
    pub(super) fn swap_versions(&self, swap: impl Fn(&Snapshot) -> Snapshot) {
        // A write between its start and its end has taken the old structure.
        let _writer = self.writer.lock();
        let mut versions = self.versions.lock();
        versions.published = Arc::new(swap(&versions.published));
        for pending in &mut versions.pending {
            *pending = Arc::new(swap(pending));
        }
    }

    /// Next number to give out, at least as high as any published snapshot needs.
    pub(super) fn next_doc_id(&self) -> Option<DocId> {
        self.writer.lock().next_doc_id
    }

    /// Waits until few enough memtables wait to be flushed.
    pub(super) async fn flushed_enough(&self) {
        loop {
            let flushed = self.flushed.notified();
            let is_failing = self.flush_failing.load(Ordering::Relaxed);
            if is_failing {
                return;
            }
            if self.versions.lock().newest().frozen.len() <= FROZEN_SLOW {
                break;
            }
            flushed.await;
        }
        self.shared.open_collections.relieved(&self.shared).await;
    }
}

/// Refuses `embeddings` of another dimension than that of the collection or of each other.
fn check_dimensions<'e>(
    collection: Option<u32>,
    embeddings: impl Iterator<Item = &'e [f32]>,
) -> Result<(), Error> {
    let mut expected = collection;
    for embedding in embeddings {
        let actual = embedding.len();
        match expected {
            None if actual == 0 => return Err(Error::DimensionMismatch { expected: 1, actual }),
            Some(expected) if expected as usize != actual => {
                return Err(Error::DimensionMismatch { expected: expected as usize, actual });
            }
            _ => expected = Some(actual as u32),
        }
    }
    Ok(())
}

/// Rounds numbers to 16 bits. Done before anything is written, so that the log, memtables and segments hold the
/// same, and a flush changes no distance.
fn round_to_f16(embedding: &mut [f32]) -> Result<(), Error> {
    for value in embedding {
        if value.is_finite() && value.abs() > F16_MAX {
            return Err(Error::OutOfRange { value: value.to_string() });
        }
        *value = f16_to_f32(f32_to_f16(*value));
    }
    Ok(())
}

/// The state after `changes`, which are written as `seq`; `learnt` is the shape if they changed it.
pub(super) fn apply(
    before: &Snapshot,
    seq: SeqNo,
    changes: Vec<ResolvedChange>,
    learnt: Option<Arc<Shape>>,
    memtable_bytes_max: usize,
) -> Snapshot {
    let shape = learnt.unwrap_or_else(|| Arc::clone(&before.shape));
    let mut after = Snapshot { seq, shape, ..before.clone() };
    let mut tombstones: BTreeMap<usize, RoaringBitmap> = BTreeMap::new();
    for ResolvedChange { change, ends } in changes {
        if let Some(location) = ends {
            match location.place {
                Place::Memtable(memtable) => memtable.end(location.row, seq),
                Place::Segment(index) => {
                    let bitmap = tombstones.entry(index);
                    let bitmap = bitmap.or_insert_with(|| (*before.segments[index].tombstones).clone());
                    bitmap.insert(location.row);
                }
            }
            after.live -= 1;
        }
        if let Change::Put { doc_id, record } = change {
            after.active.push(doc_id, record, seq);
            after.live += 1;
        }
    }
    for (index, bitmap) in tombstones {
        after.segments[index].tombstones = Arc::new(bitmap);
    }
    if after.active.bytes() >= memtable_bytes_max {
        freeze_active(&mut after);
    }
    after
}

fn freeze_active(snapshot: &mut Snapshot) {
    let next = Arc::new(snapshot.active.successor());
    let full = std::mem::replace(&mut snapshot.active, next);
    snapshot.frozen.push(FrozenMemtable { memtable: full, last_seq: snapshot.seq });
}
