//! Making codes.

use huedb_types::Distance;

use super::{Codes, CodesError, HEADER_PLANES, checked_stride};
use crate::vector::distance::SAFE_INVERSE_NORMS;
use crate::vector::query::norm;
use crate::vector::{Flat, VectorIndex, inverse_norm};

/// The largest code; -128 is left out so that the range is symmetric.
const CODE_MAX: f64 = 127.0;

/// Relative slack for what double precision rounds off: far above its `dimensions * 2^-53`, far below the
/// quantisation error.
pub(super) const SLACK: f64 = 1e-9;

impl Codes {
    /// Encodes all rows of a block for searches under `distance`.
    ///
    /// Takes three passes over the vectors, in the order of a nanosecond per value together.
    ///
    /// # Errors
    /// [`CodesError::Dimensions`] if the vectors are longer than codes can be.
    pub fn encode(distance: Distance, block: &Flat<'_>) -> Result<Self, CodesError> {
        let dimensions = block.dimensions();
        let stride = checked_stride(dimensions)?;
        let rows = block.rows() as usize;
        let centre = centre(distance, block);
        let centre_norm = norm(&centre);
        let mut codes = vec![0; rows * stride];
        let mut headers = vec![0.0; rows * HEADER_PLANES];
        let mut image = vec![0.0; dimensions];
        for row in 0..rows {
            let known = write_image(distance, block.vector(row as u32), &mut image);
            let code = &mut codes[row * stride..][..dimensions];
            let header = if known {
                for (value, centre) in image.iter_mut().zip(&centre) {
                    *value -= f64::from(*centre);
                }
                encode_row(&image, centre_norm, code)
            } else {
                None
            };
            let header = header.unwrap_or_else(|| {
                code.fill(0);
                Header { scale: 0.0, error: f32::INFINITY, norm: 0.0 }
            });
            headers[row] = header.scale;
            headers[rows + row] = header.error;
            headers[2 * rows + row] = header.norm;
        }
        Ok(Self { distance, dimensions, codes, headers, centre })
    }
}

/// Writes the image of a vector, the thing whose centred value is encoded; false if it has none.
pub(super) fn write_image(distance: Distance, vector: &[f32], image: &mut [f64]) -> bool {
    let factor = match distance {
        Distance::L2 | Distance::Ip => 1.0,
        Distance::Cosine if SAFE_INVERSE_NORMS.contains(&inverse_norm(vector)) => 1.0 / norm(vector),
        Distance::Cosine => return false,
    };
    for (image, value) in image.iter_mut().zip(vector) {
        *image = f64::from(*value) * factor;
    }
    image.iter().all(|value| value.is_finite())
}

/// The mean of the images, or zero if subtracting the mean would not make them shorter on the whole. It
/// could make most of them longer if a few are huge.
fn centre(distance: Distance, block: &Flat<'_>) -> Vec<f32> {
    let mut image = vec![0.0; block.dimensions()];
    let mut sums = vec![0.0; block.dimensions()];
    let mut known_rows = 0.0;
    for row in 0..block.rows() {
        if write_image(distance, block.vector(row), &mut image) {
            known_rows += 1.0;
            for (sum, value) in sums.iter_mut().zip(&image) {
                *sum += value;
            }
        }
    }
    let mean: Vec<f32> = sums.iter().map(|sum| (sum / f64::max(known_rows, 1.0)) as f32).collect();
    let (mut lengths, mut centred_lengths) = (0.0, 0.0);
    for row in 0..block.rows() {
        if write_image(distance, block.vector(row), &mut image) {
            lengths += length(&image);
            for (value, mean) in image.iter_mut().zip(&mean) {
                *value -= f64::from(*mean);
            }
            centred_lengths += length(&image);
        }
    }
    if centred_lengths < lengths { mean } else { vec![0.0; block.dimensions()] }
}

/// The Euclidean norm.
pub(super) fn length(image: &[f64]) -> f64 {
    image.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// What is stored about a row beside its code.
struct Header {
    scale: f32,
    error: f32,
    norm: f32,
}

/// Writes the code of a centred image; `None` if single precision cannot hold what goes with it.
fn encode_row(image: &[f64], centre_norm: f64, code: &mut [i8]) -> Option<Header> {
    let scale = scale(image) as f32;
    write_codes(image, f64::from(scale), code);
    let (mut image_square, mut error_square, mut code_square) = (0.0, 0.0, 0.0);
    for (value, code) in image.iter().zip(code.iter()) {
        let code = f64::from(*code);
        let error = value - f64::from(scale) * code;
        image_square += value * value;
        error_square += error * error;
        code_square += code * code;
    }
    // The image's own rounding is relative to its length before the centre was subtracted.
    let error = f64::sqrt(error_square) * (1.0 + SLACK) + SLACK * (f64::sqrt(image_square) + centre_norm);
    let norm = f64::from(scale) * f64::sqrt(code_square) * (1.0 - SLACK);
    let header = Header { scale, error: at_least(error), norm: at_most(norm) };
    (header.error.is_finite() && norm <= f64::from(f32::MAX)).then_some(header)
}

/// Writes the codes of `values` and returns their scale.
pub(super) fn quantise(values: &[f64], codes: &mut [i8]) -> f64 {
    let scale = scale(values);
    write_codes(values, scale, codes);
    scale
}

/// The scale under which the largest of `values` gets the largest code.
fn scale(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| f64::max(largest, value.abs())) / CODE_MAX
}

/// Writes the integers nearest to `values / scale`, as far as the range goes.
fn write_codes(values: &[f64], scale: f64, codes: &mut [i8]) {
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    for (code, value) in codes.iter_mut().zip(values) {
        *code = (value * inverse).round_ties_even().clamp(-CODE_MAX, CODE_MAX) as i8;
    }
}

/// The least `f32` that is not below `value`.
pub(super) fn at_least(value: f64) -> f32 {
    let rounded = value as f32;
    if f64::from(rounded) < value { rounded.next_up() } else { rounded }
}

/// The greatest `f32` that is not above `value`.
pub(super) fn at_most(value: f64) -> f32 {
    let rounded = value as f32;
    if f64::from(rounded) > value { rounded.next_down() } else { rounded }
}
