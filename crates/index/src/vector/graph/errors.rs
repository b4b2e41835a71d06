//! By how much distances differ from their estimates.
//!
//! Candidates come with estimates and are compared with their full vectors, nearest first. What the first of these
//! comparisons show, which is the same for no two queries, tells which of the others can still be among the nearest.

use huedb_types::Distance;

/// From fewer rows it cannot be told.
pub(super) const ROWS_MIN: usize = 8;

/// So many deviations an estimate may be too large where as many candidates as neighbours were asked for. Who asks for
/// twice as many wants to miss less, and gets one more.
const DEVIATIONS: f32 = 3.0;

/// Mean and standard deviation of what distances are more than their estimates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errors {
    /// Of a distance in the units of estimates.
    factor: f32,
    mean: f32,
    deviation: f32,
}

impl Errors {
    /// Those of some rows, of which rounding makes a deviation of at least `rounded`.
    pub(super) fn of(distance: Distance, estimates: &[f32], distances: &[f32], rounded: f32) -> Self {
        // Estimates are squared distances of points; of unit vectors these are twice the cosine distance, and under
        // the inner product they are that and something that is the same for all rows, which is part of the mean.
        let factor = if distance == Distance::L2 { 1.0 } else { 2.0 };
        let count = estimates.len() as f32;
        let errors = || {
            let pairs = estimates.iter().zip(distances);
            pairs.map(|(estimate, distance)| factor * distance - estimate)
        };
        let mean = errors().sum::<f32>() / count;
        let variance = errors().map(|error| (error - mean).powi(2)).sum::<f32>() / (count - 1.0);
        Self { factor, mean, deviation: variance.sqrt().max(rounded) }
    }

    /// The estimate beyond which no row is likely to be nearer than `distance`, if `times` as many candidates as
    /// neighbours were asked for.
    pub(super) fn last_estimate(&self, distance: f32, times: f32) -> f32 {
        let deviations = DEVIATIONS + times.max(1.0).log2();
        let last = self.factor * distance - self.mean + deviations * self.deviation;
        if last > f32::NEG_INFINITY { last } else { f32::INFINITY }
    }
}

#[cfg(test)]
mod tests;
