//! 8-bit codes of a block's vectors, from which the exact nearest neighbours can be found.
//!
//! A scan of the full vectors is bound by memory bandwidth. The codes are a quarter of the bytes; they give
//! every row's distance up to an error that is known for sure, and only rows that the error leaves in doubt
//! are compared with their full vectors.
//!
//! # What a code is
//!
//! The *image* of a vector `x` is `x` itself under the squared Euclidean distance and the inner product, and
//! `x / |x|` under the cosine distance. Let `m` be the block's *centre*, any vector; subtracting it makes
//! the numbers smaller, and so the error. Each row stores for its image `y`
//! - the code `c`, integers in -127..=127, padded with zeros to a multiple of 64 bytes,
//! - the *scale* `s`; `s c` is the approximation of `y - m`,
//! - the *error*, at least `|y - m - s c|`, rounded up; infinite if nothing is known about the row, as for
//!   a vector with an infinity in it, or one without a direction under the cosine distance,
//! - the *norm* `|s c|`, rounded down.
//!
//! # How a search uses it
//!
//! The query's image `z` is approximated in the same way by `t b`, with an error `f` known exactly.
//!
//! *Euclidean and cosine.* The cosine distance is half the squared Euclidean distance of the images. With
//! `a = |s c|^2 + |t b|^2 - 2 s t (c . b)`, the squared distance of the approximations, the triangle
//! inequality bounds that of the images: `|y - z|` is within `error + f` of the root of `a`.
//!
//! *Inner product.* Here the query is not centred. `y . z = m . z + s t (c . b) + r`, where the
//! Cauchy-Schwarz inequality bounds `|r|` by `norm * f + error * |z|`.
//!
//! `c . b` is exact integer arithmetic. To both bounds the largest rounding error of the `f32` kernel that
//! computes the returned distance is added, so that they hold for that number and not only for the true
//! distance. They are computed in double precision with slack for its rounding.
//!
//! A row stays a candidate while its lower bound is not above the k-th smallest upper bound. For a row that
//! does, the query's residual `z - t b`, quantised once more, is compared with its code too; this makes `f`
//! negligible at the price of a second pass over a code that is in the cache already. In the end the
//! candidates are rescored in the order of their lower bounds, until the next lower bound is above the k-th
//! distance.

mod encode;
mod estimate;
mod scan;

use huedb_kernels::I8_LENGTH_MAX;
use huedb_types::Distance;

pub use scan::CodedFlat;

/// Codes are padded to a multiple of this many bytes: a cache line, and the longest vector register.
const CODE_ALIGNMENT_BYTES: usize = 64;

/// Values each row has in the headers.
const HEADER_PLANES: usize = 3;

/// The codes of one block, as its writer holds them. The three arrays are what is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Codes {
    distance: Distance,
    dimensions: usize,
    codes: Vec<i8>,
    headers: Vec<f32>,
    centre: Vec<f32>,
}

impl Codes {
    /// One code a row, each `dimensions` rounded up to a multiple of 64 bytes.
    pub fn codes(&self) -> &[i8] {
        &self.codes
    }

    /// Three values a row: first the scales of all rows, then their errors, then their norms.
    pub fn headers(&self) -> &[f32] {
        &self.headers
    }

    /// One value a dimension.
    pub fn centre(&self) -> &[f32] {
        &self.centre
    }

    /// The codes as a search reads them.
    pub fn view(&self) -> BlockCodes<'_> {
        let rows = self.headers.len() / HEADER_PLANES;
        let (scales, rest) = self.headers.split_at(rows);
        let (errors, norms) = rest.split_at(rows);
        BlockCodes {
            distance: self.distance,
            dimensions: self.dimensions,
            stride: stride(self.dimensions),
            codes: &self.codes,
            scales,
            errors,
            norms,
            centre: &self.centre,
        }
    }
}

/// The codes of one block, borrowed from wherever they are stored.
#[derive(Debug, Clone, Copy)]
pub struct BlockCodes<'a> {
    distance: Distance,
    dimensions: usize,
    /// Bytes from one row's code to the next.
    stride: usize,
    codes: &'a [i8],
    scales: &'a [f32],
    errors: &'a [f32],
    norms: &'a [f32],
    centre: &'a [f32],
}

/// The arrays given are not the codes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodesError {
    /// Vectors of so many dimensions have no codes: their products would not fit into 32 bits.
    #[error("too many dimensions for 8-bit codes, dimensions=`{dimensions}`")]
    Dimensions {
        /// Dimensions of each vector.
        dimensions: usize,
    },
    /// An array does not have the length it should have.
    #[error("codes do not fit, array=`{array}`, length=`{length}`, expected=`{expected}`")]
    Length {
        /// Which array.
        array: &'static str,
        /// Its length.
        length: usize,
        /// The length it should have.
        expected: usize,
    },
}

impl<'a> BlockCodes<'a> {
    /// The codes of a block of `rows` rows, from arrays laid out as [`Codes`] says. They are only used for
    /// searches under the `distance` that they were encoded for.
    ///
    /// # Errors
    /// If an array does not have the length that goes with `rows` and `dimensions`.
    pub fn new(
        distance: Distance,
        dimensions: usize,
        rows: u32,
        (codes, headers, centre): (&'a [i8], &'a [f32], &'a [f32]),
    ) -> Result<Self, CodesError> {
        let stride = checked_stride(dimensions)?;
        let rows = rows as usize;
        check_length("codes", codes.len(), rows.saturating_mul(stride))?;
        check_length("headers", headers.len(), rows.saturating_mul(HEADER_PLANES))?;
        check_length("centre", centre.len(), dimensions)?;
        let (scales, rest) = headers.split_at(rows);
        let (errors, norms) = rest.split_at(rows);
        Ok(Self { distance, dimensions, stride, codes, scales, errors, norms, centre })
    }
}

fn check_length(array: &'static str, length: usize, expected: usize) -> Result<(), CodesError> {
    if length == expected { Ok(()) } else { Err(CodesError::Length { array, length, expected }) }
}

fn stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(CODE_ALIGNMENT_BYTES)
}

fn checked_stride(dimensions: usize) -> Result<usize, CodesError> {
    let stride = dimensions.checked_next_multiple_of(CODE_ALIGNMENT_BYTES);
    stride.filter(|stride| *stride <= I8_LENGTH_MAX).ok_or(CodesError::Dimensions { dimensions })
}

#[cfg(test)]
mod tests;
