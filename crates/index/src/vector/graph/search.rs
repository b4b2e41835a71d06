//! Searching a graph.

use std::cell::RefCell;

use super::codes::GROUP;
use super::errors::{self, Errors};
use super::image::ImageScratch;
use super::passing::Passing;
use super::walk::{Walk, WalkScratch};
use super::width::Width;
use super::{GraphView, SearchPlan};
use crate::topk::{SharedBound, TopK};
use crate::vector::{Flat, Found, Query, Scope, VectorIndex};

/// In the time that a walk within a filter takes for each candidate that the usual query keeps, so many rows can be
/// compared one after the other: measured from 1 to 4 microseconds for a candidate, since hard queries keep several
/// times as many, and 7 to 30 nanoseconds for a row.
const SCANNED_PER_CANDIDATE: u64 = 200;

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

/// Rows whose vectors are asked for ahead of their comparison; the kernels ask for those behind them.
const COMPARED_AHEAD: usize = 12;

/// Rows that the kernels compare at once.
const COMPARED_TOGETHER: usize = 4;

/// If there are fewer rows behind the first it does not pay to find out which of them can be left out.
const DOUBTFUL_MIN: usize = 8;

/// While the full vectors of the rows that may pass are no more bytes than this, they are compared at once. Measured:
/// in the cache it takes two thirds of the time of codes, of which encoding the query is the most; from memory as long
/// with 1.5 KB a vector, a quarter longer with 3 KB.
const FULL_BYTES_MAX: u64 = 192 * 1024;

/// A graph with the full vectors of its rows.
///
/// Finds nearly all of the nearest rows; their distances are exact.
#[derive(Debug, Clone, Copy)]
pub struct GraphIndex<'a> {
    vectors: Flat<'a>,
    graph: GraphView<'a>,
    candidates: usize,
}

#[derive(Default)]
struct SearchScratch {
    walk: WalkScratch,
    image: ImageScratch,
    passing: Passing,
    /// Rows to compare with their full vectors, their estimated distances, and their distances. Before that, the
    /// rows of a filter that leaves few.
    rescored: Vec<u32>,
    estimates: Vec<f32>,
    distances: Vec<f32>,
}

