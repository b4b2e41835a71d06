//! The end of a search: the best candidates are compared with their full vectors.

use super::SearchPlan;
use super::errors::{self, Errors};
use super::search::{GraphIndex, SearchScratch};
use super::walk::WalkScratch;
use crate::topk::{SharedBound, TopK};
use crate::vector::{Found, Query, Scope, VectorIndex};

/// Rows whose vectors are asked for ahead of their comparison; the kernels ask for those behind them.
const COMPARED_AHEAD: usize = 12;

/// Rows that the kernels compare at once.
const COMPARED_TOGETHER: usize = 4;

/// If there are fewer rows behind the first it does not pay to find out which of them can be left out.
const DOUBTFUL_MIN: usize = 8;

/// By how many standard deviations of an estimate a row may be behind the k-th and still be rescored. Its
/// estimate and that of the k-th are both uncertain, and not quite as if errors were drawn at random.
const RESCORED_DEVIATIONS: f32 = 4.0;

/// By what share of the k-th distance a row may be behind it and still be rescored, where codes do not know what lies
/// outside a plane.
const OUTSIDE_SHARE: f32 = 0.15;

/// How many of the candidates are compared with their full vectors, if so many are near enough: those behind the
/// first 3 k by their codes are hardly ever among the nearest.
pub(super) fn rescored(k: usize, candidates: usize) -> usize {
    (3 * k).max(k + candidates / 2)
}

impl GraphIndex<'_> {
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
    pub(super) fn rescore(
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
        let is_scan = matches!(plan, SearchPlan::Scan | SearchPlan::ClusterScan);
        let rescored_max = if is_scan { held } else { rescored(scope.k, held) };
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
    pub(super) fn search_few(
        &self,
        query: &Query<'_>,
        scope: &Scope<'_>,
        scratch: &mut SearchScratch,
    ) -> Found {
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
