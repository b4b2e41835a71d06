//! Nearest neighbours of a vector in a block of rows.
//!
//! A block is an immutable run of rows of equal dimensions, numbered from 0. [`Flat`] scans its full
//! vectors, [`CodedFlat`] scans 8-bit codes first and rescores what the codes cannot rule out; both are exact
//! and give the same neighbours with the same distances. Whatever else finds neighbours in a block, a
//! graph for example, implements [`VectorIndex`] too and may miss some, but returns true distances.

mod codes;
mod distance;
mod flat;
mod graph;
mod number_format;
mod query;
mod scope;
mod vectors;

pub use codes::{BlockCodes, CodedFlat, Codes, CodesError};
pub use flat::{Flat, FlatError, Reads};
pub use graph::{
    BaseGraph, CurrentThread, Graph, GraphBuilder, GraphDamage, GraphError, GraphHead, GraphIndex,
    GraphParameters, GraphView, VectorRows, Workers,
};
pub use huedb_kernels::{F16_MAX, Kernels, f16_to_f32, f32_to_f16, prefetch};
pub use number_format::{FormatChoice, NumberFormat};
pub use query::{Query, inverse_norm};
pub use scope::Scope;
pub use vectors::Vectors;

use crate::topk::Neighbour;

/// Something that finds the nearest neighbours of a vector in one block.
pub trait VectorIndex {
    /// The number of rows of the block, deleted ones included.
    fn rows(&self) -> u32;

    /// The length of every vector of the block.
    fn dimensions(&self) -> usize;

    /// The nearest rows of the query among those that `scope` selects.
    ///
    /// # Panics
    /// If the query's vector does not have [`VectorIndex::dimensions`] values.
    fn search(&self, query: &Query<'_>, scope: &Scope<'_>) -> Found;
}

/// What a search found, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The nearest rows, nearest first and ties by row: `min(k, selected rows)` of them, or fewer if a
    /// shared bound excluded some.
    pub neighbours: Vec<Neighbour>,
    /// Rows whose code or vector was compared with the query.
    pub scanned_rows: u64,
    /// Rows whose full vector was compared with the query.
    pub rescored_rows: u64,
    /// How they were found.
    pub plan: SearchPlan,
}

/// How a search finds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchPlan {
    /// By comparing full vectors.
    #[default]
    Flat,
    /// By comparing codes of all rows that a filter leaves.
    Scan,
    /// By comparing codes of the rows that a filter leaves in clusters near the query.
    ClusterScan,
    /// By a walk over all rows.
    Graph,
    /// By a walk over the rows that a filter leaves.
    FilteredGraph,
}

impl SearchPlan {
    /// Its name in explanations and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Scan => "scan",
            Self::ClusterScan => "cluster scan",
            Self::Graph => "graph",
            Self::FilteredGraph => "filtered graph",
        }
    }
}

#[cfg(test)]
mod tests;
