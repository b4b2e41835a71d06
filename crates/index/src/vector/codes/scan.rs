//! Exact search that reads codes first and full vectors only where the codes leave a doubt.

use std::cmp::Ordering;
use std::ops::Range;

use huedb_kernels::prefetch_start;

use super::estimate::{Bounds, CodedQuery};
use super::{BlockCodes, CodesError, check_length};
use crate::topk::{SharedBound, TopK};
use crate::vector::flat::RUN_ROWS_MAX;
use crate::vector::{Flat, Found, Query, Scope, SearchPlan, VectorIndex};

/// Codes save nothing if more than one in so many rows is wanted.
const ROWS_PER_NEIGHBOUR_MIN: usize = 64;

/// Codes save nothing if vectors are not at least so many times as long.
const VECTOR_BYTES_PER_CODE_BYTE_MIN: usize = 2;

/// After so many rows it is asked whether the codes rule out enough.
const TRIAL_ROWS: u64 = 4_096;

/// Codes cost more than they save once one in so many rows is left in doubt.
const ROWS_PER_DOUBT_MIN: u64 = 4;

/// Rows tested against one bound. While there are few neighbours yet, the bound falls quickly.
const TESTED_ROWS: usize = 32;

/// Candidates below this number are not worth a pass that drops those excluded since.
const COMPACTED_CANDIDATES_MIN: usize = 4_096;

/// Full vectors with their codes. Finds exactly what [`Flat`] finds, reading about a quarter of the bytes, of vectors
/// in 16 bits half of them.
#[derive(Debug, Clone, Copy)]
pub struct CodedFlat<'a> {
    vectors: Flat<'a>,
    codes: BlockCodes<'a>,
}

impl<'a> CodedFlat<'a> {
    /// A block whose `codes` were encoded from `vectors`.
    ///
    /// # Errors
    /// [`CodesError::Length`] if the codes are those of another number of rows or dimensions.
    pub fn new(vectors: Flat<'a>, codes: BlockCodes<'a>) -> Result<Self, CodesError> {
        check_length("scales", codes.scales.len(), vectors.rows() as usize)?;
        check_length("centre", codes.centre.len(), vectors.dimensions())?;
        Ok(Self { vectors, codes })
    }

    /// Whether the codes promise to be faster than the vectors.
    fn codes_help(&self, query: &Query<'_>, scope: &Scope<'_>) -> bool {
        query.distance() == self.codes.distance
            && scope.k > 0
            && scope.k.saturating_mul(ROWS_PER_NEIGHBOUR_MIN) as u64 <= scope.rows_max(self.rows())
            && self.codes.stride * VECTOR_BYTES_PER_CODE_BYTE_MIN <= self.vectors.vector_bytes()
    }

    /// Searches by codes. `None` if they cannot help: nothing is known about the query, or too many rows
    /// are as near as each other.
    pub(in crate::vector) fn search_codes(&self, query: &Query<'_>, scope: &Scope<'_>) -> Option<Found> {
        let coded = CodedQuery::new(query, &self.codes)?;
        let candidates = self.candidates(query, &coded, scope)?;
        Some(candidates.rescore(&self.vectors, query))
    }

    /// Goes over the codes; what is left are the rows that may be among the k nearest. `None` once they
    /// are too many.
    fn candidates<'b>(
        &self,
        query: &Query<'_>,
        coded: &CodedQuery,
        scope: &Scope<'b>,
    ) -> Option<Candidates<'b>> {
        let mut candidates = Candidates::new(scope);
        let mut dots = [0; RUN_ROWS_MAX as usize];
        let mut survivors = Vec::with_capacity(TESTED_ROWS);
        let announce = |row| prefetch_start(self.code(row..row + 1));
        for run in scope.announced_runs(self.rows(), RUN_ROWS_MAX, announce) {
            let dots = &mut dots[..run.len()];
            query.kernels().dot_i8_many(&coded.coarse.codes, self.code(run.clone()), dots);
            for (first_row, dots) in run.clone().step_by(TESTED_ROWS).zip(dots.chunks(TESTED_ROWS)) {
                coded.survivors(&self.codes, (first_row, dots), candidates.bound(), &mut survivors);
                for row in &survivors {
                    let fine_dot = query.kernels().dot_i8(&coded.fine.codes, self.code(*row..row + 1));
                    let coarse_dot = dots[(row - first_row) as usize];
                    candidates.offer(*row, coded.bounds(&self.codes, *row, [coarse_dot, fine_dot]));
                }
            }
            candidates.scanned_rows += run.len() as u64;
            candidates.share_bound();
            if candidates.are_too_many() {
                return None;
            }
        }
        Some(candidates)
    }

    fn code(&self, rows: Range<u32>) -> &[i8] {
        let stride = self.codes.stride;
        &self.codes.codes[rows.start as usize * stride..rows.end as usize * stride]
    }
}

