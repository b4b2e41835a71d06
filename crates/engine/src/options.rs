//! What an operator may set.

/// Settings of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// Bytes of one collection's records that are kept in memory before they are flushed to a segment.
    ///
    /// More means fewer and larger segments, and more to replay after a crash.
    pub memtable_bytes_max: usize,
    /// Rows from which on a segment gets a graph; smaller ones are scanned.
    pub graph_rows_min: u64,
    /// Bytes of all collections' records together that are kept in memory; beyond it the largest
    /// memtables are flushed, beyond twice as much writers wait for that.
    pub write_memory_bytes_max: usize,
    /// Collections whose state is kept in memory; beyond it those not used for longest are closed.
    pub open_collections_max: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            memtable_bytes_max: 32 << 20,
            // So many rows are scanned in about the time of a walk.
            graph_rows_min: 16_384,
            write_memory_bytes_max: 512 << 20,
            open_collections_max: 4096,
        }
    }
}
