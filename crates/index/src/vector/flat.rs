//! Exact search by computing every distance.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::distance::{distances, distances_of};
use super::{Found, Query, Scope, SearchPlan, VectorIndex, Vectors};
use crate::topk::TopK;

/// Rows scored by one call of a kernel: enough to hide the call, few enough for the stack.
pub(crate) const RUN_ROWS_MAX: u32 = 256;

/// Full vectors, one row behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Flat<'a> {
    dimensions: usize,
    rows: u32,
    vectors: Vectors<'a>,
    inverse_norms: Option<&'a [f32]>,
    reads: Option<&'a dyn Reads>,
}

/// Is told what searches read of a block of full vectors, which may lie on a disk.
pub trait Reads: fmt::Debug + Sync {
    /// These rows are read next.
    fn now(&self, rows: Range<u32>);

    /// These rows are read soon, one by one.
    fn soon(&self, rows: &mut dyn Iterator<Item = u32>);
}

/// The arrays given do not make a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlatError {
    /// Vectors must have at least one dimension.
    #[error("vectors without dimensions")]
    NoDimensions,
    /// The array of vectors does not hold a whole number of them, or more than 2^32 - 1.
    #[error("not a block of vectors, dimensions=`{dimensions}`, values=`{values}`")]
    Values {
        /// Dimensions of each vector.
        dimensions: usize,
        /// Length of the array.
        values: usize,
    },
    /// There must be as many inverse norms as rows.
    #[error("inverse norms do not fit, rows=`{rows}`, inverse_norms=`{inverse_norms}`")]
    InverseNorms {
        /// Rows of the block.
        rows: u32,
        /// Length of the array.
        inverse_norms: usize,
    },
}

impl<'a> Flat<'a> {
    /// A block of `vectors.len() / dimensions` rows.
    ///
    /// `inverse_norms` holds [`inverse_norm`](super::inverse_norm) of each row. Only the cosine distance
    /// looks at it, and gives the same without it, several times slower.
    ///
    /// # Errors
    /// If the arrays do not fit together.
    pub fn new(
        dimensions: usize,
        vectors: &'a [f32],
        inverse_norms: Option<&'a [f32]>,
    ) -> Result<Self, FlatError> {
        Self::of(dimensions, Vectors::F32(vectors), inverse_norms)
    }

    /// [`Flat::new`] for vectors in any [`NumberFormat`](super::NumberFormat).
    ///
    /// # Errors
    /// If the arrays do not fit together.
    pub fn of(
        dimensions: usize,
        vectors: Vectors<'a>,
        inverse_norms: Option<&'a [f32]>,
    ) -> Result<Self, FlatError> {
        if dimensions == 0 {
            return Err(FlatError::NoDimensions);
        }
        let rows = u32::try_from(vectors.len() / dimensions).ok();
        let rows = rows.filter(|rows| *rows < u32::MAX && vectors.len().is_multiple_of(dimensions));
        let rows = rows.ok_or(FlatError::Values { dimensions, values: vectors.len() })?;
        match inverse_norms {
            Some(norms) if norms.len() != rows as usize => {
                Err(FlatError::InverseNorms { rows, inverse_norms: norms.len() })
            }
            _ => Ok(Self { dimensions, rows, vectors, inverse_norms, reads: None }),
        }
    }

    /// The same block; `reads` is told of every read before it happens.
    #[must_use]
    pub fn told_to(self, reads: &'a dyn Reads) -> Self {
        Self { reads: Some(reads), ..self }
    }

    /// Says that the vectors of `rows` are read soon.
    pub(super) fn announce(&self, mut rows: impl Iterator<Item = u32>) {
        if let Some(reads) = self.reads {
            reads.soon(&mut rows);
        }
    }

    /// The vector of one row.
    ///
    /// # Panics
    /// If the block does not have the row.
    pub fn vector(&self, row: u32) -> Cow<'a, [f32]> {
        self.vectors(row..row + 1).decoded()
    }

    /// Asks for the vector of one row to be brought into the cache.
    pub(super) fn prefetch(&self, row: u32) {
        self.untold(row..row + 1).prefetch();
    }

    /// The bytes of one row.
    pub(super) fn vector_bytes(&self) -> usize {
        self.dimensions * self.vectors.number_bytes()
    }

    /// The distance of the query to one row, as every search returns it.
    ///
    /// # Panics
    /// If the block does not have the row, or the query has other dimensions.
    pub fn distance(&self, query: &Query<'_>, row: u32) -> f32 {
        let mut out = [0.0];
        self.distances(query, row..row + 1, &mut out);
        out[0]
    }

    fn distances(&self, query: &Query<'_>, rows: Range<u32>, out: &mut [f32]) {
        let inverse_norms = self.inverse_norms.map(|norms| &norms[rows.start as usize..rows.end as usize]);
        distances(query, self.vectors(rows), inverse_norms, out);
    }

    /// Fills `out` with the distances of the query to `rows`, as every search returns them.
    ///
    /// # Panics
    /// If the block does not have a row, the query has other dimensions, or `out` not one place a row.
    pub(super) fn distances_of(&self, query: &Query<'_>, rows: &[u32], out: &mut [f32]) {
        assert_eq!(query.vector().len(), self.dimensions, "the query must have the block's dimensions");
        if let Some(reads) = self.reads {
            rows.iter().for_each(|row| reads.now(*row..*row + 1));
        }
        distances_of(query, self.vectors, self.inverse_norms, rows, out);
    }

    fn vectors(&self, rows: Range<u32>) -> Vectors<'a> {
        if let Some(reads) = self.reads {
            reads.now(rows.clone());
        }
        self.untold(rows)
    }

    fn untold(&self, rows: Range<u32>) -> Vectors<'a> {
        self.vectors.slice(rows.start as usize * self.dimensions..rows.end as usize * self.dimensions)
    }
}

impl VectorIndex for Flat<'_> {
    fn rows(&self) -> u32 {
        self.rows
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn search(&self, query: &Query<'_>, scope: &Scope<'_>) -> Found {
        assert_eq!(query.vector().len(), self.dimensions, "the query must have the block's dimensions");
        let mut nearest = TopK::new(scope.k);
        let mut scanned_rows = 0;
        let mut out = [0.0; RUN_ROWS_MAX as usize];
        for run in scope.announced_runs(self.rows, RUN_ROWS_MAX, |row| self.prefetch(row)) {
            let out = &mut out[..run.len()];
            self.distances(query, run.clone(), out);
            nearest.push_run(run.start, out);
            scanned_rows += run.len() as u64;
            if let Some(bound) = scope.bound {
                bound.lower(nearest.bound());
            }
        }
        Found {
            neighbours: nearest.into_sorted(),
            scanned_rows,
            rescored_rows: scanned_rows,
            plan: SearchPlan::Flat,
        }
    }
}