impl VectorIndex for CodedFlat<'_> {
    fn rows(&self) -> u32 {
        self.vectors.rows()
    }

    fn dimensions(&self) -> usize {
        self.vectors.dimensions()
    }

    fn search(&self, query: &Query<'_>, scope: &Scope<'_>) -> Found {
        assert_eq!(query.vector().len(), self.dimensions(), "the query must have the block's dimensions");
        let found = if self.codes_help(query, scope) { self.search_codes(query, scope) } else { None };
        found.unwrap_or_else(|| self.vectors.search(query, scope))
    }
}

/// Rows that may be among the k nearest, by what their codes say.
struct Candidates<'a> {
    rows: Vec<Candidate>,
    /// The k smallest upper bounds. The k-th nearest distance is at most the largest of them.
    uppers: TopK,
    shared_bound: Option<&'a SharedBound>,
    k: usize,
    scanned_rows: u64,
    /// The number of candidates at which those excluded since they came are dropped.
    compacted_at: usize,
}

#[derive(Clone, Copy)]
struct Candidate {
    /// No distance below this one is possible.
    lower: f32,
    row: u32,
}

impl<'a> Candidates<'a> {
    fn new(scope: &Scope<'a>) -> Self {
        Self {
            rows: Vec::new(),
            uppers: TopK::new(scope.k),
            shared_bound: scope.bound,
            k: scope.k,
            scanned_rows: 0,
            compacted_at: COMPACTED_CANDIDATES_MIN,
        }
    }

    /// The distance above which a row cannot be among the k nearest; not a number if there is none yet.
    fn bound(&self) -> f32 {
        smaller(self.uppers.bound(), self.shared_bound)
    }

    fn offer(&mut self, row: u32, bounds: Bounds) {
        if bounds.lower > self.bound() {
            return;
        }
        self.uppers.push(row, bounds.upper);
        self.rows.push(Candidate { lower: bounds.lower, row });
        if self.rows.len() >= self.compacted_at {
            self.drop_excluded();
            self.compacted_at = COMPACTED_CANDIDATES_MIN.max(self.rows.len() * 2);
        }
    }

    /// Drops the candidates that the bound excludes by now.
    fn drop_excluded(&mut self) {
        let bound = self.bound();
        // A bound that is not a number is not below anything.
        self.rows.retain(|candidate| candidate.lower.partial_cmp(&bound) != Some(Ordering::Greater));
    }

    /// Whether the codes leave so many rows in doubt that the flat scan is faster.
    fn are_too_many(&mut self) -> bool {
        let rows_max = 2 * self.k as u64 + self.scanned_rows / ROWS_PER_DOUBT_MIN;
        if self.scanned_rows < TRIAL_ROWS || (self.rows.len() as u64) <= rows_max {
            return false;
        }
        self.drop_excluded();
        self.rows.len() as u64 > rows_max
    }

    fn share_bound(&self) {
        if let Some(shared) = self.shared_bound {
            shared.lower(self.uppers.bound());
        }
    }

    /// Compares the candidates with their full vectors, the most promising first, until no other can be
    /// among the k nearest.
    fn rescore(mut self, vectors: &Flat<'_>, query: &Query<'_>) -> Found {
        self.drop_excluded();
        self.rows.sort_unstable_by(|a, b| a.lower.total_cmp(&b.lower).then(a.row.cmp(&b.row)));
        vectors.announce(self.rows.iter().take(self.k).map(|candidate| candidate.row));
        let mut nearest = TopK::new(self.k);
        let mut rescored_rows = 0;
        for (at, candidate) in self.rows.iter().enumerate() {
            if candidate.lower > smaller(nearest.bound(), self.shared_bound) {
                break;
            }
            if let Some(next) = self.rows.get(at + 1) {
                vectors.prefetch(next.row);
            }
            nearest.push(candidate.row, vectors.distance(query, candidate.row));
            rescored_rows += 1;
        }
        if let Some(shared) = self.shared_bound {
            shared.lower(nearest.bound());
        }
        Found {
            neighbours: nearest.into_sorted(),
            scanned_rows: self.scanned_rows,
            rescored_rows,
            plan: SearchPlan::Scan,
        }
    }
}

/// The smaller of a bound and the shared one; not a number if neither excludes anything.
fn smaller(bound: f32, shared: Option<&SharedBound>) -> f32 {
    let shared = shared.map_or(f32::NAN, SharedBound::load);
    if bound.total_cmp(&shared) == Ordering::Less { bound } else { shared }
}
