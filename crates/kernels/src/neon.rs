//! NEON, the base line of 64-bit Arm.

#![allow(unsafe_code, reason = "vector loads through pointers; the contract is that of `entry::Table`")]

use std::arch::aarch64::{
    float32x4_t, int8x16_t, int32x4_t, uint8x16_t, vaddq_f32, vaddq_s32, vaddvq_f32, vaddvq_s32, vandq_u8,
    vcreate_s8, vcreate_u8, vcvt_f32_f16, vcvtq_f32_s32, vcvtq_f32_u32, vdupq_n_f32, vdupq_n_s32, vdupq_n_u8,
    veorq_u8, vfmaq_f32, vget_low_s8, vget_low_s16, vget_low_u16, vld1_u16, vld1q_f32, vld1q_s8, vld1q_u8,
    vmlal_high_s8, vmlal_s8, vmovl_s8, vmovl_s16, vmovl_u8, vmovl_u16, vmull_high_s8, vmull_s8, vpadalq_s16,
    vpaddlq_s16, vpaddq_s32, vreinterpret_f16_u16, vreinterpretq_s8_s32, vreinterpretq_s8_u8, vshrq_n_u8,
    vst1q_s32, vsubq_f32,
};

use crate::entry::{entry_points, own_table};
use crate::scalar::nibble_products;

own_table! {}

const LANES: usize = 4;
const BLOCK: usize = 4 * LANES;
pub(crate) const LANES_I8: usize = 16;

entry_points! { f32 rows 4, #[target_feature(enable = "neon")] }
entry_points! { i8 rows 4, #[target_feature(enable = "neon")] }
entry_points! { u8 product, registers of 4, #[target_feature(enable = "neon")] }
entry_points! { quantise, #[target_feature(enable = "neon")] }
entry_points! { u4 gather, #[target_feature(enable = "neon")] }

/// A number of rows, as many at a time as fill a register.
pub(crate) trait Lanes: Copy + Default {
    /// Four values. Needs NEON.
    unsafe fn load(from: *const Self) -> float32x4_t;
}

impl Lanes for f32 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> float32x4_t {
        // SAFETY: the caller guarantees four values.
        unsafe { vld1q_f32(from) }
    }
}

impl Lanes for u16 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> float32x4_t {
        // SAFETY: the caller guarantees four values.
        vcvt_f32_f16(vreinterpret_f16_u16(unsafe { vld1_u16(from) }))
    }
}

impl Lanes for u8 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> float32x4_t {
        // SAFETY: the caller guarantees four values.
        let bytes = vcreate_u8(u64::from(unsafe { from.cast::<u32>().read_unaligned() }));
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))))
    }
}

impl Lanes for i8 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> float32x4_t {
        // SAFETY: the caller guarantees four values.
        let bytes = vcreate_s8(u64::from(unsafe { from.cast::<u32>().read_unaligned() }));
        vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))))
    }
}

/// Four running sums a row hide the latency of the fused multiply-add; with four rows at a time each part
/// of the query is loaded once for four uses. 16 sums and 4 query parts fit into the 32 registers.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn sums<const ROWS: usize, const DIFFERENCE: bool, T: Lanes>(
    query: &[f32],
    starts: [*const T; ROWS],
    _ahead: [*const T; ROWS],
) -> [f32; ROWS] {
    let (dimensions, query_start) = (query.len(), query.as_ptr());
    let mut sums = [[vdupq_n_f32(0.0); 4]; ROWS];
    let mut at = 0;
    while at + BLOCK <= dimensions {
        for part in 0..4 {
            let offset = at + part * LANES;
            // SAFETY: `offset + LANES <= at + BLOCK <= dimensions`, which is where query and rows end.
            unsafe {
                let a = vld1q_f32(query_start.add(offset));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let b = T::load(starts[row].add(offset));
                    sums[part] = add_term::<DIFFERENCE>(sums[part], a, b);
                }
            }
        }
        at += BLOCK;
    }
    for part in 0..4 {
        let offset = at + part * LANES;
        if offset < dimensions {
            let end = dimensions.min(offset + LANES);
            // SAFETY: a row has values up to `end`; `padded` returns an array of 4 values.
            unsafe {
                let a = vld1q_f32(padded(&query[offset..end]).as_ptr());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let values = std::slice::from_raw_parts(starts[row].add(offset), end - offset);
                    let b = T::load(padded(values).as_ptr());
                    sums[part] = add_term::<DIFFERENCE>(sums[part], a, b);
                }
            }
        }
    }
    sums.map(|[a, b, c, d]| vaddvq_f32(vaddq_f32(vaddq_f32(a, b), vaddq_f32(c, d))))
}

