//! Searching a graph.

use std::cell::RefCell;

use super::clusters::ClusterScratch;
use super::image::ImageScratch;
use super::passing::Passing;
use super::rescore::rescored;
use super::scan::CLUSTERED_MIN;
use super::walk::{Walk, WalkScratch};
use super::width::Width;
use super::{GraphView, SearchPlan};
use crate::vector::{Flat, Found, Query, Scope, VectorIndex};

/// In the time that a walk within a filter takes for each candidate that the usual query keeps, so many rows can be
/// compared one after the other: measured from 1 to 4 microseconds for a candidate, since hard queries keep several
/// times as many, and 7 to 30 nanoseconds for a row.
const SCANNED_PER_CANDIDATE: u64 = 200;

/// The same where a scan leaves out far clusters: between filters of a fifth and of half of the rows both take as long.
const SCANNED_IN_CLUSTERS_PER_CANDIDATE: u64 = 280;

/// A walk within a filter keeps more candidates than one over all rows, since its steps lead the less directly to the
/// query the fewer rows pass: so much more for four as rows are left out for so many that pass, and at most twice as many.
const FILTERED_MORE_FOR_FOUR_ONE_IN: u64 = 5;

/// Of the rows of the block, in percent, a filter must leave so many for a walk: with fewer the links of a
/// node lead to too few that pass.
const WALKED_PERCENT_MIN: u64 = 2;

/// While no more than one row in so many passes, rows are scanned as the filter's bitmap lists them, at some 20
/// nanoseconds for each. A dense set takes one nanosecond for 32 rows of the block, whether they pass or not.
const FEW_PASSING_ONE_IN: u64 = 640;

/// While so many rows pass, in percent, a walk over all of them finds enough that do.
const MOSTLY_PASSING_PERCENT: u64 = 90;

/// Where a walk within a filter starts besides the routers that pass.
const SAMPLED_SEEDS: usize = 32;

/// If more than one in so many rows is wanted, nothing is faster than to compare all.
const ROWS_PER_NEIGHBOUR_MIN: usize = 16;

/// While the full vectors of the rows that may pass are no more bytes than this, they are compared at once. Measured:
/// in the cache it takes two thirds of the time of codes, of which encoding the query is the most; from memory as long
/// with 1.5 KB a vector, a quarter longer with 3 KB.
const FULL_BYTES_MAX: u64 = 192 * 1024;

/// A graph with the full vectors of its rows.
///
/// Finds nearly all of the nearest rows; their distances are exact.
#[derive(Debug, Clone, Copy)]
pub struct GraphIndex<'a> {
    pub(super) vectors: Flat<'a>,
    pub(super) graph: GraphView<'a>,
    candidates: usize,
}

#[derive(Default)]
pub(super) struct SearchScratch {
    pub(super) walk: WalkScratch,
    image: ImageScratch,
    passing: Passing,
    clusters: ClusterScratch,
    /// Rows to compare with their full vectors, their estimated distances, and their distances. Before that, the
    /// rows of a filter that leaves few.
    pub(super) rescored: Vec<u32>,
    pub(super) estimates: Vec<f32>,
    pub(super) distances: Vec<f32>,
}

thread_local! {
    /// The memory of a search, kept for the next on the same thread: a few bytes for a row of the largest block.
    static SCRATCH: RefCell<SearchScratch> = RefCell::default();
}

impl<'a> GraphIndex<'a> {
    /// Searches keep at least `candidates` candidates (`ef_search`), and more where the graph needs it.
    ///
    /// # Panics
    /// If the graph is of another number of rows or dimensions.
    pub fn new(vectors: Flat<'a>, graph: GraphView<'a>, candidates: usize) -> Self {
        assert_eq!(vectors.rows(), graph.rows(), "the graph must be that of the vectors");
        assert_eq!(vectors.dimensions(), graph.dimensions(), "the graph must be that of the vectors");
        Self { vectors, graph, candidates }
    }

    /// How many candidates a search for `k` neighbours keeps at least.
    pub(super) fn wanted(&self, k: usize) -> usize {
        self.candidates.max(k).min(self.vectors.rows() as usize)
    }

    /// `None` if the query has no image, or the codes cannot help.
    fn search_graph(
        &self,
        query: &Query<'_>,
        scope: &Scope<'_>,
        scratch: &mut SearchScratch,
    ) -> Option<Found> {
        let is_distance = query.distance() == self.graph.distance();
        let rows = self.vectors.rows() as usize;
        let passing_max = scope.rows_max(self.vectors.rows());
        if scope.allowed.is_some() && passing_max * self.vectors.vector_bytes() as u64 <= FULL_BYTES_MAX {
            return Some(self.search_few(query, scope, scratch));
        }
        if !is_distance || scope.k == 0 || scope.k.saturating_mul(ROWS_PER_NEIGHBOUR_MIN) > rows {
            return None;
        }
        let length = self.graph.imager.write(query.vector(), true, &mut scratch.image)?;
        scratch.walk.image.set(&scratch.image.image, length, &self.graph.node_codes());
        let wanted = self.wanted(scope.k);
        let rows = u64::from(self.vectors.rows());
        let mut compared = 0;
        let excluded = scope.excluded.map_or(0, |rows| rows.len());
        let passing_min = passing_max.saturating_sub(excluded);
        if passing_min * 100 >= rows * MOSTLY_PASSING_PERCENT {
            let among_all = |count: usize| (count as u64 * rows).div_ceil(passing_min) as usize;
            let width = self.width(among_all(wanted), among_all(scope.k));
            compared += self.walk(query, width, &mut scratch.walk);
            let state = &scratch.walk;
            let found = || state.pool.nearest().filter(|(row, _)| scope.selects(*row)).count();
            // Fewer when what is left out lies around the query.
            if passing_min == rows || found() * 4 >= state.pool.len() * 3 {
                return Some(self.rescore(query, scope, (SearchPlan::Graph, compared), scratch));
            }
        }
        if passing_max * FEW_PASSING_ONE_IN <= rows {
            scratch.rescored.clear();
            scope.list(self.vectors.rows(), &mut scratch.rescored);
            compared += self.scan(query, rescored(scope.k, wanted), &scratch.rescored, &mut scratch.walk);
            return Some(self.rescore(query, scope, (SearchPlan::Scan, compared), scratch));
        }
        scratch.passing.set(scope, self.vectors.rows());
        Some(self.search_passing(query, scope, (wanted, compared), scratch))
    }

