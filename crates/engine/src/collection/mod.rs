//! One collection: its place in the catalog, its state in memory, and what can be done with it.

mod compact;
mod explain;
mod flush;
mod manifest;
mod open;
mod read;
mod select;
mod state;
mod ticket;
mod transaction;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use huedb_types::{CollectionId, Record, RecordPatch};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::catalog::CollectionDescriptor;
use crate::error::Error;
use crate::open_collections::relieve_if_full;
use crate::phase::{self, Phase};
use crate::shape::Shape;
use crate::shared::Shared;

pub use explain::{Explanation, SourceKind, SourceSearch};
use manifest::Manifest;
pub(crate) use manifest::ManifestRow;
pub use read::{GetRequest, Hit, QueryRequest};
pub use select::Selection;
pub(crate) use state::CollectionState;
pub use ticket::WriteTicket;

/// A collection's place in the catalog.
#[derive(Debug)]
pub(crate) struct CollectionEntry {
    pub(crate) id: CollectionId,
    /// The id of the database it is in.
    pub(crate) database: Uuid,
    descriptor: RwLock<Arc<CollectionDescriptor>>,
    room: Mutex<Room>,
    /// See [`OpenCollections::next_use`](crate::open_collections::OpenCollections::next_use).
    last_use: AtomicU64,
}

/// The place of a collection's state.
#[derive(Debug, Default)]
struct Room {
    /// Opened when it is used: ten thousand idle collections cost nothing but their names.
    state: Option<Arc<CollectionState>>,
    /// Set when the collection is deleted, so that no handle opens it again.
    is_retired: bool,
}

impl CollectionEntry {
    pub(crate) fn new(database: Uuid, descriptor: CollectionDescriptor) -> Self {
        let id = descriptor.id;
        let descriptor = RwLock::new(Arc::new(descriptor));
        Self { id, database, descriptor, room: Mutex::default(), last_use: AtomicU64::new(0) }
    }

    pub(crate) fn descriptor(&self) -> Arc<CollectionDescriptor> {
        Arc::clone(&self.descriptor.read())
    }

    pub(crate) fn set_descriptor(&self, descriptor: CollectionDescriptor) {
        let mut current = self.descriptor.write();
        // Writes may have taught a newer shape than the one that the change started from.
        *current = Arc::new(CollectionDescriptor { shape: Arc::clone(&current.shape), ..descriptor });
    }

    pub(crate) fn set_shape(&self, shape: Arc<Shape>) {
        if Arc::ptr_eq(&self.descriptor.read().shape, &shape) {
            return;
        }
        let mut descriptor = self.descriptor.write();
        *descriptor = Arc::new(CollectionDescriptor { shape, ..(**descriptor).clone() });
    }

    /// The state, if the collection is open.
    pub(crate) fn opened(&self) -> Option<Arc<CollectionState>> {
        self.room.lock().state.clone()
    }

    /// Higher than that of every collection whose last use was earlier.
    pub(crate) fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }

    /// Closes the collection if nobody uses it, and returns its state to be dropped.
    pub(crate) fn close_if_idle(&self) -> Option<Arc<CollectionState>> {
        // Somebody who holds the lock is opening it or looks at it.
        let mut room = self.room.try_lock()?;
        // Nobody else has a reference of any kind, and none can be had without the lock. Two states of
        // one collection would be two writers of one log.
        Arc::get_mut(room.state.as_mut()?)?;
        room.state.take()
    }

    /// Refuses all later writes, and that the collection is opened again.
    pub(crate) fn retire(&self) {
        let mut room = self.room.lock();
        room.is_retired = true;
        if let Some(state) = &room.state {
            state.retire();
        }
    }

    /// Frees the state of a deleted collection, once readers are done with it.
    pub(crate) fn forget(&self) {
        self.room.lock().state = None;
    }

    fn open(self: &Arc<Self>, shared: &Arc<Shared>) -> Result<Arc<CollectionState>, Error> {
        self.last_use.store(shared.open_collections.next_use(), Ordering::Relaxed);
        let mut room = self.room.lock();
        if let Some(state) = &room.state {
            return Ok(Arc::clone(state));
        }
        if room.is_retired {
            return Err(Error::CollectionNotFound { collection: self.id.to_string() });
        }
        shared.open_collections.missed();
        let opening = phase::begin(Phase::Open);
        let opened = Arc::new(CollectionState::open(shared, self)?);
        let records = opened.published().live;
        opening.end(records, records);
        room.state = Some(Arc::clone(&opened));
        drop(room);
        shared.open_collections.opened(self, shared.options.open_collections_max);
        // What the log brought back may fill memtables that wait for a flush.
        opened.schedule_flush();
        // A segment may have lost its graph to damage, or never got one.
        opened.schedule_compaction();
        relieve_if_full(shared);
        Ok(opened)
    }
}

/// A handle to a collection; cheap to clone.
///
/// Reads see every write that was acknowledged before them. All calls compute and may read from disk:
/// run them on a thread that may block.
#[derive(Debug, Clone)]
pub struct Collection {
    shared: Arc<Shared>,
    entry: Arc<CollectionEntry>,
}

