//! Which collections are open, and what their memtables take: each has a bound over all collections.
//!
//! A collection is opened when it is used. When too many are open, those that were not used for
//! longest are closed again; nothing is lost by that, since the log has what memtables hold. When
//! memtables take too much together, the largest are flushed until a quarter of the bound is free.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use huedb_types::CollectionId;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::collection::{CollectionEntry, CollectionState};
use crate::options::EngineOptions;
use crate::shared::Shared;
use crate::stats::Lookups;

/// Bytes of all memtables of an engine, those included that only readers still hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemtableBytes(Arc<AtomicUsize>);

impl MemtableBytes {
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What an engine holds in memory now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Collections whose state is in memory.
    pub open_collections: usize,
    /// Bytes of records that are not in segments yet, about.
    pub memtable_bytes: usize,
}

/// The open collections of an engine.
#[derive(Debug, Default)]
pub(crate) struct OpenCollections {
    /// Weak, so that deleting a collection frees it.
    entries: Mutex<HashMap<CollectionId, Weak<CollectionEntry>>>,
    /// Counts uses, to tell which collection was used last.
    uses: AtomicU64,
    /// Uses that had to open the collection.
    misses: AtomicU64,
    pub(crate) memtables: MemtableBytes,
    relief_scheduled: AtomicBool,
    relieved: Notify,
}

impl OpenCollections {
    /// A number higher than all before.
    pub(crate) fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that a use found its collection not open.
    pub(crate) fn missed(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a collection was found open, and how often it was not.
    pub(crate) fn lookups(&self) -> Lookups {
        let misses = self.misses.load(Ordering::Relaxed);
        Lookups { hits: self.uses.load(Ordering::Relaxed).saturating_sub(misses), misses }
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage { open_collections: self.entries.lock().len(), memtable_bytes: self.memtables.get() }
    }

    /// Notes that `entry` has been opened, and closes others if there are more than `open_max` now.
    pub(crate) fn opened(&self, entry: &Arc<CollectionEntry>, open_max: usize) {
        let mut entries = self.entries.lock();
        entries.insert(entry.id, Arc::downgrade(entry));
        if entries.len() <= open_max {
            return;
        }
        // Closing an eighth at once makes the search for the oldest cheap on the average.
        let mut to_close = entries.len() - open_max + open_max / 8;
        entries.retain(|_, entry| entry.strong_count() > 0);
        let mut by_use: Vec<_> = entries.values().filter_map(Weak::upgrade).collect();
        by_use.sort_unstable_by_key(|entry| entry.last_use());
        let mut closed = Vec::new();
        for candidate in by_use.iter().filter(|candidate| candidate.id != entry.id) {
            if to_close == 0 {
                break;
            }
            if let Some(state) = candidate.close_if_idle() {
                // Under the lock: whoever opens it again waits here to say so.
                entries.remove(&candidate.id);
                closed.push(state);
                to_close -= 1;
            }
        }
        drop(entries);
        // Freeing memtables and unmapping segments need not hold up others.
        drop(closed);
    }

    /// Notes that the collection is gone.
    pub(crate) fn forget(&self, id: CollectionId) {
        self.entries.lock().remove(&id);
    }

    /// The states that are open now, with the bytes of their memtables, largest first.
    fn largest(&self) -> Vec<(usize, Weak<CollectionEntry>)> {
        let entries: Vec<_> = self.entries.lock().values().cloned().collect();
        let bytes_of = |entry: &Weak<CollectionEntry>| {
            Some(entry.upgrade()?.opened()?.unflushed_bytes()).filter(|bytes| *bytes > 0)
        };
        let mut sized: Vec<_> =
            entries.into_iter().filter_map(|entry| Some((bytes_of(&entry)?, entry))).collect();
        sized.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        sized
    }

    fn is_above(&self, bytes: usize) -> bool {
        self.memtables.get() > bytes
    }

    /// Waits while memtables take more than twice their bound and are being flushed for it.
    pub(crate) async fn relieved(&self, shared: &Shared) {
        loop {
            let relieved = self.relieved.notified();
            let is_under_way =
                self.relief_scheduled.load(Ordering::Relaxed) && !shared.maintenance.is_stopping();
            if !is_under_way || !self.is_above(shared.options.write_memory_bytes_max.saturating_mul(2)) {
                return;
            }
            relieved.await;
        }
    }

    /// Wakes all who wait for relief; they look again.
    pub(crate) fn wake(&self) {
        self.relieved.notify_waiters();
    }
}

/// Has the largest memtables flushed if all together take too much.
pub(crate) fn relieve_if_full(shared: &Arc<Shared>) {
    let open = &shared.open_collections;
    if open.is_above(shared.options.write_memory_bytes_max)
        && !open.relief_scheduled.swap(true, Ordering::AcqRel)
    {
        shared.maintenance.relieve(shared);
    }
}

/// Flushes the largest memtables until a quarter of their bound is free. Runs on the flush thread.
pub(crate) fn relieve(shared: &Shared) {
    let open = &shared.open_collections;
    let enough = target(&shared.options);
    for (_, entry) in open.largest() {
        if !open.is_above(enough) || shared.maintenance.is_stopping() {
            break;
        }
        if let Some(state) = entry.upgrade().and_then(|entry| entry.opened()) {
            flush_all(&state);
            open.wake();
        }
    }
    open.relief_scheduled.store(false, Ordering::Release);
    open.wake();
}

fn target(options: &EngineOptions) -> usize {
    options.write_memory_bytes_max / 4 * 3
}

fn flush_all(state: &Arc<CollectionState>) {
    state.freeze(1);
    // It has logged its failure, and the records stay in the log.
    let _ = state.flush();
}
