//! The `dotprod` instructions of Armv8.2 for 8-bit codes; floats as at the NEON level.

#![allow(unsafe_code, reason = "vector loads through pointers; the contract is that of `entry::Table`")]

use std::arch::aarch64::{int8x16_t, int32x4_t, vaddvq_s32, vdupq_n_s32, vld1q_s8, vld1q_u8};
use std::arch::asm;

use crate::entry::{Table, entry_points};
use crate::neon::{self, LANES_I8, first_sums, four, nibbles, signed, sixteen, store_sums};
use crate::scalar::nibble_products;

pub(crate) const TABLE: Table = Table { dot_i8, dot_i8_many, product_u8, dot_u4_gather, ..neon::TABLE };

entry_points! { i8 rows 4, #[target_feature(enable = "neon,dotprod")] }
entry_points! { u8 product, registers of 4, #[target_feature(enable = "neon,dotprod")] }
entry_points! { u4 gather, #[target_feature(enable = "neon,dotprod")] }

#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let length = query.len();
    debug_assert_eq!(rows.len(), length * ROWS);
    let mut sums = [[vdupq_n_s32(0); 2]; ROWS];
    let mut at = 0;
    while at < length {
        let end = length.min(at + LANES_I8);
        let part = at / LANES_I8 % 2;
        // SAFETY: `sixteen` returns a pointer to 16 readable values: those of the slice if it has as many,
        // else those of the scratch array, which outlives the load.
        unsafe {
            let mut scratch = [0; LANES_I8];
            let a = vld1q_s8(sixteen(&query[at..end], &mut scratch));
            for (row, sums) in sums.iter_mut().enumerate() {
                let mut scratch = [0; LANES_I8];
                let b = vld1q_s8(sixteen(&rows[row * length + at..row * length + end], &mut scratch));
                sums[part] = add_products(sums[part], a, b);
            }
        }
        at = end;
    }
    sums.map(|[a, b]| vaddvq_s32(a).wrapping_add(vaddvq_s32(b)))
}

/// `sdot`: four products of bytes are added to each 32-bit sum. The intrinsic of this name is not stable.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add_products(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the function's target feature has the instruction; it only changes its first register.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {a:v}.16b, {b:v}.16b",
            sums = inout(vreg) sums,
            a = in(vreg) a,
            b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn bias_i8(_query: &[i8]) -> i32 {
    0
}

/// A nibble is a small positive number for `sdot`.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn sums_u4(query: &[i8], starts: [*const u8; 4]) -> [i32; 4] {
    let length = query.len() / 2;
    let mut sums = [vdupq_n_s32(0); 4];
    let mut at = 0;
    while at + LANES_I8 <= length {
        // SAFETY: `at + LANES_I8 <= length`, which is where the rows and either half of the query end.
        unsafe {
            let low = vld1q_s8(query.as_ptr().add(at));
            let high = vld1q_s8(query.as_ptr().add(length + at));
            for (sum, start) in sums.iter_mut().zip(starts) {
                let (of_low, of_high) = nibbles(vld1q_u8(start.add(at)));
                *sum = add_products(add_products(*sum, of_low, low), of_high, high);
            }
        }
        at += LANES_I8;
    }
    let mut sums = sums.map(|sum| vaddvq_s32(sum));
    for (sum, start) in sums.iter_mut().zip(starts) {
        for place in at..length {
            // SAFETY: `place` is below the length of the row.
            let byte = unsafe { *start.add(place) };
            *sum += nibble_products(query[place], query[length + place], byte);
        }
    }
    sums
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn add_products_u8(sums: int32x4_t, bytes: *const u8, values: int8x16_t) -> int32x4_t {
    // SAFETY: the caller guarantees a register of bytes.
    add_products(sums, unsafe { signed(bytes) }, values)
}
