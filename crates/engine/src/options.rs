//! What an operator may set.

/// Settings of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// Bytes of one collection's records that are kept in memory before they are flushed to a segment.
    ///
    /// More means fewer and larger segments, and more to replay after a crash.
    pub memtable_bytes_max: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { memtable_bytes_max: 32 << 20 }
    }
}
