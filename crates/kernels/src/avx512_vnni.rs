//! AVX-512 VNNI for 8-bit codes; floats as at the AVX-512 level.

#![allow(unsafe_code, reason = "vector loads through pointers; the contract is that of `entry::Table`")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_maskz_loadu_epi8,
    _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_srli_epi16, _mm512_xor_si512,
};

use crate::avx512::{self, first_sums, four, low_nibbles, store_sums};
use crate::entry::{Table, entry_points};
use crate::prefetch::prefetch_next_group;

pub(crate) const TABLE: Table = Table { dot_i8, dot_i8_many, product_u8, dot_u4_gather, ..avx512::TABLE };

const LANES: usize = 64;

entry_points! { i8 rows 4, #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")] }
entry_points! { u8 product, registers of 16, #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")] }
entry_points! { u4 gather, #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")] }

/// `vpdpbusd` multiplies unsigned by signed bytes, so the rows get 128 added (their top bit flipped) and
/// every sum comes out too large by `128 * sum(query)`, which is `bias_i8`. Sums wrap around in 32 bits and
/// the true result fits into them, so nothing is lost.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let length = query.len();
    debug_assert_eq!(rows.len(), length * ROWS);
    let (query, rows) = (query.as_ptr(), rows.as_ptr());
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    let mut at = 0;
    while at + 2 * LANES <= length {
        for part in 0..2 {
            let offset = at + part * LANES;
            // SAFETY: `offset + LANES <= length`, and row `row` starts at `row * length`.
            unsafe {
                let a = _mm512_loadu_si512(query.add(offset).cast());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let from = rows.add(row * length + offset);
                    prefetch_next_group::<ROWS, _>(from, length);
                    let b = _mm512_loadu_si512(from.cast());
                    sums[part] = add_products(sums[part], b, a);
                }
            }
        }
        at += 2 * LANES;
    }
    for part in 0..2 {
        let offset = at + part * LANES;
        if offset < length {
            let mask = u64::MAX >> LANES.saturating_sub(length - offset);
            // SAFETY: the mask leaves out every lane at or behind `length`; masked lanes are not read.
            unsafe {
                let a = _mm512_maskz_loadu_epi8(mask, query.add(offset));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let b = _mm512_maskz_loadu_epi8(mask, rows.add(row * length + offset));
                    sums[part] = add_products(sums[part], b, a);
                }
            }
        }
    }
    sums.map(|[a, b]| _mm512_reduce_add_epi32(_mm512_add_epi32(a, b)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn add_products(sums: __m512i, row: __m512i, query: __m512i) -> __m512i {
    _mm512_dpbusd_epi32(sums, _mm512_xor_si512(row, _mm512_set1_epi8(i8::MIN)), query)
}

/// `128 * sum(query)`, wrapped around in 32 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn bias_i8(query: &[i8]) -> i32 {
    let mut sum = _mm512_setzero_si512();
    let mut at = 0;
    while at < query.len() {
        let mask = u64::MAX >> LANES.saturating_sub(query.len() - at);
        // SAFETY: the mask leaves out every lane behind the query; masked lanes are not read.
        let part = unsafe { _mm512_maskz_loadu_epi8(mask, query.as_ptr().add(at)) };
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(i8::MIN), part);
        at += LANES;
    }
    _mm512_reduce_add_epi32(sum)
}

/// The nibbles are the unsigned operand that `vpdpbusd` wants, so nothing is too large here.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn sums_u4(query: &[i8], starts: [*const u8; 4]) -> [i32; 4] {
    let length = query.len() / 2;
    let mut sums = [_mm512_setzero_si512(); 4];
    let mut at = 0;
    while at < length {
        let mask = u64::MAX >> LANES.saturating_sub(length - at);
        // SAFETY: the mask leaves out every lane at or behind `length`, which is where the rows and either half
        // of the query end; masked lanes are not read.
        unsafe {
            let low = _mm512_maskz_loadu_epi8(mask, query.as_ptr().add(at));
            let high = _mm512_maskz_loadu_epi8(mask, query.as_ptr().add(length + at));
            for (sum, start) in sums.iter_mut().zip(starts) {
                let bytes = _mm512_maskz_loadu_epi8(mask, start.add(at).cast());
                *sum = _mm512_dpbusd_epi32(*sum, low_nibbles(bytes), low);
                *sum = _mm512_dpbusd_epi32(*sum, low_nibbles(_mm512_srli_epi16::<4>(bytes)), high);
            }
        }
        at += LANES;
    }
    avx512::reduce_four(sums)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add_products_u8(sums: __m512i, bytes: *const u8, values: __m512i) -> __m512i {
    // SAFETY: the caller guarantees a register of bytes.
    _mm512_dpbusd_epi32(sums, unsafe { _mm512_loadu_si512(bytes.cast()) }, values)
}
