//! What the engine holds and has done.

use huedb_engine::EngineStats;

use super::{Family, FamilyKind};

/// The families of one look at the engine.
pub(crate) fn families(stats: &EngineStats) -> Vec<Family> {
    let mut families = catalog(stats);
    families.extend(disk(stats));
    families.extend(log(stats));
    families.extend(background(stats));
    families
}

fn catalog(stats: &EngineStats) -> Vec<Family> {
    vec![
        Family::gauge("huedb_tenants", "Tenants", stats.tenants),
        Family::gauge("huedb_databases", "Databases", stats.databases),
        Family::gauge("huedb_collections", "Collections", stats.collections),
        Family::gauge(
            "huedb_collections_open",
            "Collections that are in memory since they were used",
            stats.collections_open,
        ),
        Family::gauge("huedb_records", "Records of the open collections", stats.records),
        Family::gauge("huedb_segments", "Segments of the open collections", stats.segments),
        Family::gauge(
            "huedb_dead_rows",
            "Superseded and deleted rows that wait for a compaction",
            stats.dead_rows,
        ),
        Family::gauge(
            "huedb_unindexed_records",
            "Index lag: records in memory that no segment and index has yet",
            stats.unindexed_records,
        ),
        Family::gauge(
            "huedb_memtable_bytes",
            "Memory of records that wait for a flush",
            stats.memtable_bytes,
        ),
        Family::gauge(
            "huedb_memtables_waiting",
            "Full memtables that wait for a flush",
            stats.memtables_waiting,
        ),
    ]
}

fn disk(stats: &EngineStats) -> Vec<Family> {
    let segments = stats.segment_bytes.map(|bytes| {
        Family::gauge("huedb_segment_bytes", "Bytes on disk of all segments, unfinished ones included", bytes)
    });
    let rows = [
        Family::gauge(
            "huedb_row_store_bytes",
            "Bytes on disk of catalog, manifests and log",
            stats.row_bytes,
        ),
        Family::counter("huedb_records_read_total", "Records that reads returned", stats.records_read),
    ];
    segments.into_iter().chain(rows).collect()
}

fn log(stats: &EngineStats) -> Vec<Family> {
    vec![
        Family::counter("huedb_wal_bytes_total", "Bytes of writes that went to the log", stats.log_bytes),
        Family::counter("huedb_wal_commits_total", "Write requests that went to the log", stats.commits),
        Family::durations(
            "huedb_wal_sync_duration_seconds",
            "Time to write a group of writes to the log and to sync it",
            stats.syncs,
        ),
        Family::gauge(
            "huedb_wal_commits_waiting",
            "Write requests that wait for the next sync",
            stats.commits_waiting,
        ),
        Family::gauge(
            "huedb_read_only",
            "1 when writes are refused since the disk failed",
            u64::from(stats.is_read_only),
        ),
    ]
}

fn background(stats: &EngineStats) -> [Family; 2] {
    let mut runs =
        Family::new("huedb_background_runs_total", FamilyKind::Counter, "Runs of background work by result");
    let mut seconds =
        Family::new("huedb_background_seconds_total", FamilyKind::Counter, "Time that background work took");
    for (work, stats) in [("flush", stats.flushes), ("compaction", stats.compactions)] {
        runs = runs.with(&[("work", work), ("result", "done")], stats.done as f64);
        runs = runs.with(&[("work", work), ("result", "failed")], stats.failed as f64);
        seconds = seconds.with(&[("work", work)], stats.time.as_secs_f64());
    }
    [runs, seconds]
}
