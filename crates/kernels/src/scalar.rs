//! The portable level, and the meaning of the others.

#![allow(unsafe_code, reason = "offers the same unsafe function types as the vector levels")]

use crate::entry::{entry_points, own_table};
use crate::number::Number as Lanes;

own_table! {}

/// Independent sums, enough for the compiler to use whatever vector registers the target's base line has.
const LANES: usize = 16;

entry_points! { f32 rows 1, }
entry_points! { i8 rows 1, }
entry_points! { u8 product, registers of 16, }
entry_points! { quantise, }
entry_points! { u4 gather, }

#[inline]
unsafe fn sums<const ROWS: usize, const DIFFERENCE: bool, T: Lanes>(
    query: &[f32],
    starts: [*const T; ROWS],
    _ahead: [*const T; ROWS],
) -> [f32; ROWS] {
    starts.map(|start| {
        // SAFETY: the caller guarantees rows as long as the query.
        let row = unsafe { std::slice::from_raw_parts(start, query.len()) };
        sum::<DIFFERENCE, T>(query, row)
    })
}

#[inline]
fn sum<const DIFFERENCE: bool, T: Lanes>(a: &[f32], b: &[T]) -> f32 {
    let term = |x: f32, y: f32| if DIFFERENCE { (x - y) * (x - y) } else { x * y };
    let mut lanes = [0.0_f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += term(x[lane], y[lane].decode());
        }
    }
    for (lane, (x, y)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[lane] += term(*x, y.decode());
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0]
}

#[inline]
unsafe fn sums_i8<const ROWS: usize>(query: &[i8], rows: &[i8]) -> [i32; ROWS] {
    let mut rows = rows.chunks_exact(query.len().max(1));
    std::array::from_fn(|_| {
        let row = rows.next().unwrap_or_default();
        query.iter().zip(row).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    })
}

#[inline]
unsafe fn bias_i8(_query: &[i8]) -> i32 {
    0
}

#[inline]
unsafe fn sums_u4(query: &[i8], starts: [*const u8; 4]) -> [i32; 4] {
    let (low, high) = query.split_at(query.len() / 2);
    starts.map(|start| {
        // SAFETY: the caller guarantees half as many bytes as the query has.
        let row = unsafe { std::slice::from_raw_parts(start, low.len()) };
        low.iter().zip(high).zip(row).map(|((low, high), byte)| nibble_products(*low, *high, *byte)).sum()
    })
}

/// What one byte of a row adds to a dot product.
#[inline]
pub(crate) fn nibble_products(low: i8, high: i8, byte: u8) -> i32 {
    i32::from(low) * i32::from(byte & 15) + i32::from(high) * i32::from(byte >> 4)
}

#[inline]
unsafe fn first_sums(_vector: &[i8], _groups: &[u32]) -> [i32; LANES] {
    [0; LANES]
}

#[inline]
unsafe fn four(values: *const i8) -> [i8; 4] {
    // SAFETY: the caller guarantees four values.
    unsafe { values.cast::<[i8; 4]>().read() }
}

#[inline]
unsafe fn add_products_u8(mut sums: [i32; LANES], bytes: *const u8, values: [i8; 4]) -> [i32; LANES] {
    // SAFETY: the caller guarantees four bytes for each of the sums.
    let bytes = unsafe { bytes.cast::<[[u8; 4]; LANES]>().read() };
    for (sum, bytes) in sums.iter_mut().zip(bytes) {
        let products = bytes.iter().zip(values).map(|(byte, value)| i32::from(*byte) * i32::from(value));
        *sum += products.sum::<i32>();
    }
    sums
}

#[inline]
unsafe fn store_sums(sums: [i32; LANES], out: &mut [i32]) {
    out.copy_from_slice(&sums);
}
