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
}

impl Default for EngineOptions {
    fn default() -> Self {
        // So many rows are scanned in about the time of a walk.
        Self { memtable_bytes_max: 32 << 20, graph_rows_min: 16_384 }
    }
}
