//! `f32` kernels.

use huedb_kernels::Kernels;

use super::{LENGTHS, ROWS, Random, guarded};

/// The exact sum of the terms, and the sum of their magnitudes, in double precision.
fn exact(a: &[f32], b: &[f32], term: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let terms = a.iter().zip(b).map(|(x, y)| term(f64::from(*x), f64::from(*y)));
    terms.fold((0.0, 0.0), |(sum, magnitude), term| (sum + term, magnitude + term.abs()))
}

/// The error that the crate guarantees.
fn error_max(length: usize, magnitude: f64) -> f64 {
    let n = length as f64;
    (n + 8.0) * (-24.0_f64).exp2() * magnitude + n * (-149.0_f64).exp2()
}

#[track_caller]
fn check_close(what: &str, kernels: Kernels, length: usize, found: f32, (sum, magnitude): (f64, f64)) {
    let error = (f64::from(found) - sum).abs();
    assert!(
        error <= error_max(length, magnitude),
        "{what}, {kernels:?}, length=`{length}`, found=`{found}`, expected=`{sum}`"
    );
}

#[track_caller]
fn check_pair(kernels: Kernels, a: &[f32], b: &[f32]) {
    let length = a.len();
    check_close("dot", kernels, length, kernels.dot(a, b), exact(a, b, |x, y| x * y));
    let squares = exact(a, b, |x, y| (x - y) * (x - y));
    check_close("squared_l2", kernels, length, kernels.squared_l2(a, b), squares);
    check_close("norm_squared", kernels, length, kernels.norm_squared(a), exact(a, a, |x, y| x * y));
}

#[test]
fn sums_are_as_close_to_the_exact_ones_as_promised_and_read_nothing_else() {
    let mut random = Random(1);
    for length in LENGTHS {
        let a: Vec<f32> = (0..length).map(|_| random.float()).collect();
        let b: Vec<f32> = (0..length).map(|_| random.float()).collect();
        for offset in [0, 1, 7, 13] {
            let (a, b) = (guarded(&a, offset, f32::NAN), guarded(&b, offset * 3, f32::NAN));
            for kernels in Kernels::all_available() {
                check_pair(kernels, &a[offset..offset + length], &b[offset * 3..offset * 3 + length]);
            }
        }
    }
}

#[test]
fn sums_are_as_close_as_promised_at_every_magnitude() {
    let mut random = Random(2);
    for magnitude in [1e-40_f32, 1e-30, 1e-19, 1e-10, 1.0, 1e10, 1e17] {
        for length in [1, 5, 100, 257] {
            let a: Vec<f32> = (0..length).map(|_| random.float() * magnitude).collect();
            let b: Vec<f32> = (0..length).map(|_| random.float() * magnitude).collect();
            for kernels in Kernels::all_available() {
                check_pair(kernels, &a, &b);
            }
        }
    }
}

#[test]
fn every_position_counts_once() {
    for length in LENGTHS {
        for at in 0..length {
            let mut a = vec![0.0; length];
            a[at] = 3.0;
            let b: Vec<f32> = (0..length).map(|i| i as f32 + 1.0).collect();
            for kernels in Kernels::all_available() {
                let (dot, expected) = (kernels.dot(&a, &b), 3.0 * b[at]);
                assert_eq!(dot.to_bits(), expected.to_bits(), "{kernels:?} length=`{length}` at=`{at}`");
                let square = kernels.squared_l2(&a, &vec![0.0; length]);
                assert_eq!(square.to_bits(), 9.0_f32.to_bits());
            }
        }
    }
}

/// Whether a result is finite, not a number, or which infinity.
fn kind(value: f32) -> (bool, f32) {
    (value.is_nan(), if value.is_infinite() { value.signum() } else { 0.0 })
}

