//! 8-bit codes that a walk compares.
//!
//! A row is the code, unsigned bytes that stand for -127..=127 and lie 128 above them, zeros up to the header,
//! and the header at its end: the scale and the squared length of the image, two floats. So whatever a
//! comparison reads lies in consecutive cache lines.
//!
//! Of the squared distance `|x|^2 + |q|^2 - 2 x.q` the lengths are those of the full images; only the dot
//! product comes from codes.

use huedb_kernels::{Kernels, U8_LENGTH_MAX, prefetch};

use crate::vector::codes::quantise;

/// Bytes of the header.
const HEADER_BYTES: usize = 8;
const LINE_BYTES: usize = 64;
/// Code bytes stand this much above the numbers that they mean.
const OFFSET: u8 = 128;

/// Bytes from one row's code to the next: whole cache lines if that wastes less than one in seven.
pub(super) fn stride(dimensions: usize) -> usize {
    let bytes = dimensions + HEADER_BYTES;
    let lines = bytes.next_multiple_of(LINE_BYTES);
    if (lines - bytes) * 7 <= lines { lines } else { bytes.next_multiple_of(16) }
}

/// Whether images of so many dimensions can be encoded.
pub(super) fn fits(dimensions: usize) -> bool {
    stride(dimensions) <= U8_LENGTH_MAX
}

/// Writes the row of an image whose squared length, before any projection, is `length`.
pub(super) fn encode(image: &[f64], length: f32, row: &mut [u8]) {
    let mut signed = vec![0_i8; image.len()];
    let scale = quantise(image, &mut signed) as f32;
    for (byte, value) in row.iter_mut().zip(&signed) {
        *byte = (*value as u8) ^ OFFSET;
    }
    let header = row.len() - HEADER_BYTES;
    row[image.len()..header].fill(0);
    row[header..header + 4].copy_from_slice(&scale.to_le_bytes());
    row[header + 4..].copy_from_slice(&length.to_le_bytes());
}

/// The rows of a graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeCodes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) stride: usize,
    /// Dimensions of the images.
    pub(super) dimensions: usize,
}

/// An image to compare rows with.
#[derive(Debug, Default, Clone)]
pub(super) struct CodedImage {
    /// The code, then zeros over what a row has behind its code.
    codes: Vec<i8>,
    /// What a dot product is too large by.
    bias: i32,
    /// Minus two times the scale.
    factor: f32,
    /// The squared length.
    length: f32,
}

impl CodedImage {
    /// Becomes the code of an image.
    pub(super) fn set(&mut self, image: &[f64], length: f32, codes: &NodeCodes<'_>) {
        self.codes.clear();
        self.codes.resize(codes.compared_bytes(), 0);
        let scale = quantise(image, &mut self.codes[..image.len()]) as f32;
        self.factor = -2.0 * scale;
        self.length = length;
        self.set_bias();
    }

    /// Becomes the image of a row.
    pub(super) fn set_row(&mut self, row: u32, codes: &NodeCodes<'_>) {
        let bytes = codes.row(row);
        self.codes.clear();
        self.codes.extend(bytes[..codes.dimensions].iter().map(|byte| (byte ^ OFFSET) as i8));
        self.codes.resize(codes.compared_bytes(), 0);
        let (scale, length) = codes.header(row);
        self.factor = -2.0 * scale;
        self.length = length;
        self.set_bias();
    }

    fn set_bias(&mut self) {
        self.bias = self.codes.iter().map(|code| i32::from(*code)).sum::<i32>() * i32::from(OFFSET);
    }
}

impl<'a> NodeCodes<'a> {
    /// Bytes of a row that a comparison reads: whole lines where a row consists of such, else the code.
    fn compared_bytes(&self) -> usize {
        if self.stride.is_multiple_of(LINE_BYTES) { self.stride } else { self.dimensions }
    }

    #[inline]
    pub(super) fn row(&self, row: u32) -> &'a [u8] {
        &self.bytes[row as usize * self.stride..][..self.stride]
    }

    #[inline]
    fn header(&self, row: u32) -> (f32, f32) {
        let end = (row as usize + 1) * self.stride;
        let header = &self.bytes[end - HEADER_BYTES..end];
        let float =
            |at: usize| f32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        (float(0), float(4))
    }

    /// Asks for a row to be brought into the cache.
    #[inline]
    pub(super) fn prefetch(&self, row: u32) {
        prefetch(self.row(row));
    }

    /// Fills `out` with the estimated squared distances of `rows`, at most [`GROUP`] of them.
    #[inline]
    pub(super) fn distances(&self, kernels: Kernels, image: &CodedImage, rows: &[u32], out: &mut [f32]) {
        let mut dots = [0; GROUP];
        let dots = &mut dots[..rows.len()];
        kernels.dot_u8_gather(&image.codes, self.bytes, self.stride, rows, dots);
        for ((out, dot), row) in out.iter_mut().zip(dots).zip(rows) {
            let (scale, length) = self.header(*row);
            *out = length + image.length + image.factor * scale * (*dot - image.bias) as f32;
        }
    }
}

/// Rows that are compared at once, at most.
pub(super) const GROUP: usize = 8;