#[inline]
#[target_feature(enable = "neon")]
fn add_term<const DIFFERENCE: bool>(sum: float32x4_t, a: float32x4_t, b: float32x4_t) -> float32x4_t {
    if DIFFERENCE {
        let difference = vsubq_f32(a, b);
        vfmaq_f32(sum, difference, difference)
    } else {
        vfmaq_f32(sum, a, b)
    }
}

/// Products of two bytes fit into 16 bits (the largest is 128 * 128 = 16,384), and `sadalp` adds pairs of
/// them into 32 bits.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let length = query.len();
    debug_assert_eq!(rows.len(), length * ROWS);
    let mut sums = [[vdupq_n_s32(0); 2]; ROWS];
    let mut at = 0;
    while at < length {
        let end = length.min(at + LANES_I8);
        // SAFETY: `sixteen` returns a pointer to 16 readable values: those of the slice if it has as many,
        // else those of the scratch array, which outlives the load.
        unsafe {
            let mut scratch = [0; LANES_I8];
            let a = vld1q_s8(sixteen(&query[at..end], &mut scratch));
            for (row, sums) in sums.iter_mut().enumerate() {
                let mut scratch = [0; LANES_I8];
                let b = vld1q_s8(sixteen(&rows[row * length + at..row * length + end], &mut scratch));
                sums[0] = vpadalq_s16(sums[0], vmull_s8(vget_low_s8(a), vget_low_s8(b)));
                sums[1] = vpadalq_s16(sums[1], vmull_high_s8(a, b));
            }
        }
        at = end;
    }
    sums.map(|[a, b]| vaddvq_s32(a).wrapping_add(vaddvq_s32(b)))
}

/// A pointer to 16 values: `values` itself if it has 16, else a copy of it with zeros behind.
#[inline]
pub(crate) fn sixteen(values: &[i8], scratch: &mut [i8; LANES_I8]) -> *const i8 {
    if values.len() == LANES_I8 {
        return values.as_ptr();
    }
    scratch[..values.len()].copy_from_slice(values);
    scratch.as_ptr()
}

/// `values`, at most 4 of them, with zeros behind.
#[inline]
fn padded<T: Lanes>(values: &[T]) -> [T; LANES] {
    std::array::from_fn(|lane| values.get(lane).copied().unwrap_or_default())
}

#[inline]
#[target_feature(enable = "neon")]
unsafe fn bias_i8(_query: &[i8]) -> i32 {
    0
}

/// A nibble is a small positive number as signed byte. Products of bytes have 16 bits, as has the sum of two with
/// nibbles.
#[inline]
#[target_feature(enable = "neon")]
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
                let first = vmlal_s8(
                    vmull_s8(vget_low_s8(of_low), vget_low_s8(low)),
                    vget_low_s8(of_high),
                    vget_low_s8(high),
                );
                let second = vmlal_high_s8(vmull_high_s8(of_low, low), of_high, high);
                *sum = vpadalq_s16(vpadalq_s16(*sum, first), second);
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

/// [`signed`] takes 128 from every byte of the matrix, and what that leaves out is 128 times the sum of the vector.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn first_sums(vector: &[i8], groups: &[u32]) -> int32x4_t {
    let values = groups.iter().flat_map(|group| &vector[4 * *group as usize..][..4]);
    vdupq_n_s32(128 * values.map(|value| i32::from(*value)).sum::<i32>())
}

#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn four(values: *const i8) -> int8x16_t {
    // SAFETY: the caller guarantees four values.
    vreinterpretq_s8_s32(vdupq_n_s32(unsafe { values.cast::<i32>().read_unaligned() }))
}

/// Sixteen bytes less 128 each, since the instructions multiply signed ones.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn signed(bytes: *const u8) -> int8x16_t {
    // SAFETY: the caller guarantees sixteen bytes.
    vreinterpretq_s8_u8(veorq_u8(unsafe { vld1q_u8(bytes) }, vdupq_n_u8(128)))
}

#[inline]
#[target_feature(enable = "neon")]
unsafe fn add_products_u8(sums: int32x4_t, bytes: *const u8, values: int8x16_t) -> int32x4_t {
    // SAFETY: the caller guarantees a register of bytes.
    let bytes = unsafe { signed(bytes) };
    let first = vpaddlq_s16(vmull_s8(vget_low_s8(bytes), vget_low_s8(values)));
    let second = vpaddlq_s16(vmull_high_s8(bytes, values));
    vaddq_s32(sums, vpaddq_s32(first, second))
}

#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn store_sums(sums: int32x4_t, out: &mut [i32]) {
    // SAFETY: the caller guarantees four places.
    unsafe { vst1q_s32(out.as_mut_ptr(), sums) };
}

/// The lower and the upper four bits of every byte.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn nibbles(bytes: uint8x16_t) -> (int8x16_t, int8x16_t) {
    let low = vandq_u8(bytes, vdupq_n_u8(15));
    (vreinterpretq_s8_u8(low), vreinterpretq_s8_u8(vshrq_n_u8::<4>(bytes)))
}
