//! Numbers of fewer than 32 bits, and the kernels over rows of them.

use std::fmt::Debug;

use huedb_kernels::{F16_MAX, Kernels, Number, f16_to_f32, f32_to_f16};

use super::{ROWS, Random, guarded};

/// Not a number, so that reading beyond the rows shows.
const AROUND_F16: u16 = 0x7E01;

/// What the bits mean by the definition of the format, in double precision; every such number is an `f32` too.
fn defined(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3FF) / 1024.0);
    match exponent {
        0 => sign * fraction * (-14.0_f64).exp2(),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction) * f64::from(exponent - 15).exp2(),
    }
}

#[test]
fn all_bits_are_decoded_as_defined_and_encoded_back() {
    for bits in 0..=u16::MAX {
        let (found, expected) = (f16_to_f32(bits), defined(bits));
        if expected.is_nan() {
            assert!(found.is_nan() && f16_to_f32(f32_to_f16(found)).is_nan(), "bits=`{bits:#x}`");
            assert_eq!(found.is_sign_negative(), bits >> 15 == 1, "bits=`{bits:#x}`");
        } else {
            assert_eq!(f64::from(found).to_bits(), expected.to_bits(), "bits=`{bits:#x}`");
            assert_eq!(f32_to_f16(found), bits);
        }
    }
}

#[test]
fn a_number_in_between_is_rounded_to_the_nearest_and_from_the_middle_to_the_even_one() {
    for bits in 0..0x7C00_u16 {
        let (low, high) = (f16_to_f32(bits), if bits == 0x7BFF { 65_536.0 } else { f16_to_f32(bits + 1) });
        let middle = low.midpoint(high);
        let even = bits + (bits & 1);
        for (value, expected) in [(middle.next_down(), bits), (middle, even), (middle.next_up(), bits + 1)] {
            assert_eq!(f32_to_f16(value), expected, "value=`{value}`");
            assert_eq!(f32_to_f16(-value), expected | 0x8000, "value=`-{value}`");
        }
    }
}

#[test]
fn what_is_too_large_becomes_infinity_and_what_is_too_small_zero() {
    assert_eq!(f32_to_f16(F16_MAX), 0x7BFF);
    for value in [65_520.0, 1e30, f32::MAX, f32::INFINITY] {
        assert_eq!((f32_to_f16(value), f32_to_f16(-value)), (0x7C00, 0xFC00), "value=`{value}`");
    }
    for value in [0.0, 1e-30, f32::MIN_POSITIVE, f32::from_bits(1)] {
        assert_eq!((f32_to_f16(value), f32_to_f16(-value)), (0, 0x8000), "value=`{value}`");
    }
}

#[track_caller]
fn check_rows<T: Number + Debug>(query: &[f32], rows: &[T], (count, around): (usize, T)) {
    let decoded: Vec<f32> = rows.iter().map(|number| number.decode()).collect();
    let rows = guarded(rows, 1, around);
    let rows = &rows[1..=decoded.len()];
    for kernels in Kernels::all_available() {
        let case = format!("{kernels:?} length=`{}` rows=`{count}`", query.len());
        let (mut found, mut expected) = (vec![f32::NAN; count], vec![f32::NAN; count]);
        kernels.dot_many(query, rows, &mut found);
        kernels.dot_many(query, &decoded, &mut expected);
        assert_eq!(bits(&found), bits(&expected), "dot {case}");
        kernels.squared_l2_many(query, rows, &mut found);
        kernels.squared_l2_many(query, &decoded, &mut expected);
        assert_eq!(bits(&found), bits(&expected), "l2 {case}");
        let backwards: Vec<u32> = (0..count as u32).rev().collect();
        kernels.squared_l2_gather(query, rows, &backwards, &mut found);
        expected.reverse();
        assert_eq!(bits(&found), bits(&expected), "gathered l2 {case}");
        kernels.dot_gather(query, rows, &backwards, &mut found);
        kernels.dot_gather(query, &decoded, &backwards, &mut expected);
        assert_eq!(bits(&found), bits(&expected), "gathered dot {case}");
    }
}

/// The bits of sums; those of a not-a-number are no promise.
fn bits(sums: &[f32]) -> Vec<Option<u32>> {
    sums.iter().map(|sum| (!sum.is_nan()).then_some(sum.to_bits())).collect()
}

#[test]
fn kernels_give_bit_for_bit_what_they_give_for_the_decoded_rows() {
    let mut random = Random(11);
    for length in (1..=130).chain([257, 384]) {
        for count in ROWS {
            let query: Vec<f32> = (0..length).map(|_| random.float()).collect();
            let rows: Vec<u16> = (0..length * count).map(|_| f32_to_f16(random.float())).collect();
            check_rows(&query, &rows, (count, AROUND_F16));
            let signed: Vec<i8> = (0..length * count).map(|_| random.byte()).collect();
            check_rows(&query, &signed, (count, i8::MIN));
            let unsigned: Vec<u8> = signed.iter().map(|byte| *byte as u8).collect();
            check_rows(&query, &unsigned, (count, u8::MAX));
        }
    }
}

#[test]
fn special_numbers_go_through_at_every_position() {
    // Zeros, the smallest, largest and middle small numbers, ordinary ones, the largest, infinity, not-a-numbers.
    let specials = [0, 1, 0x155, 0x3FF, 0x400, 0x3C00, 0x3555, 0x7BFF, 0x7C00, 0x7C01, 0x7E00];
    for length in [1, 7, 8, 9, 31, 33, 65, 130] {
        for at in 0..length {
            for special in specials.into_iter().flat_map(|bits| [bits, bits | 0x8000]) {
                let mut row = vec![0x3800; length];
                row[at] = special;
                check_rows(&vec![0.75; length], &row, (1, AROUND_F16));
            }
        }
    }
}

#[test]
fn all_bits_go_through_every_kernel() {
    let rows: Vec<u16> = (0..=u16::MAX).collect();
    for length in [1, 4, 8, 16, 64] {
        check_rows(&vec![1.5; length], &rows, (rows.len() / length, AROUND_F16));
    }
    let (unsigned, signed): (Vec<u8>, Vec<i8>) = ((0..=u8::MAX).collect(), (i8::MIN..=i8::MAX).collect());
    for length in [1, 4, 8, 16, 64] {
        check_rows(&vec![1.5; length], &unsigned, (unsigned.len() / length, 1));
        check_rows(&vec![1.5; length], &signed, (signed.len() / length, 1));
    }
}
