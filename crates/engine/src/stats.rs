//! Counts of what an engine holds and has done, for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use huedb_types::DurationCounts;

use crate::collection::CollectionState;
use crate::engine::Engine;

/// What an engine holds and has done since it was opened.
///
/// Collections that were not used since then are not opened for this: they count in `collections` only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineStats {
    /// Tenants.
    pub tenants: u64,
    /// Databases.
    pub databases: u64,
    /// Collections.
    pub collections: u64,
    /// Collections that are in memory.
    pub collections_open: u64,
    /// Records of the open collections.
    pub records: u64,
    /// Segments of the open collections.
    pub segments: u64,
    /// Rows of these segments that are superseded or deleted and wait for a compaction.
    pub dead_rows: u64,
    /// Records that are in memtables, not yet in a segment and its index.
    pub unindexed_records: u64,
    /// Bytes of all memtables.
    pub memtable_bytes: u64,
    /// Full memtables that wait to be flushed.
    pub memtables_waiting: u64,
    /// Bytes of all segments on disk, unfinished ones included; `None` if they could not be counted.
    pub segment_bytes: Option<u64>,
    /// Bytes of catalog, manifests and log on disk, about.
    pub row_bytes: u64,
    /// Memory of the cache of these.
    pub row_cache_bytes: u64,
    /// Uses of collections: whether they were in memory.
    pub collection_lookups: Lookups,
    /// Records that reads have returned.
    pub records_read: u64,
    /// Write requests that wait for the next sync.
    pub commits_waiting: u64,
    /// How long writing and syncing each group of writes took.
    pub syncs: DurationCounts,
    /// Write requests in these groups.
    pub commits: u64,
    /// Bytes that these groups wrote to the log.
    pub log_bytes: u64,
    /// Flushes.
    pub flushes: WorkStats,
    /// Compactions.
    pub compactions: WorkStats,
    /// Writes are refused since a write to the disk failed.
    pub is_read_only: bool,
}

/// How often something was found in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// It was there.
    pub hits: u64,
    /// It had to be made or read.
    pub misses: u64,
}

/// Runs of one kind of background work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkStats {
    /// Runs that ended well.
    pub done: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Time of all of them.
    pub time: Duration,
}

/// Counts the runs of one kind of work.
#[derive(Debug, Default)]
pub(crate) struct WorkCounter {
    done: AtomicU64,
    failed: AtomicU64,
    micros: AtomicU64,
}

impl WorkCounter {
    /// Runs `work` and counts it.
    pub(crate) fn count<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let started = Instant::now();
        let result = work();
        let counter = if result.is_ok() { &self.done } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        result
    }

    fn stats(&self) -> WorkStats {
        WorkStats {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            time: Duration::from_micros(self.micros.load(Ordering::Relaxed)),
        }
    }
}

impl Engine {
    /// Counts the parts of the engine. Takes time in proportion to the number of collections and segments.
    pub fn stats(&self) -> EngineStats {
        let shared = self.shared();
        let commits = shared.committer.stats();
        let (counts, states) = self.catalog_counts();
        let mut stats = EngineStats {
            segment_bytes: shared.blobs.stored_bytes().ok(),
            row_bytes: shared.kv.disk_bytes(),
            row_cache_bytes: shared.kv.cache_bytes(),
            collection_lookups: shared.open_collections.lookups(),
            records_read: shared.records_read.load(Ordering::Relaxed),
            commits_waiting: shared.committer.waiting() as u64,
            syncs: commits.syncs,
            commits: commits.batches,
            log_bytes: commits.bytes,
            flushes: shared.maintenance.flushes_done.stats(),
            compactions: shared.maintenance.compactions_done.stats(),
            is_read_only: shared.committer.is_poisoned(),
            collections_open: states.len() as u64,
            ..counts
        };
        states.iter().for_each(|state| add_collection(&mut stats, state));
        stats
    }

    /// Whether writes are refused because one could not be written to disk. Cheap.
    pub fn is_read_only(&self) -> bool {
        self.shared().committer.is_poisoned()
    }
}

fn add_collection(stats: &mut EngineStats, state: &CollectionState) {
    let snapshot = state.published();
    let in_segments: u64 = snapshot.segments.iter().map(|view| view.live_rows()).sum();
    stats.records += snapshot.live;
    stats.unindexed_records += snapshot.live.saturating_sub(in_segments);
    stats.segments += snapshot.segments.len() as u64;
    stats.dead_rows += snapshot.segments.iter().map(|view| view.tombstones.len()).sum::<u64>();
    stats.memtable_bytes += snapshot.memtables().map(|memtable| memtable.bytes() as u64).sum::<u64>();
    stats.memtables_waiting += snapshot.frozen.len() as u64;
}
