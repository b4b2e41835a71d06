//! The numbers of vectors, in either precision.

use std::borrow::Cow;
use std::ops::Range;

use huedb_kernels::{Kernels, f16_to_f32, prefetch_start};

/// Vectors of equal length, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Vectors<'a> {
    /// Numbers of 32 bits.
    F32(&'a [f32]),
    /// Numbers of 16 bits as [`f32_to_f16`](huedb_kernels::f32_to_f16) writes them. Every distance is that of the
    /// decoded numbers.
    F16(&'a [u16]),
}

impl<'a> Vectors<'a> {
    /// How many numbers there are.
    pub const fn len(self) -> usize {
        match self {
            Self::F32(numbers) => numbers.len(),
            Self::F16(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes of one number.
    pub(super) const fn number_bytes(self) -> usize {
        match self {
            Self::F32(_) => size_of::<f32>(),
            Self::F16(_) => size_of::<u16>(),
        }
    }

    /// The numbers at `range`; `None` unless all are there.
    pub fn get(self, range: Range<usize>) -> Option<Self> {
        match self {
            Self::F32(numbers) => numbers.get(range).map(Self::F32),
            Self::F16(numbers) => numbers.get(range).map(Self::F16),
        }
    }

    /// The numbers at `range`, all of which must be there.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::F32(numbers) => Self::F32(&numbers[range]),
            Self::F16(numbers) => Self::F16(&numbers[range]),
        }
    }

    /// The numbers in 32 bits; a copy if they have fewer.
    pub fn decoded(self) -> Cow<'a, [f32]> {
        match self {
            Self::F32(numbers) => Cow::Borrowed(numbers),
            Self::F16(numbers) => numbers.iter().map(|bits| f16_to_f32(*bits)).collect(),
        }
    }

    /// [`prefetch_start`] of the numbers.
    pub(super) fn prefetch_start(self) {
        match self {
            Self::F32(numbers) => prefetch_start(numbers),
            Self::F16(numbers) => prefetch_start(numbers),
        }
    }

    /// [`Kernels::dot_many`] of the vectors.
    pub(super) fn dot_many(self, kernels: Kernels, query: &[f32], out: &mut [f32]) {
        match self {
            Self::F32(rows) => kernels.dot_many(query, rows, out),
            Self::F16(rows) => kernels.dot_f16_many(query, rows, out),
        }
    }

    /// [`Kernels::dot_gather`] of some of the vectors.
    pub(super) fn dot_gather(self, kernels: Kernels, query: &[f32], rows: &[u32], out: &mut [f32]) {
        match self {
            Self::F32(block) => kernels.dot_gather(query, block, rows, out),
            Self::F16(block) => kernels.dot_f16_gather(query, block, rows, out),
        }
    }

    /// [`Kernels::squared_l2_gather`] of some of the vectors.
    pub(super) fn squared_l2_gather(self, kernels: Kernels, query: &[f32], rows: &[u32], out: &mut [f32]) {
        match self {
            Self::F32(block) => kernels.squared_l2_gather(query, block, rows, out),
            Self::F16(block) => kernels.squared_l2_f16_gather(query, block, rows, out),
        }
    }

    /// [`Kernels::squared_l2_many`] of the vectors.
    pub(super) fn squared_l2_many(self, kernels: Kernels, query: &[f32], out: &mut [f32]) {
        match self {
            Self::F32(rows) => kernels.squared_l2_many(query, rows, out),
            Self::F16(rows) => kernels.squared_l2_f16_many(query, rows, out),
        }
    }
}

#[cfg(test)]
mod tests;
