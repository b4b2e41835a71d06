//! AVX2 with FMA and F16C.

#![allow(unsafe_code, reason = "vector loads through pointers; the contract is that of `entry::Table`")]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_add_epi32, _mm_add_ps, _mm_add_ss, _mm_cvtsi128_si32, _mm_cvtss_f32,
    _mm_loadl_epi64, _mm_loadu_si128, _mm_movehdup_ps, _mm_movehl_ps, _mm_shuffle_epi32, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_andnot_si256, _mm256_castps256_ps128,
    _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps,
    _mm256_cvtepu8_epi32, _mm256_cvtph_ps, _mm256_extractf128_ps, _mm256_extracti128_si256, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_maskload_ps,
    _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_srli_epi16, _mm256_storeu_si256, _mm256_sub_ps,
};

use crate::entry::{entry_points, own_table};
use crate::prefetch::{prefetch_ahead, prefetch_next_group};
use crate::scalar::nibble_products;

own_table! {}

const LANES: usize = 8;
const BLOCK: usize = 4 * LANES;
const LANES_I8: usize = 16;

/// Eight lanes from `MASKS[8 - n]` on have their first `n` lanes set.
static MASKS: [i32; 2 * LANES] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

entry_points! { f32 rows 2, #[target_feature(enable = "avx2,fma,f16c")] }
entry_points! { i8 rows 4, #[target_feature(enable = "avx2,fma")] }
entry_points! { u8 product, registers of 8, #[target_feature(enable = "avx2,fma")] }
entry_points! { quantise, #[target_feature(enable = "avx2,fma")] }
entry_points! { u4 gather, #[target_feature(enable = "avx2,fma")] }

/// A number of rows, as many at a time as fill a register.
pub(crate) trait Lanes: Copy + Default {
    /// Eight values. Needs AVX2 and F16C.
    unsafe fn load(from: *const Self) -> __m256;

    /// The first `count` of eight values, which need not be there beyond, with zeros behind. Needs AVX2 and F16C.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load_first(from: *const Self, count: usize) -> __m256 {
        let mut values = [Self::default(); LANES];
        // SAFETY: as many values as the caller guarantees and the array has; the array has eight.
        unsafe {
            values.as_mut_ptr().copy_from_nonoverlapping(from, count.min(LANES));
            Self::load(values.as_ptr())
        }
    }
}

impl Lanes for f32 {
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(from: *const Self) -> __m256 {
        // SAFETY: the caller guarantees eight values.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load_first(from: *const Self, count: usize) -> __m256 {
        // SAFETY: `MASKS` has 8 lanes from any index up to 8 on. The mask leaves out every lane from `count` on;
        // masked lanes are not read.
        unsafe {
            let masks = MASKS.as_ptr().add(LANES.saturating_sub(count));
            _mm256_maskload_ps(from, _mm256_loadu_si256(masks.cast()))
        }
    }
}

impl Lanes for u16 {
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(from: *const Self) -> __m256 {
        // SAFETY: the caller guarantees eight values.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
    }
}

impl Lanes for u8 {
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(from: *const Self) -> __m256 {
        // SAFETY: the caller guarantees eight values.
        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(unsafe { _mm_loadl_epi64(from.cast()) }))
    }
}

impl Lanes for i8 {
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(from: *const Self) -> __m256 {
        // SAFETY: the caller guarantees eight values.
        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(unsafe { _mm_loadl_epi64(from.cast()) }))
    }
}

/// Four running sums a row hide the latency of the fused multiply-add; two rows at a time is what fits
/// into the 16 registers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn sums<const ROWS: usize, const DIFFERENCE: bool, T: Lanes>(
    query: &[f32],
    starts: [*const T; ROWS],
    ahead: [*const T; ROWS],
) -> [f32; ROWS] {
    let (dimensions, query) = (query.len(), query.as_ptr());
    let mut sums = [[_mm256_setzero_ps(); 4]; ROWS];
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
            let count = dimensions - offset;
            // SAFETY: query and rows have `count` values from `offset` on.
            unsafe {
                let a = f32::load_first(query.add(offset), count);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let b = T::load_first(starts[row].add(offset), count);
                    sums[part] = add_term::<DIFFERENCE>(sums[part], a, b);
                }
            }
        }
    }
    sums.map(|[a, b, c, d]| reduce(_mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d))))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn add_term<const DIFFERENCE: bool>(sum: __m256, a: __m256, b: __m256) -> __m256 {
    if DIFFERENCE {
        let difference = _mm256_sub_ps(a, b);
        _mm256_fmadd_ps(difference, difference, sum)
    } else {
        _mm256_fmadd_ps(a, b, sum)
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn reduce(sum: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

/// Widens to 16 bits: `vpmaddwd` adds pairs of products into 32 bits and cannot overflow there, whereas
/// the byte instruction `vpmaddubsw` would saturate at the ends of the range. With four rows at a time the
/// query is widened once for four uses.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let length = query.len();
    debug_assert_eq!(rows.len(), length * ROWS);
    let (query_start, rows_start) = (query.as_ptr(), rows.as_ptr());
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    let mut at = 0;
    while at + LANES_I8 <= length {
        let part = at / LANES_I8 % 2;
        // SAFETY: `at + LANES_I8 <= length`, and row `row` starts at `row * length`.
        unsafe {
            let a = load_wide(query_start.add(at));
            for (row, sums) in sums.iter_mut().enumerate() {
                let from = rows_start.add(row * length + at);
                prefetch_next_group::<ROWS, _>(from, length);
                let b = load_wide(from);
                sums[part] = _mm256_add_epi32(sums[part], _mm256_madd_epi16(a, b));
            }
        }
        at += LANES_I8;
    }
    if at < length {
        // SAFETY: `padded` returns an array of 16 values.
        unsafe {
            let a = load_wide(padded(&query[at..]).as_ptr());
            for (row, sums) in sums.iter_mut().enumerate() {
                let b = load_wide(padded(&rows[row * length + at..(row + 1) * length]).as_ptr());
                sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, b));
            }
        }
    }
    sums.map(|[a, b]| reduce_i32(_mm256_add_epi32(a, b)))
}

