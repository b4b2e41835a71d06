//! Making codes, and multiplying them with a matrix.

use huedb_kernels::{Kernels, U8_LENGTH_MAX};

use super::{Random, guarded};

#[test]
fn codes_are_the_nearest_integers() {
    let check = |values: &[f32], largest: f32, expected_scale: f32, expected: &[i8]| {
        for kernels in Kernels::all_available() {
            let mut codes = vec![99; values.len()];
            let scale = kernels.quantise(values, largest, &mut codes);
            assert_eq!(scale.to_bits(), expected_scale.to_bits(), "{kernels:?} {values:?}");
            assert_eq!(codes, expected, "{kernels:?} {values:?}");
        }
    };
    check(&[], 127.0, 0.0, &[]);
    check(&[0.0, 0.0], 127.0, 0.0, &[0, 0]);
    check(&[1.0, -127.0, 0.4, 0.6], 127.0, 1.0, &[1, -127, 0, 1]);
    check(&[238.0, -1.0, 0.9, -3.2], 119.0, 2.0, &[119, 0, 0, -2]);
    // One over their scale is not a number that single precision has.
    check(&[1e-44, -1e-40, 0.0], 127.0, 1e-40 / 127.0, &[0, 0, 0]);
    check(&[f32::MAX, f32::MIN, 0.0], 127.0, f32::MAX / 127.0, &[127, -127, 0]);
    let ramp: Vec<f32> = (-127..=127).map(|value| value as f32 * 0.25).collect();
    check(&ramp, 127.0, 0.25, &(-127..=127).collect::<Vec<i8>>());
}

#[test]
fn all_levels_make_the_same_codes() {
    let mut random = Random(3);
    for length in 0..200 {
        let values: Vec<f32> = (0..length).map(|_| random.float()).collect();
        let made = Kernels::all_available().into_iter().map(|kernels| {
            let mut codes = vec![99; length];
            (kernels.quantise(&values, 119.0, &mut codes).to_bits(), codes)
        });
        let made: Vec<_> = made.collect();
        assert!(made.iter().all(|codes| codes == &made[0]), "length=`{length}`");
    }
}

/// The products by their definition.
fn defined(vector: &[i8], groups: &[u32], matrix: &[u8], rows: usize) -> Vec<i32> {
    let product = |row: usize, group: u32, at: usize| {
        let group = group as usize;
        i32::from(matrix[(group * rows + row) * 4 + at]) * i32::from(vector[group * 4 + at])
    };
    let of_row = |row| {
        groups
            .iter()
            .flat_map(|group| (0..4).map(move |at| (*group, at)))
            .map(|(group, at)| product(row, group, at))
            .sum()
    };
    (0..rows).map(of_row).collect()
}

#[track_caller]
fn check(vector: &[i8], groups: &[u32], matrix: &[u8], rows: usize) {
    let expected = defined(vector, groups, matrix, rows);
    let (vector, matrix) = (guarded(vector, 1, 77), guarded(matrix, 3, 99));
    for kernels in Kernels::all_available() {
        let mut found = vec![-1; rows];
        kernels.product_u8(&vector[1..vector.len() - 64], groups, &matrix[3..matrix.len() - 64], &mut found);
        assert_eq!(found, expected, "{kernels:?} rows=`{rows}` groups=`{}`", groups.len());
    }
}

#[test]
fn a_product_is_the_sum_of_the_groups_that_are_named() {
    let mut random = Random(4);
    for rows in (0..=20).map(|registers| registers * 16) {
        for columns in [1, 2, 5, 60] {
            let vector: Vec<i8> = (0..4 * columns).map(|_| random.byte()).collect();
            let matrix: Vec<u8> = (0..4 * columns * rows).map(|_| random.byte() as u8).collect();
            let all: Vec<u32> = (0..columns as u32).collect();
            let some: Vec<u32> = all.iter().copied().filter(|group| group % 3 != 1).collect();
            for groups in [&all, &some, &Vec::new()] {
                check(&vector, groups, &matrix, rows);
            }
        }
    }
}

#[test]
fn the_largest_products_fit() {
    let groups: Vec<u32> = (0..U8_LENGTH_MAX as u32 / 4).collect();
    for value in [i8::MIN, i8::MAX] {
        let (vector, matrix) = (vec![value; U8_LENGTH_MAX], vec![u8::MAX; U8_LENGTH_MAX * 16]);
        check(&vector, &groups, &matrix, 16);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for kernels in Kernels::all_available() {
        let refused = |vector: usize, groups: &[u32], matrix: usize, rows: usize| {
            let call = || kernels.product_u8(&vec![0; vector], groups, &vec![0; matrix], &mut vec![0; rows]);
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err(), "{kernels:?}");
        };
        refused(4, &[0], 60, 15);
        refused(4, &[1], 128, 16);
        refused(8, &[1], 127, 16);
        refused(3, &[0], 64, 16);
        refused(8, &[u32::MAX], 128, 16);
    }
}