    fn width(&self, candidates: usize, k: usize) -> Width {
        Width::adaptive(candidates, k, self.graph.calibration())
    }

    /// Searches among the rows in `scratch.passing`.
    fn search_passing(
        &self,
        query: &Query<'_>,
        scope: &Scope<'_>,
        (wanted, mut compared): (usize, u64),
        scratch: &mut SearchScratch,
    ) -> Found {
        let SearchScratch { walk: state, passing, rescored: listed, clusters, .. } = scratch;
        let (count, rows) = (passing.count(), u64::from(self.vectors.rows()));
        let more = (rows / count.max(1) / FILTERED_MORE_FOR_FOUR_ONE_IN).min(4) as usize;
        let width = self.width(wanted * (4 + more) / 4, scope.k);
        let is_clustered = count >= CLUSTERED_MIN && self.graph.calibration().cluster_reach.is_finite();
        let per_candidate =
            if is_clustered { SCANNED_IN_CLUSTERS_PER_CANDIDATE } else { SCANNED_PER_CANDIDATE };
        if count > per_candidate * width.usual() as u64 && count * 100 >= rows * WALKED_PERCENT_MIN {
            let budget = compared + count / 4;
            if self.walk_within(query, (width, budget), &mut compared, passing, state) {
                return self.rescore(query, scope, (SearchPlan::FilteredGraph, compared), scratch);
            }
        }
        // No walk goes on from the pool, so only those that will be rescored need a place.
        passing.list(listed);
        let kept = rescored(scope.k, wanted);
        if is_clustered {
            compared += self.scan_clusters(query, (scope.k, kept), listed, (state, clusters));
            return self.rescore(query, scope, (SearchPlan::ClusterScan, compared), scratch);
        }
        compared += self.scan(query, kept, listed, state);
        self.rescore(query, scope, (SearchPlan::Scan, compared), scratch)
    }

    pub(super) fn start(&self, width: Width, state: &mut WalkScratch) {
        state.pool.reset(width);
        state.visited.reset(self.vectors.rows());
    }

    /// Fills the pool with the nearest rows of all; returns how many were compared.
    fn walk(&self, query: &Query<'_>, width: Width, state: &mut WalkScratch) -> u64 {
        self.start(width, state);
        let links = self.graph.links();
        let walk = Walk { kernels: query.kernels(), codes: self.graph.node_codes(), links: &links };
        let compared = self.compare_routers(query, state);
        compared + walk.run(state)
    }

    /// The routers' codes lie together behind those of the rows.
    fn compare_routers(&self, query: &Query<'_>, state: &mut WalkScratch) -> u64 {
        let (codes, routers) = (self.graph.node_codes(), self.graph.routers);
        let (rows, count) = (self.vectors.rows(), routers.len() as u32);
        let WalkScratch { pool, visited, image, .. } = state;
        codes.distances_of_range(query.kernels(), image, rows..rows + count, |at, distances| {
            pool.offer(&routers[at..][..distances.len()], distances, |node| {
                visited.insert(node);
            });
        });
        count.into()
    }

    /// Fills the pool with the nearest passing rows by a walk among them. False if it would take longer than to
    /// scan them, or did not find as many as there are.
    fn walk_within(
        &self,
        query: &Query<'_>,
        (width, budget): (Width, u64),
        compared: &mut u64,
        passing: &Passing,
        state: &mut WalkScratch,
    ) -> bool {
        self.start(width, state);
        let links = self.graph.links();
        let walk = Walk { kernels: query.kernels(), codes: self.graph.node_codes(), links: &links };
        let routers = self.graph.routers.iter().copied().filter(|row| passing.contains(*row));
        let sample = passing.sample(SAMPLED_SEEDS).filter(|row| self.graph.is_linked(*row));
        *compared += walk.seed(routers.chain(sample), state);
        walk.run_within(passing, budget, compared, state) && state.pool.len() >= width.least
    }
}

impl VectorIndex for GraphIndex<'_> {
    fn rows(&self) -> u32 {
        self.vectors.rows()
    }

    fn dimensions(&self) -> usize {
        self.vectors.dimensions()
    }

    fn search(&self, query: &Query<'_>, scope: &Scope<'_>) -> Found {
        assert_eq!(query.vector().len(), self.dimensions(), "the query must have the block's dimensions");
        let found = SCRATCH.with_borrow_mut(|scratch| self.search_graph(query, scope, scratch));
        found.unwrap_or_else(|| self.vectors.search(query, scope))
    }
}
