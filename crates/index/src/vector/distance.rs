//! The one definition of the distance between a query and a row.
//!
//! Every search, whatever it uses to find candidates, gets the distances it returns from here, so two
//! searches can differ in which rows they find but never in a row's distance.
//!
//! The sum over the dimensions comes from the `f32` kernels. Where single precision cannot hold it (an
//! overflow on the way, or norms so small or large that products of them are lost) the row is computed
//! again in double precision.

use std::borrow::Cow;
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
    let (kernels, vector) = (query.kernels(), query.vector());
    match query.distance() {
        Distance::L2 => vectors.squared_l2_many(kernels, vector, out),
        Distance::Ip | Distance::Cosine => vectors.dot_many(kernels, vector, out),
    }
    let row = |at: usize| vectors.slice(at * vector.len()..(at + 1) * vector.len()).decoded();
    complete(query, out, row, |at| inverse_norms.map_or(f32::NAN, |norms| norms[at]));
}

/// [`distances`] of some rows of `vectors`, in the order of `rows`; `inverse_norms` are those of all.
pub(crate) fn distances_of(
    query: &Query<'_>,
    vectors: Vectors<'_>,
    inverse_norms: Option<&[f32]>,
    rows: &[u32],
    out: &mut [f32],
) {
    let (kernels, vector) = (query.kernels(), query.vector());
    match query.distance() {
        Distance::L2 => vectors.squared_l2_gather(kernels, vector, rows, out),
        Distance::Ip | Distance::Cosine => vectors.dot_gather(kernels, vector, rows, out),
    }
    let row = |at: usize| {
        let start = rows[at] as usize * vector.len();
        vectors.slice(start..start + vector.len()).decoded()
    };
    complete(query, out, row, |at| inverse_norms.map_or(f32::NAN, |norms| norms[rows[at] as usize]));
}

/// Makes distances of what the kernels computed: `row` gives the vector at a place of `out`, `inverse_norm` its
/// inverse norm or not a number.
#[inline]
fn complete<'v>(
    query: &Query<'_>,
    out: &mut [f32],
    row: impl Fn(usize) -> Cow<'v, [f32]>,
    inverse_norm: impl Fn(usize) -> f32,
) {
    let vector = query.vector();
    match query.distance() {
        Distance::L2 => {
            for (at, distance) in out.iter_mut().enumerate() {
                if !distance.is_finite() {
                    *distance = sum(vector, &row(at), |x, y| (x - y) * (x - y)) as f32;
                }
            }
        }
        Distance::Ip => {
            for (at, distance) in out.iter_mut().enumerate() {
                *distance = if distance.is_finite() {
                    1.0 - *distance
                } else {
                    (1.0 - sum(vector, &row(at), |x, y| x * y)) as f32
                };
            }
        }
        Distance::Cosine => {
            let query_is_safe = SAFE_INVERSE_NORMS.contains(&query.inverse_norm());
            for (at, distance) in out.iter_mut().enumerate() {
                let inverse_norm = inverse_norm(at);
                *distance =
                    if query_is_safe && SAFE_INVERSE_NORMS.contains(&inverse_norm) && distance.is_finite() {
                        let inverse_norms = f64::from(query.inverse_norm()) * f64::from(inverse_norm);
                        clamped(1.0 - f64::from(*distance) * inverse_norms)
                    } else {
                        cosine(vector, &row(at))
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
