//! What rows may hold.

use crate::entry::{RowKernels, Table};
use crate::half::f16_to_f32;

/// A kind of number that rows are kept in and that the kernels decode on the way: `f32`, the bits of a 16-bit float
/// (`u16`, see [`f16_to_f32`]), and integers of one byte (`u8` and `i8`).
pub trait Number: Copy + Sealed {
    /// The number in 32 bits, which can hold every one.
    fn decode(self) -> f32;
}

/// Kinds of numbers that every level has functions for.
pub trait Sealed: Sized {
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: nobody outside can name or call it")]
    fn row_kernels(table: &Table) -> &RowKernels<Self>;
}

macro_rules! numbers {
    ($($number:ty, $table:ident, $decode:expr;)*) => {$(
        impl Number for $number {
            #[inline]
            fn decode(self) -> f32 {
                $decode(self)
            }
        }

        impl Sealed for $number {
            #[inline]
            #[allow(private_interfaces, reason = "sealed: nobody outside can name or call it")]
            fn row_kernels(table: &Table) -> &RowKernels<Self> {
                &table.$table
            }
        }
    )*};
}

numbers! {
    f32, of_f32, f32::from;
    u16, of_f16, f16_to_f32;
    u8, of_u8, f32::from;
    i8, of_i8, f32::from;
}
