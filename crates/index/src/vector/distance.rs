//! The one definition of the distance between a query and a row.
//!
//! Every search, whatever it uses to find candidates, gets the distances it returns from here, so two
//! searches can differ in which rows they find but never in a row's distance.
//!
//! The sum over the dimensions comes from the `f32` kernels. Where single precision cannot hold it (an
//! overflow on the way, or norms so small or large that products of them are lost) the row is computed
//! again in double precision.

use std::ops::RangeInclusive;

use huedb_types::Distance;

use super::Vectors;
use super::query::{NORM_OFFSET, Query, norm, sum};

/// Inverse norms of rows and queries whose dot product is neither lost to underflow nor to overflow.
pub(crate) const SAFE_INVERSE_NORMS: RangeInclusive<f32> = 1e-15..=1e15;

/// Fills `out` with the distances of the query to `out.len()` rows that lie one behind the other in
/// `vectors`. `inverse_norms`, if given, has one value a row; without it the cosine distance takes longer.
pub(crate) fn distances(
    query: &Query<'_>,
    vectors: Vectors<'_>,
    inverse_norms: Option<&[f32]>,
    out: &mut [f32],
) {
    let kernels = query.kernels();
    let vector = query.vector();
    let row = |index: usize| vectors.slice(index * vector.len()..(index + 1) * vector.len()).decoded();
    match query.distance() {
        Distance::L2 => {
            vectors.squared_l2_many(kernels, vector, out);
            for (index, distance) in out.iter_mut().enumerate() {
                if !distance.is_finite() {
                    *distance = sum(vector, &row(index), |x, y| (x - y) * (x - y)) as f32;
                }
            }
        }
        Distance::Ip => {
            vectors.dot_many(kernels, vector, out);
            for (index, distance) in out.iter_mut().enumerate() {
                *distance = if distance.is_finite() {
                    1.0 - *distance
                } else {
                    (1.0 - sum(vector, &row(index), |x, y| x * y)) as f32
                };
            }
        }
        Distance::Cosine => {
            vectors.dot_many(kernels, vector, out);
            let query_is_safe = SAFE_INVERSE_NORMS.contains(&query.inverse_norm());
            for (index, distance) in out.iter_mut().enumerate() {
                let inverse_norm = inverse_norms.map_or(f32::NAN, |norms| norms[index]);
                *distance =
                    if query_is_safe && SAFE_INVERSE_NORMS.contains(&inverse_norm) && distance.is_finite() {
                        let inverse_norms = f64::from(query.inverse_norm()) * f64::from(inverse_norm);
                        clamped(1.0 - f64::from(*distance) * inverse_norms)
                    } else {
                        cosine(vector, &row(index))
                    };
            }
        }
    }
}

/// The cosine distance in double precision.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let norms = (norm(a) + NORM_OFFSET) * (norm(b) + NORM_OFFSET);
    clamped(1.0 - sum(a, b, |x, y| x * y) / norms)
}

/// Rounding can push the distance of parallel vectors below zero. A not-a-number stays one, which
/// `f64::max` would not do.
fn clamped(distance: f64) -> f32 {
    if distance < 0.0 { 0.0 } else { distance as f32 }
}