/// What a collection holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Records that are visible.
    pub records: u64,
    /// Bytes of its segments, superseded rows that compaction has not removed yet included, and of the
    /// rows that wait for a flush.
    pub bytes: u64,
}

impl Collection {
    pub(crate) fn new(shared: Arc<Shared>, entry: Arc<CollectionEntry>) -> Self {
        Self { shared, entry }
    }

    pub(crate) fn entry(&self) -> &Arc<CollectionEntry> {
        &self.entry
    }

    /// Name and settings as they are now.
    pub fn descriptor(&self) -> Arc<CollectionDescriptor> {
        self.entry.descriptor()
    }

    fn state(&self) -> Result<Arc<CollectionState>, Error> {
        self.entry.open(&self.shared)
    }

    /// Adds `records`. Existing ids are left as they are; the first of equal ids in the call wins. Embeddings are
    /// rounded to the collection's precision, here as in all other writes.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`], [`Error::OutOfRange`], [`Error::CollectionNotFound`] if it was deleted meanwhile,
    /// [`Error::Busy`], [`Error::ReadOnly`]; nothing is changed then.
    pub fn add(&self, records: Vec<Record>) -> Result<WriteTicket, Error> {
        self.state()?.add(records)
    }

    /// Inserts or changes records, in order: a later patch of an id sees the earlier one.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn upsert(&self, patches: Vec<RecordPatch>) -> Result<WriteTicket, Error> {
        self.state()?.upsert(patches)
    }

    /// Changes records, in order; ids that are not there are ignored.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn update(&self, patches: Vec<RecordPatch>) -> Result<WriteTicket, Error> {
        self.state()?.update(patches)
    }

    /// Deletes the records that `selection` names; the ticket tells how many.
    ///
    /// # Errors
    /// As [`Self::add`], and [`Error::InvalidFilter`].
    pub fn delete(&self, selection: &Selection) -> Result<WriteTicket, Error> {
        self.state()?.delete(selection)
    }

    /// Number of records.
    ///
    /// # Errors
    /// [`Error::Corrupt`] or [`Error::Storage`] if the collection cannot be opened.
    pub fn count(&self) -> Result<u64, Error> {
        Ok(self.state()?.published().live)
    }

    /// What the collection holds, without looking at a record.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub fn held(&self) -> Result<Held, Error> {
        let snapshot = self.state()?.published();
        let memtables = snapshot.frozen.iter().map(|frozen| &frozen.memtable).chain([&snapshot.active]);
        let in_memory: usize = memtables.map(|memtable| memtable.bytes()).sum();
        let in_files: u64 = snapshot.segments.iter().map(|view| view.segment.file_bytes()).sum();
        Ok(Held { records: snapshot.live, bytes: in_files + in_memory as u64 })
    }

    /// The records that `request` names, in the order of their first insertion.
    ///
    /// # Errors
    /// [`Error::InvalidFilter`], [`Error::Corrupt`].
    pub fn get(&self, request: &GetRequest) -> Result<Vec<Record>, Error> {
        let records = read::get(&self.state()?.published(), request)?;
        self.count_read(records.len());
        Ok(records)
    }

    /// The `k` nearest records to each embedding, nearest first; all that match if they are fewer.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`], [`Error::InvalidFilter`], [`Error::RecordNotFound`], [`Error::Corrupt`].
    pub fn query(&self, request: &QueryRequest) -> Result<Vec<Vec<Hit>>, Error> {
        let state = self.state()?;
        let candidates = self.descriptor().hnsw.ef_search;
        let hits = read::query(&state.published(), (state.space(), candidates), request, None)?;
        self.count_read(hits.iter().map(Vec::len).sum());
        Ok(hits)
    }

    /// What [`Self::query`] does for `request`: its answers, and for each embedding how every source was
    /// searched.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn explain(&self, request: &QueryRequest) -> Result<(Vec<Vec<Hit>>, Explanation), Error> {
        let state = self.state()?;
        let candidates = self.descriptor().hnsw.ef_search;
        let mut explanation = Explanation::default();
        let space = (state.space(), candidates);
        let hits = read::query(&state.published(), space, request, Some(&mut explanation))?;
        self.count_read(hits.iter().map(Vec::len).sum());
        Ok((hits, explanation))
    }

    fn count_read(&self, records: usize) {
        self.shared.records_read.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// How many of the records are where queries find them fastest.
    ///
    /// Records are found as soon as their write is acknowledged, whatever this says: until they are in a graph
    /// they are compared one by one.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub fn indexing(&self) -> Result<IndexingStatus, Error> {
        let state = self.state()?;
        let snapshot = state.published();
        let waiting = state.waiting_for_graph(&snapshot).min(snapshot.live);
        Ok(IndexingStatus { records: snapshot.live, indexed: snapshot.live - waiting })
    }
}

/// How far the background work of a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexingStatus {
    /// All records.
    pub records: u64,
    /// Those that do not wait for their place in a graph.
    pub indexed: u64,
}
