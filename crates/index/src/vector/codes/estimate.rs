//! What a row's code says for sure about the distance that the `f32` kernels give for it.
//!
//! All bounds here are on that number, the one a search returns, rounding errors included. See the parent
//! module for the inequalities.

use std::cmp::Ordering;

use huedb_types::Distance;

use super::BlockCodes;
use super::encode::{SLACK, at_least, at_most, length, quantise, write_image};
use crate::vector::Query;
use crate::vector::query::{norm, sum};

/// A query, approximated by codes.
#[derive(Debug)]
pub(super) struct CodedQuery {
    metric: Metric,
    /// The coarse approximation `t b`.
    pub(super) coarse: Approximation,
    /// The quantised residual of the coarse one; its error and square are those of both together.
    pub(super) fine: Approximation,
}

/// One term of a query's approximation, and how good it is together with the terms before.
#[derive(Debug)]
pub(super) struct Approximation {
    /// Padded with zeros as the rows' codes are.
    pub(super) codes: Vec<i8>,
    pub(super) scale: f64,
    /// At least the distance between the query's image and the sum of the terms.
    error: f64,
    /// The squared norm of the sum of the terms.
    square: f64,
}

/// How the returned distance follows from the images.
#[derive(Debug)]
enum Metric {
    /// It is `factor` times the squared Euclidean distance of the images, give or take the share `relative`
    /// of that and `absolute`.
    Squared { factor: f64, relative: f64, absolute: f64 },
    /// It is `base` minus the dot product with the centred row, give or take `absolute`, the share
    /// `relative` of 1, and that of the product of the norms of row and query.
    Dot { base: f64, query_norm: f64, centre_norm: f64, relative: f64, absolute: f64 },
}

/// What is stored about a row, and the dot product of its code with the query's approximation.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodedRow {
    scale: f64,
    error: f64,
    norm: f64,
    dot: f64,
}

/// The returned distance is in `lower..=upper`. An upper bound that is not a number bounds nothing: it
/// comes after all others in the order of [`Neighbour`](crate::topk::Neighbour).
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) lower: f32,
    pub(super) upper: f32,
}

impl CodedQuery {
    /// Quantises the query. `None` if it has no image (it holds an infinity, or has no direction under the
    /// cosine distance), so that codes can say nothing.
    pub(super) fn new(query: &Query<'_>, block: &BlockCodes<'_>) -> Option<Self> {
        let distance = query.distance();
        let mut image = vec![0.0; block.dimensions];
        if !write_image(distance, query.vector(), &mut image) {
            return None;
        }
        if distance != Distance::Ip {
            for (value, centre) in image.iter_mut().zip(block.centre) {
                *value -= f64::from(*centre);
            }
        }
        let centre_norm = norm(block.centre);
        let slack = SLACK * (length(&image) + centre_norm);
        let mut approximated = vec![0.0; image.len()];
        let coarse = Approximation::add(&image, &mut approximated, slack, block.stride);
        let fine = Approximation::add(&image, &mut approximated, slack, block.stride);
        Some(Self { metric: Metric::new(query, block, centre_norm), coarse, fine })
    }

    /// Lists the rows from `first_row` on that may be nearer than `bound`, or as near, going by the coarse
    /// approximation. `dots` has the dot products of their codes with the coarse ones. A bound that is not
    /// a number excludes nothing.
    pub(super) fn survivors(
        &self,
        block: &BlockCodes<'_>,
        (first_row, dots): (u32, &[i32]),
        bound: f32,
        survivors: &mut Vec<u32>,
    ) {
        survivors.clear();
        let rows = Rows { block, first_row, dots, scale: self.coarse.scale };
        match self.metric {
            Metric::Squared { factor, relative, absolute } => {
                let distance = (f64::from(bound) + absolute) / (factor * (1.0 - relative));
                let reach = distance.sqrt() * (1.0 + SLACK) + self.coarse.error;
                let square = self.coarse.square;
                rows.list_unless_positive(survivors, |row| {
                    let reach = reach + row.error;
                    (row.norm * row.norm + square) * (1.0 - SLACK) - 2.0 * row.scale * row.dot - reach * reach
                });
            }
            Metric::Dot { base, .. } => {
                // A distance below the range of `f32` is returned as the infinity that `bound` may be.
                let above = base - f64::from(f32::max(bound, f32::MIN));
                let above = if bound.is_nan() { f64::NAN } else { above };
                let [per_norm, per_error, constant] = self.dot_margin(&self.coarse);
                rows.list_unless_positive(survivors, |row| {
                    above - constant - row.scale * row.dot - row.norm * per_norm - row.error * per_error
                });
            }
        }
    }

