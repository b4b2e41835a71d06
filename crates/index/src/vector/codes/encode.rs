//! Making codes.

use huedb_types::Distance;

use super::{Codes, CodesError, HEADER_PLANES, checked_stride};
use crate::vector::distance::SAFE_INVERSE_NORMS;
use crate::vector::query::norm;
use crate::vector::{Flat, VectorIndex, inverse_norm};

/// The largest code; -128 is left out so that the range is symmetric.
const CODE_MAX: f64 = 127.0;

/// Rows of which the centre is the mean.
const CENTRE_SAMPLE_ROWS: usize = 4_096;

/// Relative slack for what double precision rounds off: far above its `dimensions * 2^-53`, far below the
/// quantisation error.
pub(super) const SLACK: f64 = 1e-9;

impl Codes {
    /// Encodes all rows of a block for searches under `distance`.
    ///
    /// Takes in the order of a nanosecond a value, on one core.
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
            let known = write_image(distance, &block.vector(row as u32), &mut image);
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

/// The mean of the images of a sample of rows, or zero if subtracting it would not make them shorter on the
/// whole, as when a few are huge.
///
/// Embedding models often have a few dimensions whose values are large in every vector. They would make
/// the scale, and so the error, of every row large, though they tell nothing about which row is nearer.
fn centre(distance: Distance, block: &Flat<'_>) -> Vec<f32> {
    let step = (block.rows() as usize).div_ceil(CENTRE_SAMPLE_ROWS).max(1);
    let sample = || (0..block.rows()).step_by(step);
    let mut image = vec![0.0; block.dimensions()];
    let mut sums = vec![0.0; block.dimensions()];
    let mut known_rows = 0.0;
    for row in sample() {
        if write_image(distance, &block.vector(row), &mut image) {
            known_rows += 1.0;
            for (sum, value) in sums.iter_mut().zip(&image) {
                *sum += value;
            }
        }
    }
    let mean: Vec<f32> = sums.iter().map(|sum| (sum / f64::max(known_rows, 1.0)) as f32).collect();
    let (mut lengths, mut centred_lengths) = (0.0, 0.0);
    for row in sample() {
        if write_image(distance, &block.vector(row), &mut image) {
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
    sum(image, |value, _| value * value).sqrt()
}

/// The sum of `term` over the values and their positions, with eight running sums.
fn sum(values: &[f64], term: impl Fn(f64, usize) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for (chunk, values) in chunks.iter().enumerate() {
        for lane in 0..8 {
            sums[lane] += term(values[lane], chunk * 8 + lane);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        sums[lane] += term(*value, chunks.len() * 8 + lane);
    }
    sums.iter().sum()
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
    let approximation = |at: usize| f64::from(scale) * f64::from(code[at]);
    let image_length = length(image);
    let error_length = sum(image, |value, at| (value - approximation(at)).powi(2)).sqrt();
    let code_length = sum(image, |_, at| approximation(at).powi(2)).sqrt();
    // The image's own rounding is relative to its length before the centre was subtracted.
    let error = error_length * (1.0 + SLACK) + SLACK * (image_length + centre_norm);
    let norm = code_length * (1.0 - SLACK);
    let header = Header { scale, error: at_least(error), norm: at_most(norm) };
    (header.error.is_finite() && norm <= f64::from(f32::MAX)).then_some(header)
}

/// Writes the codes of `values` and returns their scale.
pub(super) fn quantise(values: &[f64], codes: &mut [i8]) -> f64 {
    let scale = scale(values);
    write_codes(values, scale, codes);
    scale
}

/// The scale under which the largest of `values` gets the code [`CODE_MAX`].
fn scale(values: &[f64]) -> f64 {
    let mut largest = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for values in chunks.iter().map(<[f64; 8]>::as_slice).chain([rest]) {
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = if value.abs() > *largest { value.abs() } else { *largest };
        }
    }
    largest.into_iter().fold(0.0, f64::max) / CODE_MAX
}

/// Writes the integers nearest to `values / scale`, as far as the range goes.
fn write_codes(values: &[f64], scale: f64, codes: &mut [i8]) {
    // Added to a small number, it leaves no bits for a fraction and the integer in the lowest ones. Rounding
    // instructions are not part of the x86-64 base line.
    const ROUND: f64 = (3_u64 << 51) as f64;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    for (code, value) in codes.iter_mut().zip(values) {
        *code = ((value * inverse).clamp(-CODE_MAX, CODE_MAX) + ROUND).to_bits() as i8;
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
