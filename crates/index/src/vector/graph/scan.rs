//! Comparing the codes of rows one after the other, where a filter leaves few.

use super::clusters::ClusterScratch;
use super::search::GraphIndex;
use super::walk::{Walk, WalkScratch};
use super::width::Width;
use crate::vector::Query;

/// Fewer rows are all compared, which takes some 100 microseconds and misses none.
pub(super) const CLUSTERED_MIN: u64 = 16 * 1_024;

/// Rows of a scan that are asked for at once.
const SCANNED_TOGETHER: usize = 64;

impl GraphIndex<'_> {
    /// Fills the pool with the nearest of `rows` by comparing all of them; returns how many these were.
    pub(super) fn scan(&self, query: &Query<'_>, kept: usize, rows: &[u32], state: &mut WalkScratch) -> u64 {
        self.start(Width::exactly(kept), state);
        self.compare_all(query, rows, state)
    }

    /// Fills the pool with the nearest of `rows` by comparing those of near clusters; returns how many these were, centres
    /// included.
    pub(super) fn scan_clusters(
        &self,
        query: &Query<'_>,
        (k, kept): (usize, usize),
        rows: &[u32],
        (state, scratch): (&mut WalkScratch, &mut ClusterScratch),
    ) -> u64 {
        self.start(Width::exactly(kept), state);
        let clusters = self.graph.clusters();
        clusters.choose_nearest(&state.image, rows, scratch);
        let mut compared =
            clusters.count() + self.compare_all(query, clusters.rows_of(1, rows, scratch), state);
        let bound = state.pool.nearest().nth(k - 1).map_or(f32::INFINITY, |(_, distance)| distance);
        scratch.choose_within(self.graph.calibration().cluster_reach * bound);
        compared += self.compare_all(query, clusters.rows_of(2, rows, scratch), state);
        compared
    }

    /// Offers all of `rows` to the pool; returns how many these were.
    fn compare_all(&self, query: &Query<'_>, rows: &[u32], state: &mut WalkScratch) -> u64 {
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
}
