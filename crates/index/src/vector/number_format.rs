//! The forms that numbers are kept in.

use huedb_kernels::{Number, f32_to_f16};

use super::Vectors;

/// A form of numbers. Many embeddings are made of numbers with few bits: pixels, counts, the outputs of models that
/// compute in 16 bits or round to one byte. Kept in the smallest form that holds them they take half or a quarter of
/// the space, and of the time until they are read, and are the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// Integers from 0 to 255.
    U8,
    /// Integers from -128 to 127.
    I8,
    /// Numbers of 16 bits.
    F16,
    /// Numbers of 32 bits.
    F32,
}

impl NumberFormat {
    /// All formats, smaller before larger.
    pub const ALL: [Self; 4] = [Self::U8, Self::I8, Self::F16, Self::F32];

    /// The bytes of one number.
    pub const fn number_bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    /// Whether the number can be had back to the last bit, the sign of a zero included.
    fn holds(self, value: f32) -> bool {
        let same = |back: f32| back.to_bits() == value.to_bits();
        match self {
            Self::U8 => same((value as u8).decode()),
            Self::I8 => same((value as i8).decode()),
            Self::F16 => same(f32_to_f16(value).decode()),
            Self::F32 => true,
        }
    }

    /// Appends the bytes of `values`. What the format does not hold is rounded.
    pub fn encode(self, values: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::U8 => out.extend(values.iter().map(|value| *value as u8)),
            Self::I8 => out.extend(values.iter().map(|value| (*value as i8).cast_unsigned())),
            Self::F16 => out.extend(values.iter().flat_map(|value| f32_to_f16(*value).to_le_bytes())),
            Self::F32 => out.extend_from_slice(bytemuck::cast_slice(values)),
        }
    }

    /// The numbers that [`NumberFormat::encode`] wrote; `None` if the bytes are no whole number of them or do not lie
    /// where numbers of this size can.
    pub fn decode(self, bytes: &[u8]) -> Option<Vectors<'_>> {
        Some(match self {
            Self::U8 => Vectors::U8(bytes),
            Self::I8 => Vectors::I8(bytemuck::try_cast_slice(bytes).ok()?),
            Self::F16 => Vectors::F16(bytemuck::try_cast_slice(bytes).ok()?),
            Self::F32 => Vectors::F32(bytemuck::try_cast_slice(bytes).ok()?),
        })
    }
}

/// The formats that hold every number seen so far.
#[derive(Debug, Clone)]
pub struct FormatChoice {
    /// One for each of [`NumberFormat::ALL`].
    holds: [bool; NumberFormat::ALL.len()],
}

impl Default for FormatChoice {
    fn default() -> Self {
        Self { holds: [true; NumberFormat::ALL.len()] }
    }
}

impl FormatChoice {
    /// Looks at more numbers.
    pub fn see(&mut self, values: &[f32]) {
        for (format, holds) in NumberFormat::ALL.into_iter().zip(&mut self.holds) {
            *holds = *holds && values.iter().all(|value| format.holds(*value));
        }
    }

    /// The smallest format that holds all of them.
    pub fn smallest(&self) -> NumberFormat {
        let mut formats = NumberFormat::ALL.into_iter().zip(self.holds);
        formats.find_map(|(format, holds)| holds.then_some(format)).unwrap_or(NumberFormat::F32)
    }
}

#[cfg(test)]
mod tests;
