//! Settings of a collection.

use crate::distance::Distance;

/// The index settings of a collection, under the names of Chroma's `hnsw` configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HnswConfiguration {
    /// How embeddings are compared; fixed at creation.
    pub space: Distance,
    /// Candidates kept while a record is linked into the graph; fixed at creation.
    pub ef_construction: u32,
    /// Candidates kept while a query walks the graph.
    pub ef_search: u32,
    /// Links per record (`M`).
    pub max_neighbors: u32,
    /// Accepted for compatibility; the server sizes its own threads.
    pub num_threads: u32,
    /// Accepted for compatibility.
    pub resize_factor: f64,
    /// Accepted for compatibility; every write is durable when it is acknowledged.
    pub sync_threshold: u32,
    /// Accepted for compatibility.
    pub batch_size: u32,
}