/// `values`, at most 15 of them, with zeros behind.
#[inline]
fn padded(values: &[i8]) -> [i8; LANES_I8] {
    std::array::from_fn(|lane| values.get(lane).copied().unwrap_or(0))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_wide(from: *const i8) -> __m256i {
    // SAFETY: the caller guarantees 16 readable bytes.
    let bytes: __m128i = unsafe { _mm_loadu_si128(from.cast()) };
    _mm256_cvtepi8_epi16(bytes)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn reduce_i32(sum: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two)))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn bias_i8(_query: &[i8]) -> i32 {
    0
}

/// `vpmaddubsw` adds pairs of products into 16 bits, which those with nibbles cannot overflow.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums_u4(query: &[i8], starts: [*const u8; 4]) -> [i32; 4] {
    const LANES: usize = 32;
    let length = query.len() / 2;
    let mut sums = [_mm256_setzero_si256(); 4];
    let mut at = 0;
    while at + LANES <= length {
        // SAFETY: `at + LANES <= length`, which is where the rows and either half of the query end.
        unsafe {
            let low = _mm256_loadu_si256(query.as_ptr().add(at).cast());
            let high = _mm256_loadu_si256(query.as_ptr().add(length + at).cast());
            for (sum, start) in sums.iter_mut().zip(starts) {
                let bytes = _mm256_loadu_si256(start.add(at).cast());
                let of_low = _mm256_maddubs_epi16(low_nibbles(bytes), low);
                let of_high = _mm256_maddubs_epi16(low_nibbles(_mm256_srli_epi16::<4>(bytes)), high);
                let both = _mm256_add_epi16(of_low, of_high);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(both, _mm256_set1_epi16(1)));
            }
        }
        at += LANES;
    }
    let mut sums = sums.map(|sum| reduce_i32(sum));
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
#[target_feature(enable = "avx2,fma")]
unsafe fn first_sums(_vector: &[i8], _groups: &[u32]) -> __m256i {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn four(values: *const i8) -> __m256i {
    // SAFETY: the caller guarantees four values.
    _mm256_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

/// `vpmaddubsw` adds pairs of products into 16 bits, where two do not fit: every other value is zero.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_products_u8(sums: __m256i, bytes: *const u8, values: __m256i) -> __m256i {
    // SAFETY: the caller guarantees a register of bytes.
    let bytes = unsafe { _mm256_loadu_si256(bytes.cast()) };
    let low = _mm256_set1_epi16(0xFF);
    let even = _mm256_maddubs_epi16(bytes, _mm256_and_si256(values, low));
    let odd = _mm256_maddubs_epi16(bytes, _mm256_andnot_si256(low, values));
    let sums = _mm256_add_epi32(sums, _mm256_madd_epi16(even, _mm256_set1_epi16(1)));
    _mm256_add_epi32(sums, _mm256_madd_epi16(odd, _mm256_set1_epi16(1)))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn store_sums(sums: __m256i, out: &mut [i32]) {
    // SAFETY: the caller guarantees as many places as the register has.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sums) };
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn low_nibbles(bytes: __m256i) -> __m256i {
    _mm256_and_si256(bytes, _mm256_set1_epi8(15))
}
