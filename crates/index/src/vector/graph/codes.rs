//! 8-bit codes that a walk compares, in two halves.
//!
//! A row has a code, unsigned bytes that stand for -119..=119 and lie 136 above them, and a header, the scale and
//! the squared length of the image, two floats. Of the squared distance `|x|^2 + |q|^2 - 2 x.q` the lengths are
//! those of the full images; only the dot product comes from codes.
//!
//! The upper four bits of all bytes, the *coarse* half of a row, lie before the lower four, the *fine* half. What
//! the fine half can change is known but for its direction, so a walk reads only the coarse half of most of the
//! rows that are too far away: three in four, and half the memory.
//!
//! A byte of a half holds the bits of two dimensions: byte `i` those of dimension `i` and, as its upper bits, those
//! of dimension `i + plane`. The header lies between the halves, so that whatever the first look reads lies in
//! consecutive cache lines; where it would take a line more, as with 384 dimensions, the headers of all rows lie
//! together behind the codes.

use std::ops::Range;

use huedb_kernels::{CODE_MAX, Kernels, U4_LENGTH_MAX, prefetch};

/// Bytes of a row's header.
const HEADER_BYTES: usize = 8;
const LINE_BYTES: usize = 64;
/// The largest code of a row. With the offset, zero lies in the middle of the numbers that have the same coarse half.
const ROW_CODE_MAX: f32 = 119.0;
/// Code bytes stand this much above the numbers that they mean.
const OFFSET: u8 = 136;
/// A unit of the coarse half.
const COARSE_UNIT: i32 = 16;
/// What the fine half is taken for while it is not known: the mean of its values.
const FINE_MEAN: f32 = 7.5;
/// By how many standard deviations the estimate from a coarse half is lowered before a row is given up for it.
const COARSE_DEVIATIONS: f32 = 2.5;

/// How the rows of a graph lie in one array of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeLayout {
    /// Dimensions of the images.
    pub(super) dimensions: usize,
    rows: usize,
    /// Bytes of each half.
    plane: usize,
    /// Where a row's fine half starts.
    fine_start: usize,
    /// Bytes from one row to the next.
    stride: usize,
    /// Where the header of the first row is.
    header_start: usize,
    /// Bytes from one header to the next.
    header_step: usize,
}

/// The least multiple of a line's bytes, or of 16 if that wastes more than one byte in five.
fn padded(bytes: usize) -> usize {
    let lines = bytes.next_multiple_of(LINE_BYTES);
    if (lines - bytes) * 5 <= lines { lines } else { bytes.next_multiple_of(16) }
}

impl CodeLayout {
    /// The layout of `rows` rows whose images have so many dimensions.
    pub(super) fn new(dimensions: usize, rows: usize) -> Self {
        let plane = dimensions.div_ceil(2);
        let (apart, together) = (padded(2 * plane), padded(2 * plane + HEADER_BYTES));
        let are_apart = apart.is_multiple_of(LINE_BYTES) && apart < together;
        let stride = if are_apart { apart } else { together };
        let coarse = if are_apart { plane } else { plane + HEADER_BYTES };
        let aligned = coarse.next_multiple_of(LINE_BYTES);
        let fine_start = if aligned + plane <= stride { aligned } else { coarse };
        let (header_start, header_step) =
            if are_apart { (stride.saturating_mul(rows), HEADER_BYTES) } else { (plane, stride) };
        Self { dimensions, rows, plane, fine_start, stride, header_start, header_step }
    }

    /// Whether images of so many dimensions can be encoded.
    pub(super) fn fits(dimensions: usize) -> bool {
        // The coarse sums are multiplied by the unit.
        dimensions < U4_LENGTH_MAX / (COARSE_UNIT as usize + 1)
    }

    /// The length of the array.
    pub(super) fn bytes(&self) -> usize {
        let per_row = if self.are_headers_apart() { self.stride + HEADER_BYTES } else { self.stride };
        per_row.saturating_mul(self.rows)
    }

    fn are_headers_apart(&self) -> bool {
        self.header_step != self.stride
    }

    fn row(&self, row: u32) -> Range<usize> {
        let start = row as usize * self.stride;
        start..start + self.stride
    }

    fn header(&self, row: u32) -> Range<usize> {
        let start = self.header_start + row as usize * self.header_step;
        start..start + HEADER_BYTES
    }

    /// Writes a row that was read from another array.
    pub(super) fn copy(&self, from: &NodeCodes<'_>, row: u32, bytes: &mut [u8], to: u32) {
        bytes[self.row(to)].copy_from_slice(&from.bytes[from.layout.row(row)]);
        bytes[self.header(to)].copy_from_slice(&from.bytes[from.layout.header(row)]);
    }