#[test]
fn special_values_go_through_at_every_position() {
    let specials = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, f32::MIN_POSITIVE, f32::MAX];
    let scalar = Kernels::all_available()[0];
    for length in [1, 4, 15, 16, 17, 63, 64, 65, 100, 257] {
        for at in 0..length {
            for special in specials {
                let mut a = vec![0.5; length];
                a[at] = special;
                let b = vec![1.0; length];
                for kernels in Kernels::all_available() {
                    let case = format!("{kernels:?} length=`{length}` at=`{at}` special=`{special}`");
                    assert_eq!(kind(kernels.dot(&a, &b)), kind(scalar.dot(&a, &b)), "dot {case}");
                    assert_eq!(
                        kind(kernels.squared_l2(&a, &b)),
                        kind(scalar.squared_l2(&a, &b)),
                        "l2 {case}"
                    );
                }
            }
        }
    }
}

#[test]
fn infinities_of_both_signs_give_not_a_number() {
    let a = [f32::INFINITY, f32::NEG_INFINITY];
    for kernels in Kernels::all_available() {
        assert!(kernels.dot(&a, &[1.0, 1.0]).is_nan());
        assert!(kernels.dot(&a[..1], &[0.0]).is_nan());
        assert!(kernels.squared_l2(&a, &a).is_nan());
    }
}

#[test]
fn the_distance_of_a_vector_to_itself_is_zero() {
    let mut random = Random(3);
    for length in LENGTHS {
        let a: Vec<f32> = (0..length).map(|_| random.float()).collect();
        for kernels in Kernels::all_available() {
            assert_eq!(kernels.squared_l2(&a, &a).to_bits(), 0);
        }
    }
}

/// Rows in no order and some of them twice, against the results of all in their order.
#[track_caller]
fn check_gathered(kernels: Kernels, query: &[f32], block: &[f32], (dots, squares): (&[f32], &[f32])) {
    let count = dots.len() as u32;
    let rows: Vec<u32> = (0..count).rev().chain((0..count).step_by(2)).collect();
    let mut out = vec![f32::NAN; rows.len()];
    let expected = |all: &[f32]| rows.iter().map(|row| all[*row as usize].to_bits()).collect::<Vec<_>>();
    let bits = |out: &[f32]| out.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let case = format!("{kernels:?} length=`{}` rows=`{count}`", query.len());
    kernels.dot_gather(query, block, &rows, &mut out);
    assert_eq!(bits(&out), expected(dots), "dot {case}");
    kernels.squared_l2_gather(query, block, &rows, &mut out);
    assert_eq!(bits(&out), expected(squares), "l2 {case}");
}

#[test]
fn rows_that_the_block_does_not_have_are_refused() {
    let block = [1.0; 12];
    for kernels in Kernels::all_available() {
        let refused = |rows: &[u32], places: usize| {
            let mut out = vec![0.0; places];
            std::panic::catch_unwind(move || kernels.dot_gather(&[1.0; 4], &block, rows, &mut out)).is_err()
        };
        assert!(!refused(&[2, 0], 2) && !refused(&[], 0));
        assert!(refused(&[3], 1) && refused(&[0, u32::MAX], 2) && refused(&[0], 2) && refused(&[0, 1], 1));
    }
}

#[test]
fn blocked_kernels_give_bit_for_bit_what_the_one_row_kernels_give() {
    let mut random = Random(4);
    for length in LENGTHS {
        for count in ROWS {
            let query: Vec<f32> = (0..length).map(|_| random.float()).collect();
            let rows: Vec<f32> = (0..length * count).map(|_| random.float()).collect();
            let rows = guarded(&rows, 1, f32::NAN);
            let rows = &rows[1..=length * count];
            for kernels in Kernels::all_available() {
                let (mut dots, mut squares) = (vec![f32::NAN; count], vec![f32::NAN; count]);
                kernels.dot_many(&query, rows, &mut dots);
                kernels.squared_l2_many(&query, rows, &mut squares);
                for (row, vector) in rows.chunks_exact(length).enumerate() {
                    let case = format!("{kernels:?} length=`{length}` rows=`{count}` row=`{row}`");
                    assert_eq!(dots[row].to_bits(), kernels.dot(&query, vector).to_bits(), "{case}");
                    assert_eq!(
                        squares[row].to_bits(),
                        kernels.squared_l2(&query, vector).to_bits(),
                        "{case}"
                    );
                }
                check_gathered(kernels, &query, rows, (&dots, &squares));
            }
        }
    }
}
