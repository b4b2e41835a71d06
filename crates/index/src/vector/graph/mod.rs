//! A graph over the rows of a block, walked on codes.
//!
//! Every row is a node that links to some near ones in all directions. A search starts at a few rows, the
//! *routers*, and follows the links of the nearest node that it has not followed yet, keeping the nearest
//! `ef_search` nodes and what is hardly farther than the k-th, until all of these were followed. It compares 8-bit codes and, in the end, the full
//! vectors of the best, so it may miss a neighbour but returns true distances.
//!
//! | module | what it holds |
//! |---|---|
//! | `image` | the point in Euclidean space that stands for a vector under any distance |
//! | `plane` | the directions in which images differ most |
//! | `codes` | 8-bit codes of images and their comparison |
//! | `walk`, `pool`, `width`, `visited` | the walk, its candidates and how many these are, and what it has seen |
//! | `prune` | which near nodes a node links to |
//! | `build`, `links`, `extend` | inserting nodes, on several threads, into an empty or an existing graph |
//! | `calibrate` | how many candidates searches need |
//! | `clusters` | which rows lie near each other, for scans |
//! | `search`, `scan` | the plan of a search, and the one that compares row by row |
//! | `rescore`, `errors` | the end of a search, and which candidates it looks at |
//! | `passing`, `containers` | what a filter leaves |
//! | `stored` | the bytes |

mod build;
mod calibrate;
mod clusters;
mod codes;
mod containers;
mod errors;
mod extend;
mod image;
mod links;
mod passing;
mod plane;
mod pool;
mod prune;
mod random;
mod rescore;
mod scan;
mod search;
mod stored;
mod visited;
mod walk;
mod width;

use std::borrow::Cow;

use huedb_kernels::Buffer;

pub use build::GraphBuilder;
pub use extend::BaseGraph;
pub use search::GraphIndex;
pub use stored::{GraphDamage, GraphHead, GraphView};

use super::{Flat, SearchPlan, VectorIndex};

/// Rows that a graph is built from, wherever they lie.
pub trait VectorRows: Sync {
    /// The number of rows.
    fn rows(&self) -> u32;
    /// The length of every vector.
    fn dimensions(&self) -> usize;
    /// The vector of a row.
    fn vector(&self, row: u32) -> Cow<'_, [f32]>;
}

impl VectorRows for Flat<'_> {
    fn rows(&self) -> u32 {
        VectorIndex::rows(self)
    }

    fn dimensions(&self) -> usize {
        VectorIndex::dimensions(self)
    }

    fn vector(&self, row: u32) -> Cow<'_, [f32]> {
        Flat::vector(self, row)
    }
}

/// Who does the work of a build.
pub trait Workers {
    /// Runs `work` once on each of some threads, at least one, and returns when all have returned.
    fn run(&self, work: &(dyn Fn() + Sync));
}

/// The calling thread alone. Builds are reproducible to the last bit with it.
#[derive(Debug, Clone, Copy)]
pub struct CurrentThread;

impl Workers for CurrentThread {
    fn run(&self, work: &(dyn Fn() + Sync)) {
        work();
    }
}

/// How a graph is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GraphParameters {
    /// Links of a node, at most: between 4 and 256, other numbers count as the nearest of these.
    pub links: usize,
    /// Candidates among which a node's links are chosen: between 16 and 4,096.
    pub candidates: usize,
    /// How much nearer, in squared distance, a linked node must be to another one for that not to get a link that
    /// is left over: from 1, for the fewest links, to about 1.5.
    pub alpha: f32,
    /// For what is drawn at random.
    pub seed: u64,
}

impl GraphParameters {
    /// What Chroma's `M` and `construction_ef` mean here: every row has up to twice `M` links, as the lowest
    /// layer of its graph has.
    pub fn from_hnsw(max_neighbors: u32, ef_construction: u32) -> Self {
        Self {
            links: (max_neighbors as usize).saturating_mul(2),
            candidates: ef_construction as usize,
            ..Self::default()
        }
        .within_bounds()
    }

    fn within_bounds(self) -> Self {
        let alpha = if self.alpha.is_finite() { self.alpha.max(1.0) } else { 1.0 };
        Self { links: self.links.clamp(4, 256), candidates: self.candidates.clamp(16, 4_096), alpha, ..self }
    }
}

impl Default for GraphParameters {
    fn default() -> Self {
        Self { links: 32, candidates: 200, alpha: 1.2, seed: 1 }
    }
}

/// Why there is no graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Rows that no graph can be built over: none, too many, too long, or too many of them without an image.
    #[error("the rows are not suitable for a graph")]
    Unsuitable,
    /// The base is of another distance or dimension.
    #[error("the graph to extend is one of other vectors")]
    OtherBase,
}

/// A complete graph, as its builder holds it. Head, links and codes are what is to be stored.
#[derive(Debug)]
pub struct Graph {
    head: GraphHead,
    links: Buffer<u32>,
    codes: Buffer<u8>,
}

impl Graph {
    /// What the arrays are.
    pub fn head(&self) -> &GraphHead {
        &self.head
    }

    /// The links of every row, as many places each as [`GraphView::links_per_node`] says; `u32::MAX` where there
    /// is none, behind those that there are.
    pub fn links(&self) -> &[u32] {
        &self.links
    }

    /// The code of every row, then once more those of the routers, then those of the clusters' centres; behind them the
    /// cluster of every row, in two bytes.
    pub fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// The graph as a search reads it.
    pub fn view(&self) -> GraphView<'_> {
        match GraphView::new(&self.head, &self.links, &self.codes) {
            Ok(view) => view,
            Err(damage) => unreachable!("a builder makes arrays that fit together: {damage}"),
        }
    }
}

#[cfg(test)]
mod tests;
