//! AVX-512 F, BW and VL.

#![allow(unsafe_code, reason = "vector loads through pointers; the contract is that of `entry::Table`")]

use std::arch::x86_64::{
    __m512, __m512i, _mm_add_epi32, _mm_loadu_si128, _mm_maskz_loadu_epi8, _mm_storeu_si128,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_maskz_loadu_epi8, _mm256_maskz_loadu_epi16, _mm512_add_epi16, _mm512_add_epi32, _mm512_add_ps,
    _mm512_and_si512, _mm512_andnot_si512, _mm512_castsi512_si256, _mm512_cvtepi8_epi16,
    _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_cvtph_ps,
    _mm512_extracti64x4_epi64, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_madd_epi16,
    _mm512_maddubs_epi16, _mm512_maskz_loadu_epi8, _mm512_maskz_loadu_ps, _mm512_reduce_add_epi32,
    _mm512_reduce_add_ps, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_setzero_ps,
    _mm512_setzero_si512, _mm512_srli_epi16, _mm512_storeu_si512, _mm512_sub_ps, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use crate::entry::{entry_points, own_table};
use crate::prefetch::{prefetch_ahead, prefetch_next_group};

own_table! {}

const LANES: usize = 16;
const BLOCK: usize = 4 * LANES;
const LANES_I8: usize = 32;

entry_points! { f32 rows 4, #[target_feature(enable = "avx512f,avx512bw,avx512vl")] }
entry_points! { i8 rows 4, #[target_feature(enable = "avx512f,avx512bw,avx512vl")] }
entry_points! { u8 product, registers of 16, #[target_feature(enable = "avx512f,avx512bw,avx512vl")] }
entry_points! { quantise, #[target_feature(enable = "avx512f,avx512bw,avx512vl")] }
entry_points! { u4 gather, #[target_feature(enable = "avx512f,avx512bw,avx512vl")] }

/// A number of rows, as many at a time as fill a register.
pub(crate) trait Lanes: Copy {
    /// Sixteen values. Needs the level's instructions.
    unsafe fn load(from: *const Self) -> __m512;

    /// Those of sixteen values that `mask` has, and zeros; the others are not read. Needs the level's instructions.
    unsafe fn load_masked(mask: u16, from: *const Self) -> __m512;
}

impl Lanes for f32 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller guarantees sixteen values.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_masked(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller masks every value that may not be read.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }
}

impl Lanes for u16 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller guarantees sixteen values.
        _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_masked(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller masks every value that may not be read.
        _mm512_cvtph_ps(unsafe { _mm256_maskz_loadu_epi16(mask, from.cast()) })
    }
}

impl Lanes for u8 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller guarantees sixteen values.
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(unsafe { _mm_loadu_si128(from.cast()) }))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_masked(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller masks every value that may not be read.
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(unsafe { _mm_maskz_loadu_epi8(mask, from.cast()) }))
    }
}

impl Lanes for i8 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller guarantees sixteen values.
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(unsafe { _mm_loadu_si128(from.cast()) }))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_masked(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller masks every value that may not be read.
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(unsafe { _mm_maskz_loadu_epi8(mask, from.cast()) }))
    }
}

/// Four running sums a row hide the latency of the fused multiply-add; with four rows at a time each part
/// of the query is loaded once for four uses. 16 sums and 4 query parts fit into the 32 registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn sums<const ROWS: usize, const DIFFERENCE: bool, T: Lanes>(
    query: &[f32],
    starts: [*const T; ROWS],
    ahead: [*const T; ROWS],
) -> [f32; ROWS] {
    let (dimensions, query) = (query.len(), query.as_ptr());
    let mut sums = [[_mm512_setzero_ps(); 4]; ROWS];
    let mut at = 0;
    while at + BLOCK <= dimensions {
        for part in 0..4 {
            let offset = at + part * LANES;
            // SAFETY: `offset + LANES <= at + BLOCK <= dimensions`, which is where query and rows end.
            unsafe {
                let a = f32::load(query.add(offset));
                for (row, sums) in sums.iter_mut().enumerate() {
                    prefetch_ahead::<ROWS, _>(ahead[row].wrapping_add(offset));
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
            let mask = u16::MAX >> LANES.saturating_sub(dimensions - offset);
            // SAFETY: the mask leaves out every lane at or behind `dimensions`; masked lanes are not read.
            unsafe {
                let a = f32::load_masked(mask, query.add(offset));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let b = T::load_masked(mask, starts[row].add(offset));
                    sums[part] = add_term::<DIFFERENCE>(sums[part], a, b);
                }
            }
        }
    }
    sums.map(|[a, b, c, d]| _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d))))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn add_term<const DIFFERENCE: bool>(sum: __m512, a: __m512, b: __m512) -> __m512 {
    if DIFFERENCE {
        let difference = _mm512_sub_ps(a, b);
        _mm512_fmadd_ps(difference, difference, sum)
    } else {
        _mm512_fmadd_ps(a, b, sum)
    }
}