    /// The array in parts of so many rows each, for encoding several at a time: the number of the first row, then
    /// the codes, then the headers if these lie apart.
    pub(super) fn parts<'b>(
        &self,
        bytes: &'b mut [u8],
        rows: usize,
    ) -> impl Iterator<Item = (u32, &'b mut [u8], &'b mut [u8])> {
        let (codes, headers) = bytes.split_at_mut(self.stride * self.rows);
        let mut headers = headers.chunks_mut(rows * HEADER_BYTES);
        let parts = codes.chunks_mut(rows * self.stride).enumerate();
        parts.map(move |(part, codes)| ((part * rows) as u32, codes, headers.next().unwrap_or_default()))
    }

    /// Encodes an image, whose squared length is `length`, as row `at` of a part.
    pub(super) fn encode(
        &self,
        image: &[f32],
        length: f32,
        (codes, headers): (&mut [u8], &mut [u8]),
        at: usize,
    ) {
        let mut signed = vec![0_i8; image.len()];
        let scale = Kernels::detect().quantise(image, ROW_CODE_MAX, &mut signed);
        let row = &mut codes[at * self.stride..][..self.stride];
        row.fill(0);
        for (dimension, code) in signed.iter().enumerate() {
            let byte = (*code as u8).wrapping_add(OFFSET);
            let (place, shift) =
                if dimension < self.plane { (dimension, 0) } else { (dimension - self.plane, 4) };
            row[place] |= (byte >> 4) << shift;
            row[self.fine_start + place] |= (byte & 15) << shift;
        }
        let header = if self.are_headers_apart() {
            &mut headers[at * HEADER_BYTES..][..HEADER_BYTES]
        } else {
            &mut row[self.plane..][..HEADER_BYTES]
        };
        header[..4].copy_from_slice(&scale.to_le_bytes());
        header[4..].copy_from_slice(&length.to_le_bytes());
    }
}

/// The rows of a graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeCodes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) layout: CodeLayout,
}

/// An image to compare rows with.
#[derive(Debug, Default, Clone)]
pub(super) struct CodedImage {
    /// The code, and a zero behind an odd number of dimensions.
    codes: Vec<i8>,
    /// What a dot product is too large by, since code bytes stand above what they mean.
    bias: i32,
    /// [`CodedImage::bias`] less what the fine halves add on average.
    coarse_bias: f32,
    /// Minus two times the scale.
    factor: f32,
    /// By how much an estimate from a coarse half is lowered, for a row whose scale is one.
    coarse_slack: f32,
    /// The squared length.
    length: f32,
}

impl CodedImage {
    /// Becomes the code of an image.
    pub(super) fn set(&mut self, image: &[f32], length: f32, codes: &NodeCodes<'_>) {
        self.codes.clear();
        self.codes.resize(2 * codes.layout.plane, 0);
        let scale = Kernels::detect().quantise(image, CODE_MAX, &mut self.codes[..image.len()]);
        self.set_derived(scale, length);
    }

    /// Becomes the image of a row.
    pub(super) fn set_row(&mut self, row: u32, codes: &NodeCodes<'_>) {
        let CodeLayout { dimensions, plane, fine_start, .. } = codes.layout;
        let bytes = &codes.bytes[codes.layout.row(row)];
        let both = bytes[..plane].iter().zip(&bytes[fine_start..][..plane]);
        self.codes.resize(2 * plane, 0);
        let (lower, upper) = self.codes.split_at_mut(plane);
        for ((lower, upper), (coarse, fine)) in lower.iter_mut().zip(upper).zip(both) {
            *lower = ((coarse << 4) | (fine & 15)).wrapping_sub(OFFSET) as i8;
            *upper = ((coarse & 0xF0) | (fine >> 4)).wrapping_sub(OFFSET) as i8;
        }
        self.codes[dimensions..].fill(0);
        let (scale, length) = codes.header(row);
        self.set_derived(scale, length);
    }

    /// The numbers that the code stands for.
    pub(super) fn values(&self) -> impl Iterator<Item = f32> {
        let scale = self.factor / -2.0;
        self.codes.iter().map(move |code| f32::from(*code) * scale)
    }

    fn set_derived(&mut self, scale: f32, length: f32) {
        let sum: i32 = self.codes.iter().map(|code| i32::from(*code)).sum();
        self.bias = sum * i32::from(OFFSET);
        self.coarse_bias = self.bias as f32 - FINE_MEAN * sum as f32;
        self.factor = -2.0 * scale;
        self.length = length;
        self.coarse_slack = COARSE_DEVIATIONS * 2.0 * length.sqrt() * COARSE_UNIT as f32 / 12.0_f32.sqrt();
    }
}

