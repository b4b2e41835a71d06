//! The numbers of vectors, in whichever form they are kept.

use std::borrow::Cow;
use std::ops::Range;

use huedb_kernels::{Kernels, Number, prefetch, prefetch_start};

/// Vectors of equal length, one behind the other. Every distance is that of the numbers in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Vectors<'a> {
    /// Numbers of 32 bits.
    F32(&'a [f32]),
    /// Numbers of 16 bits as [`f32_to_f16`](huedb_kernels::f32_to_f16) writes them.
    F16(&'a [u16]),
    /// Integers from 0 to 255.
    U8(&'a [u8]),
    /// Integers from -128 to 127.
    I8(&'a [i8]),
}

/// The same of every kind of numbers.
macro_rules! each {
    ($vectors:expr, $numbers:ident => $result:expr) => {
        match $vectors {
            Vectors::F32($numbers) => $result,
            Vectors::F16($numbers) => $result,
            Vectors::U8($numbers) => $result,
            Vectors::I8($numbers) => $result,
        }
    };
}

impl<'a> Vectors<'a> {
    /// How many numbers there are.
    pub const fn len(self) -> usize {
        each!(self, numbers => numbers.len())
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes of one number.
    pub(super) const fn number_bytes(self) -> usize {
        each!(self, numbers => bytes_of_one(numbers))
    }

    /// The numbers at `range`; `None` unless all are there.
    pub fn get(self, range: Range<usize>) -> Option<Self> {
        (range.start <= range.end && range.end <= self.len()).then(|| self.slice(range))
    }

    /// The numbers at `range`, all of which must be there.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::F32(numbers) => Self::F32(&numbers[range]),
            Self::F16(numbers) => Self::F16(&numbers[range]),
            Self::U8(numbers) => Self::U8(&numbers[range]),
            Self::I8(numbers) => Self::I8(&numbers[range]),
        }
    }

    /// The numbers in 32 bits; a copy if they have fewer.
    pub fn decoded(self) -> Cow<'a, [f32]> {
        match self {
            Self::F32(numbers) => Cow::Borrowed(numbers),
            other => each!(other, numbers => numbers.iter().map(|number| number.decode()).collect()),
        }
    }

    /// [`prefetch`] of the numbers if they are few, else [`prefetch_start`].
    pub(super) fn prefetch(self) {
        const FEW_BYTES: usize = 1_024;
        each!(self, numbers => {
            if size_of_val(numbers) <= FEW_BYTES { prefetch(numbers) } else { prefetch_start(numbers) }
        });
    }

    /// [`Kernels::dot_many`] of the vectors.
    pub(super) fn dot_many(self, kernels: Kernels, query: &[f32], out: &mut [f32]) {
        each!(self, rows => kernels.dot_many(query, rows, out));
    }

    /// [`Kernels::dot_gather`] of some of the vectors.
    pub(super) fn dot_gather(self, kernels: Kernels, query: &[f32], rows: &[u32], out: &mut [f32]) {
        each!(self, block => kernels.dot_gather(query, block, rows, out));
    }

    /// [`Kernels::squared_l2_gather`] of some of the vectors.
    pub(super) fn squared_l2_gather(self, kernels: Kernels, query: &[f32], rows: &[u32], out: &mut [f32]) {
        each!(self, block => kernels.squared_l2_gather(query, block, rows, out));
    }

    /// [`Kernels::squared_l2_many`] of the vectors.
    pub(super) fn squared_l2_many(self, kernels: Kernels, query: &[f32], out: &mut [f32]) {
        each!(self, rows => kernels.squared_l2_many(query, rows, out));
    }
}

const fn bytes_of_one<T>(_numbers: &[T]) -> usize {
    size_of::<T>()
}

#[cfg(test)]
mod tests;
