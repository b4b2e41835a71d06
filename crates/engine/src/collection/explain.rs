//! How a query was answered.

use std::time::Duration;

use huedb_index::vector::SearchPlan;

/// The parts of a query and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// Evaluating the filter and looking up named records.
    pub selecting: Duration,
    /// By embedding, then by source.
    pub searches: Vec<Vec<SourceSearch>>,
    /// Loading the fields of the records found.
    pub loading: Duration,
}

/// One search of one source for one embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSearch {
    /// What was searched.
    pub kind: SourceKind,
    /// Rows of the source, superseded ones included.
    pub rows: u32,
    /// How.
    pub plan: SearchPlan,
    /// Distances computed, from codes or from full embeddings.
    pub compared: u64,
    /// Distances computed from full embeddings.
    pub rescored: u64,
    /// Time it took.
    pub elapsed: Duration,
}

/// What records lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Memory.
    Memtable,
    /// A file.
    Segment,
}