    /// The bounds of one row's distance from both approximations: `dots` are the dot products of the row's
    /// code with the coarse and the fine codes.
    pub(super) fn bounds(&self, block: &BlockCodes<'_>, row: u32, dots: [i32; 2]) -> Bounds {
        let dot = self.coarse.scale * f64::from(dots[0]) + self.fine.scale * f64::from(dots[1]);
        let row = CodedRow::new(block, row as usize, dot);
        if !row.error.is_finite() {
            return Bounds { lower: f32::NEG_INFINITY, upper: f32::NAN };
        }
        let norm_max = row.norm * NORM_RATIO_MAX + NORM_GAP_MAX;
        match self.metric {
            Metric::Squared { factor, relative, absolute } => {
                let error = row.error + self.fine.error;
                let square = |norm: f64, slack: f64| {
                    let squares = norm * norm + self.fine.square;
                    (squares * (1.0 + slack) - 2.0 * row.scale * row.dot).max(0.0)
                };
                let nearest = (square(row.norm, -SLACK).sqrt() * (1.0 - SLACK) - error).max(0.0);
                let farthest = square(norm_max, SLACK).sqrt() * (1.0 + SLACK) + error;
                let lower = factor * nearest * nearest * (1.0 - relative - SLACK) - absolute;
                let upper = factor * farthest * farthest * (1.0 + relative + SLACK) + absolute;
                Bounds { lower: at_most(lower.max(0.0)), upper: at_least(upper) }
            }
            Metric::Dot { base, .. } => {
                let [per_norm, per_error, constant] = self.dot_margin(&self.fine);
                let margin = row.norm * per_norm + row.error * per_error + constant;
                let middle = base - row.scale * row.dot;
                Bounds { lower: at_most(middle - margin), upper: at_least(middle + margin) }
            }
        }
    }

    /// How far the returned distance may be from what an approximation gives, as factors of the row's norm
    /// and error, and a constant.
    fn dot_margin(&self, approximation: &Approximation) -> [f64; 3] {
        let Metric::Dot { query_norm, centre_norm, relative, absolute, .. } = self.metric else {
            return [f64::INFINITY; 3];
        };
        let per_norm = approximation.error + relative * query_norm;
        let per_error = query_norm + relative * query_norm;
        let constant = relative * (1.0 + centre_norm * query_norm) + absolute;
        [per_norm * NORM_RATIO_MAX, per_error, constant + per_norm * NORM_GAP_MAX]
    }
}

/// A stored norm is rounded down to the next `f32`: the true one is at most this times as large ...
const NORM_RATIO_MAX: f64 = 1.0 + 1.0 / (1 << 22) as f64;
/// ... plus this, two steps between the smallest numbers.
const NORM_GAP_MAX: f64 = 3e-45;

impl Metric {
    fn new(query: &Query<'_>, block: &BlockCodes<'_>, centre_norm: f64) -> Self {
        let dimensions = block.dimensions as f64;
        // Twice what the kernels promise, with something for the few operations that follow them.
        let relative = (dimensions + 16.0) * (-23.0_f64).exp2();
        let absolute = dimensions * (-148.0_f64).exp2();
        match query.distance() {
            Distance::L2 => Self::Squared { factor: 1.0, relative, absolute },
            // The kernel's error is relative to the product of the norms, which is 1 for images. What
            // underflows is far below it, since vectors with such norms have no images.
            Distance::Cosine => Self::Squared { factor: 0.5, relative: 0.0, absolute: relative },
            Distance::Ip => Self::Dot {
                base: 1.0 - sum(block.centre, query.vector(), |x, y| x * y),
                query_norm: norm(query.vector()),
                centre_norm,
                relative,
                absolute,
            },
        }
    }
}

impl Approximation {
    /// Quantises what `approximated` is short of `image`, and adds the term to it.
    fn add(image: &[f64], approximated: &mut [f64], slack: f64, stride: usize) -> Self {
        let residual: Vec<f64> = image.iter().zip(&*approximated).map(|(x, y)| x - y).collect();
        let mut codes = vec![0; stride];
        let scale = quantise(&residual, &mut codes);
        let mut error_square = 0.0;
        for ((sum, code), value) in approximated.iter_mut().zip(&codes).zip(image) {
            *sum += scale * f64::from(*code);
            error_square += (value - *sum).powi(2);
        }
        let error = f64::sqrt(error_square) * (1.0 + SLACK) + slack;
        Self { codes, scale, error, square: approximated.iter().map(|value| value * value).sum() }
    }
}

impl CodedRow {
    #[inline]
    fn new(block: &BlockCodes<'_>, row: usize, dot: f64) -> Self {
        Self {
            scale: f64::from(block.scales[row]),
            error: f64::from(block.errors[row]),
            norm: f64::from(block.norms[row]),
            dot,
        }
    }
}

/// Rows of a block that follow each other, and their dot products with the coarse codes.
struct Rows<'a> {
    block: &'a BlockCodes<'a>,
    first_row: u32,
    dots: &'a [i32],
    scale: f64,
}

impl Rows<'_> {
    /// Lists the rows for which `excess` is not above zero (or not a number).
    #[inline]
    fn list_unless_positive(&self, survivors: &mut Vec<u32>, excess: impl Fn(CodedRow) -> f64) {
        const LANES: usize = 8;
        let start = self.first_row as usize;
        let end = start + self.dots.len();
        let rows = BlockCodes {
            scales: &self.block.scales[start..end],
            errors: &self.block.errors[start..end],
            norms: &self.block.norms[start..end],
            ..*self.block
        };
        let mut at = 0;
        while at < self.dots.len() {
            let lanes = LANES.min(self.dots.len() - at);
            let mut values = [f64::INFINITY; LANES];
            for (lane, value) in values[..lanes].iter_mut().enumerate() {
                let dot = self.scale * f64::from(self.dots[at + lane]);
                *value = excess(CodedRow::new(&rows, at + lane, dot));
            }
            // Nearly always all rows of a chunk are excluded, so that is what is tested first.
            if !values.iter().all(|value| *value > 0.0) {
                let kept =
                    (0..lanes).filter(|lane| values[*lane].partial_cmp(&0.0) != Some(Ordering::Greater));
                survivors.extend(kept.map(|lane| self.first_row + (at + lane) as u32));
            }
            at += lanes;
        }
    }
}