thread_local! {
    /// The memory of a search, kept for the next on the same thread: a few hundred kilobytes for a million rows.
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
    fn wanted(&self, k: usize) -> usize {
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
        let SearchScratch { walk: state, passing, rescored: listed, .. } = scratch;
        let (count, rows) = (passing.count(), u64::from(self.vectors.rows()));
        let more = (rows / count.max(1) / FILTERED_MORE_FOR_FOUR_ONE_IN).min(4) as usize;
        let width = self.width(wanted * (4 + more) / 4, scope.k);
        if count > SCANNED_PER_CANDIDATE * width.usual() as u64 && count * 100 >= rows * WALKED_PERCENT_MIN {
            let budget = compared + count / 4;
            if self.walk_within(query, (width, budget), &mut compared, passing, state) {
                return self.rescore(query, scope, (SearchPlan::FilteredGraph, compared), scratch);
            }
        }
        // All of them are compared, so only those that will be rescored need a place.
        passing.list(listed);
        compared += self.scan(query, rescored(scope.k, wanted), listed, state);
        self.rescore(query, scope, (SearchPlan::Scan, compared), scratch)
    }

    fn start(&self, width: Width, state: &mut WalkScratch) {
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
        let codes = self.graph.node_codes();
        let (mut out, mut places) = ([0.0; GROUP], [0; GROUP]);
        let mut place = self.vectors.rows();
        for nodes in self.graph.routers.chunks(GROUP) {
            let (out, places) = (&mut out[..nodes.len()], &mut places[..nodes.len()]);
            for at in &mut *places {
                *at = place;
                place += 1;
            }
            codes.distances(query.kernels(), &state.image, places, out);
            let WalkScratch { pool, visited, .. } = state;
            pool.offer(nodes, out, |node| {
                visited.insert(node);
            });
        }
        self.graph.routers.len() as u64
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

    /// Fills the pool with the nearest of `rows` by comparing all of them; returns how many these were.
    fn scan(&self, query: &Query<'_>, kept: usize, rows: &[u32], state: &mut WalkScratch) -> u64 {
        self.start(Width::exactly(kept), state);
        let links = self.graph.links();
        let walk = Walk { kernels: query.kernels(), codes: self.graph.node_codes(), links: &links };
        let mut chunks = rows.chunks(SCANNED_TOGETHER).peekable();
        let ask = |rows: &[u32]| rows.iter().for_each(|row| walk.codes.prefetch_coarse(*row));
        chunks.peek().copied().into_iter().for_each(ask);
        let mut compared = 0;
        while let Some(rows) = chunks.next() {
            // Codes are asked for while those before are compared.
            chunks.peek().copied().into_iter().for_each(ask);
            state.fresh.clear();
            state.fresh.extend(rows.iter().filter(|row| self.graph.is_linked(**row)));
            compared += walk.compare_asked(state);
        }
        compared
    }

    /// The estimated distance beyond which no row is likely to be among the `k` nearest of `near`, nearest first.
    fn rescored_bound(
        &self,
        k: usize,
        mut near: impl Iterator<Item = (u32, f32)>,
        state: &WalkScratch,
    ) -> f32 {
        near.nth(k.saturating_sub(1)).map_or(f32::INFINITY, |(row, distance)| {
            let rounded = RESCORED_DEVIATIONS * self.graph.node_codes().deviation(&state.image, row);
            let unknown = if self.graph.imager.plane.is_some() { OUTSIDE_SHARE * distance } else { 0.0 };
            distance + rounded + unknown
        })
    }

    /// Compares the most promising rows of the pool with their full vectors, and the rows without codes.
    fn rescore(
        &self,
        query: &Query<'_>,
        scope: &Scope<'_>,
        (plan, scanned_rows): (SearchPlan, u64),
        scratch: &mut SearchScratch,
    ) -> Found {
        let SearchScratch { walk: state, rescored: rows, estimates, distances, .. } = scratch;
        // The others look at rows that the filter leaves and at no others.
        let is_filtered = plan != SearchPlan::Graph;
        let selected = || state.pool.nearest().filter(|(row, _)| is_filtered || scope.selects(*row));
        let bound = self.rescored_bound(scope.k, selected(), state);
        let candidates = selected().take_while(|(_, distance)| *distance <= bound);
        let held = state.pool.len();
        let rescored_max = if plan == SearchPlan::Scan { held } else { rescored(scope.k, held) };
        rows.clear();
        estimates.clear();
        for (row, estimate) in candidates.take(rescored_max) {
            rows.push(row);
            estimates.push(estimate);
        }
        let first = scope.k.max(errors::ROWS_MIN).next_multiple_of(COMPARED_TOGETHER);
        let first = if rows.len() < first + DOUBTFUL_MIN { rows.len() } else { first };
        let mut nearest = TopK::new(scope.k);
        self.compare_full(query, &rows[..first], distances, &mut nearest);
        if rows.len() > first {
            let rounded = self.graph.node_codes().deviation(&state.image, rows[first]);
            let errors = Errors::of(query.distance(), &estimates[..first], distances, rounded);
            let times = self.wanted(scope.k) as f32 / scope.k as f32;
            let last = errors.last_estimate(nearest.bound(), times);
            rows.truncate(first + estimates[first..].partition_point(|estimate| *estimate <= last));
        }
        rows.extend(self.graph.strays.iter().filter(|row| scope.selects(**row)));
        self.compare_full(query, &rows[first..], distances, &mut nearest);
        Self::found(scope, (plan, scanned_rows), rows.len(), nearest)
    }

    /// Compares the full vectors of all rows, of which there are few.
    fn search_few(&self, query: &Query<'_>, scope: &Scope<'_>, scratch: &mut SearchScratch) -> Found {
        let SearchScratch { rescored: rows, distances, .. } = scratch;
        rows.clear();
        scope.list(self.vectors.rows(), rows);
        let mut nearest = TopK::new(scope.k);
        self.compare_full(query, rows, distances, &mut nearest);
        Self::found(scope, (SearchPlan::Flat, rows.len() as u64), rows.len(), nearest)
    }

    /// Offers `rows` with the distances of their full vectors, which are left in `distances`.
    fn compare_full(&self, query: &Query<'_>, rows: &[u32], distances: &mut Vec<f32>, nearest: &mut TopK) {
        rows.iter().take(COMPARED_AHEAD).for_each(|row| self.vectors.prefetch(*row));
        self.vectors.announce(rows.iter().copied());
        distances.resize(rows.len(), 0.0);
        self.vectors.distances_of(query, rows, distances);
        for (row, distance) in rows.iter().zip(&*distances) {
            nearest.push(*row, *distance);
        }
    }

    fn found(
        scope: &Scope<'_>,
        (plan, scanned_rows): (SearchPlan, u64),
        rescored: usize,
        nearest: TopK,
    ) -> Found {
        if let Some(bound) = scope.bound {
            SharedBound::lower(bound, nearest.bound());
        }
        Found { neighbours: nearest.into_sorted(), scanned_rows, rescored_rows: rescored as u64, plan }
    }
}

/// By how many standard deviations of an estimate a row may be behind the k-th and still be rescored. Its
/// estimate and that of the k-th are both uncertain, and not quite as if errors were drawn at random.
const RESCORED_DEVIATIONS: f32 = 4.0;

/// By what share of the k-th distance a row may be behind it and still be rescored, where codes do not know what lies
/// outside a plane.
const OUTSIDE_SHARE: f32 = 0.15;

/// Rows of a scan that are asked for at once.
const SCANNED_TOGETHER: usize = 64;

/// How many of the candidates are compared with their full vectors, if so many are near enough: those behind the
/// first 3 k by their codes are hardly ever among the nearest.
pub(super) fn rescored(k: usize, candidates: usize) -> usize {
    (3 * k).max(k + candidates / 2)
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
