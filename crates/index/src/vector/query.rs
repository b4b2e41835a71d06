//! The question a search answers.

use huedb_kernels::Kernels;
use huedb_types::Distance;

/// Added to every norm in the cosine distance, so that a zero vector divides by something.
pub(crate) const NORM_OFFSET: f64 = 1e-30;

/// A vector whose nearest neighbours are wanted, under a distance, with the kernels to compute it.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    kernels: Kernels,
    distance: Distance,
    vector: &'a [f32],
    /// Only looked at under [`Distance::Cosine`].
    inverse_norm: f32,
}

impl<'a> Query<'a> {
    /// A query for the rows near `vector`.
    pub fn new(kernels: Kernels, distance: Distance, vector: &'a [f32]) -> Self {
        let inverse_norm = if distance == Distance::Cosine { inverse_norm(vector) } else { f32::NAN };
        Self { kernels, distance, vector, inverse_norm }
    }

    /// The kernels every distance is computed with.
    pub fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// The distance between rows and the query.
    pub fn distance(&self) -> Distance {
        self.distance
    }

    /// The query's vector.
    pub fn vector(&self) -> &'a [f32] {
        self.vector
    }

    pub(crate) fn inverse_norm(&self) -> f32 {
        self.inverse_norm
    }
}

/// `1 / (|vector| + 1e-30)`, what the cosine distance needs of a row, computed in double precision so
/// that the squares neither overflow nor vanish. Stored beside the rows, it saves a pass over them.
pub fn inverse_norm(vector: &[f32]) -> f32 {
    (1.0 / (norm(vector) + NORM_OFFSET)) as f32
}

/// The Euclidean norm, in double precision.
pub(crate) fn norm(vector: &[f32]) -> f64 {
    sum(vector, vector, |x, _| x * x).sqrt()
}

/// The sum of `term` over both vectors, in double precision with eight running sums. The same on every
/// CPU level.
pub(crate) fn sum(a: &[f32], b: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0_f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += term(f64::from(x[lane]), f64::from(y[lane]));
        }
    }
    for (lane, (x, y)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[lane] += term(f64::from(*x), f64::from(*y));
    }
    sums.iter().sum()
}