impl NodeCodes<'_> {
    /// Scale and squared length.
    #[inline]
    fn header(&self, row: u32) -> (f32, f32) {
        let header = &self.bytes[self.layout.header(row)];
        let float =
            |at: usize| f32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        (float(0), float(4))
    }

    /// Whether two rows have the same code and length, so that nothing tells them apart.
    #[inline]
    pub(super) fn are_same(&self, row: u32, other: u32) -> bool {
        let bytes = |row| &self.bytes[self.layout.row(row)];
        self.header(row) == self.header(other) && bytes(row) == bytes(other)
    }

    /// Asks for the coarse half and the header of a row to be brought into the cache.
    #[inline]
    pub(super) fn prefetch_coarse(&self, row: u32) {
        let start = row as usize * self.layout.stride;
        if self.layout.are_headers_apart() {
            prefetch(&self.bytes[start..][..self.layout.plane]);
            prefetch(&self.bytes[self.layout.header(row)]);
        } else {
            prefetch(&self.bytes[start..][..self.layout.plane + HEADER_BYTES]);
        }
    }

    /// Asks for the fine half of a row to be brought into the cache.
    #[inline]
    pub(super) fn prefetch_fine(&self, row: u32) {
        prefetch(
            &self.bytes[row as usize * self.layout.stride + self.layout.fine_start..][..self.layout.plane],
        );
    }

    /// The standard deviation of the estimated squared distance of a row, if what the codes round off, up to half
    /// a unit in every dimension, is as good as random.
    pub(super) fn deviation(&self, image: &CodedImage, row: u32) -> f32 {
        let (scale, length) = self.header(row);
        let of_image = length * image.factor * image.factor;
        let of_row = 4.0 * image.length * scale * scale;
        ((of_image + of_row) / 12.0).sqrt()
    }

    /// Fills `dots` with the dot products of the coarse halves of `rows`, at most [`GROUP`], and `bounds` with
    /// distances that the estimates from the whole codes are hardly ever below.
    #[inline]
    pub(super) fn coarse(
        &self,
        kernels: Kernels,
        image: &CodedImage,
        rows: &[u32],
        (dots, bounds): (&mut [i32], &mut [f32]),
    ) {
        kernels.dot_u4_gather(&image.codes, self.bytes, self.layout.stride, rows, dots);
        for ((bound, dot), row) in bounds.iter_mut().zip(dots).zip(rows) {
            let (scale, length) = self.header(*row);
            let product = (COARSE_UNIT * *dot) as f32 - image.coarse_bias;
            *bound = length + image.length + scale * (image.factor * product - image.coarse_slack);
        }
    }

    /// Fills `out` with the estimated squared distances of `rows`, at most [`GROUP`] of them, whose coarse halves
    /// gave `dots`.
    #[inline]
    pub(super) fn fine(
        &self,
        kernels: Kernels,
        image: &CodedImage,
        rows: &[u32],
        dots: &[i32],
        out: &mut [f32],
    ) {
        let mut fine = [0; GROUP];
        let fine = &mut fine[..rows.len()];
        let block = &self.bytes[self.layout.fine_start..];
        kernels.dot_u4_gather(&image.codes, block, self.layout.stride, rows, fine);
        for (((out, coarse), fine), row) in out.iter_mut().zip(dots).zip(fine).zip(rows) {
            let (scale, length) = self.header(*row);
            let product = COARSE_UNIT * coarse + *fine - image.bias;
            *out = length + image.length + image.factor * scale * product as f32;
        }
    }

    /// Fills `out` with the estimated squared distances of `rows`, at most [`GROUP`] of them.
    #[inline]
    pub(super) fn distances(&self, kernels: Kernels, image: &CodedImage, rows: &[u32], out: &mut [f32]) {
        let mut dots = [0; GROUP];
        let dots = &mut dots[..rows.len()];
        kernels.dot_u4_gather(&image.codes, self.bytes, self.layout.stride, rows, dots);
        self.fine(kernels, image, rows, dots, out);
    }

    /// Calls `with` for the rows of `range`, some after the others, with the place of the first of them in the range and
    /// the estimated squared distances of all.
    #[inline]
    pub(super) fn distances_of_range(
        &self,
        kernels: Kernels,
        image: &CodedImage,
        range: Range<u32>,
        mut with: impl FnMut(usize, &[f32]),
    ) {
        let (mut rows, mut out) = ([0; GROUP], [0.0; GROUP]);
        for start in range.clone().step_by(GROUP) {
            let count = ((range.end - start) as usize).min(GROUP);
            (start..).zip(&mut rows[..count]).for_each(|(row, at)| *at = row);
            self.distances(kernels, image, &rows[..count], &mut out[..count]);
            with((start - range.start) as usize, &out[..count]);
        }
    }
}

/// Rows that are compared at once, at most.
pub(super) const GROUP: usize = 8;

#[cfg(test)]
mod tests;