/// Widens to 16 bits: `vpmaddwd` adds pairs of products into 32 bits and cannot overflow there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let length = query.len();
    debug_assert_eq!(rows.len(), length * ROWS);
    let (query, rows) = (query.as_ptr(), rows.as_ptr());
    let mut sums = [_mm512_setzero_si512(); ROWS];
    let mut at = 0;
    while at < length {
        let mask = u32::MAX >> LANES_I8.saturating_sub(length - at);
        // SAFETY: the mask leaves out every lane at or behind `length`; masked lanes are not read.
        unsafe {
            let a = load_wide(mask, query.add(at));
            for (row, sum) in sums.iter_mut().enumerate() {
                let from = rows.add(row * length + at);
                prefetch_next_group::<ROWS, _>(from, length);
                let b = load_wide(mask, from);
                *sum = _mm512_add_epi32(*sum, _mm512_madd_epi16(a, b));
            }
        }
        at += LANES_I8;
    }
    sums.map(|sum| _mm512_reduce_add_epi32(sum))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load_wide(mask: u32, from: *const i8) -> __m512i {
    // SAFETY: the caller masks every lane that may not be read.
    _mm512_cvtepi8_epi16(unsafe { _mm256_maskz_loadu_epi8(mask, from) })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn bias_i8(_query: &[i8]) -> i32 {
    0
}

/// `vpmaddubsw` adds pairs of products into 16 bits, which those with nibbles cannot overflow.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn sums_u4(query: &[i8], starts: [*const u8; 4]) -> [i32; 4] {
    const LANES: usize = 64;
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
                let of_low = _mm512_maddubs_epi16(low_nibbles(bytes), low);
                let of_high = _mm512_maddubs_epi16(low_nibbles(_mm512_srli_epi16::<4>(bytes)), high);
                let both = _mm512_add_epi16(of_low, of_high);
                *sum = _mm512_add_epi32(*sum, _mm512_madd_epi16(both, _mm512_set1_epi16(1)));
            }
        }
        at += LANES;
    }
    reduce_four(sums)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(crate) unsafe fn first_sums(_vector: &[i8], _groups: &[u32]) -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(crate) unsafe fn four(values: *const i8) -> __m512i {
    // SAFETY: the caller guarantees four values.
    _mm512_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

/// `vpmaddubsw` adds pairs of products into 16 bits, where two do not fit: every other value is zero.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn add_products_u8(sums: __m512i, bytes: *const u8, values: __m512i) -> __m512i {
    // SAFETY: the caller guarantees a register of bytes.
    let bytes = unsafe { _mm512_loadu_si512(bytes.cast()) };
    let low = _mm512_set1_epi16(0xFF);
    let even = _mm512_maddubs_epi16(bytes, _mm512_and_si512(values, low));
    let odd = _mm512_maddubs_epi16(bytes, _mm512_andnot_si512(low, values));
    let sums = _mm512_add_epi32(sums, _mm512_madd_epi16(even, _mm512_set1_epi16(1)));
    _mm512_add_epi32(sums, _mm512_madd_epi16(odd, _mm512_set1_epi16(1)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(crate) unsafe fn store_sums(sums: __m512i, out: &mut [i32]) {
    // SAFETY: the caller guarantees as many places as the register has.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sums) };
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(crate) fn low_nibbles(bytes: __m512i) -> __m512i {
    _mm512_and_si512(bytes, _mm512_set1_epi8(15))
}

/// The sums of the lanes of four registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(crate) fn reduce_four([a, b, c, d]: [__m512i; 4]) -> [i32; 4] {
    let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    let abcd = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    let two = _mm256_add_epi32(_mm512_castsi512_si256(abcd), _mm512_extracti64x4_epi64::<1>(abcd));
    let one = _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256::<1>(two));
    let mut sums = [0; 4];
    // SAFETY: the array has the 16 bytes that are stored.
    unsafe { _mm_storeu_si128(sums.as_mut_ptr().cast(), one) };
    sums
}
