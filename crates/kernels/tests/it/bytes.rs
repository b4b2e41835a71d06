//! `i8` kernels: exact on every level.

use huedb_kernels::{Kernels, U4_LENGTH_MAX};
use proptest::prelude::*;

use super::{LENGTHS, ROWS, Random, guarded};

fn exact(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum()
}

#[track_caller]
fn check_pair(a: &[i8], b: &[i8]) {
    for kernels in Kernels::all_available() {
        assert_eq!(kernels.dot_i8(a, b), exact(a, b), "{kernels:?} length=`{}`", a.len());
    }
}

#[test]
fn sums_are_exact_for_every_length_and_read_nothing_else() {
    let mut random = Random(5);
    for length in LENGTHS {
        let a: Vec<i8> = (0..length).map(|_| random.next() as i8).collect();
        let b: Vec<i8> = (0..length).map(|_| random.next() as i8).collect();
        for offset in [0, 1, 7, 13] {
            let (a, b) = (guarded(&a, offset, 113), guarded(&b, offset * 3, 101));
            check_pair(&a[offset..offset + length], &b[offset * 3..offset * 3 + length]);
        }
    }
}

#[test]
fn sums_are_exact_at_the_ends_of_the_range() {
    let ends = [i8::MIN, -127, -1, 0, 1, i8::MAX];
    for length in LENGTHS.chain([1_536, 4_096]) {
        for x in ends {
            for y in ends {
                check_pair(&vec![x; length], &vec![y; length]);
            }
        }
    }
}

#[test]
fn blocked_kernels_are_exact_for_every_length_and_number_of_rows() {
    let mut random = Random(6);
    for length in LENGTHS.chain([384, 1_536]) {
        for count in ROWS {
            let query: Vec<i8> = (0..length).map(|_| random.next() as i8).collect();
            let rows: Vec<i8> = (0..length * count).map(|_| random.next() as i8).collect();
            let expected: Vec<i32> = rows.chunks_exact(length).map(|row| exact(&query, row)).collect();
            let rows = guarded(&rows, 1, 113);
            for kernels in Kernels::all_available() {
                let mut out = vec![i32::MAX; count];
                kernels.dot_i8_many(&query, &rows[1..=length * count], &mut out);
                assert_eq!(out, expected, "{kernels:?} length=`{length}` rows=`{count}`");
            }
        }
    }
}

#[test]
fn gathered_sums_are_exact_for_every_length_stride_and_number_of_rows() {
    let mut random = Random(7);
    for length in LENGTHS.chain([192, 392]) {
        let stride = length + random.next() as usize % 70;
        let block: Vec<u8> = (0..stride * 9 + length).map(|_| random.next() as u8).collect();
        let query: Vec<i8> = (0..2 * length).map(|_| random.next() as i8).collect();
        let (low, high) = query.split_at(length);
        for count in ROWS {
            let rows: Vec<u32> = (0..count).map(|_| (random.next() % 10) as u32).collect();
            let expected: Vec<i32> = rows
                .iter()
                .map(|row| {
                    let bytes = &block[*row as usize * stride..];
                    let lower = low.iter().zip(bytes).map(|(a, b)| i32::from(*a) * i32::from(*b % 16));
                    let upper = high.iter().zip(bytes).map(|(a, b)| i32::from(*a) * i32::from(*b / 16));
                    lower.chain(upper).sum()
                })
                .collect();
            for kernels in Kernels::all_available() {
                let mut out = vec![i32::MAX; count];
                kernels.dot_u4_gather(&query, &block, stride, &rows, &mut out);
                assert_eq!(out, expected, "{kernels:?} length=`{length}` rows=`{rows:?}`");
            }
        }
    }
}

#[test]
fn gathered_sums_do_not_overflow_at_the_ends_of_the_range() {
    let (query, block) = (vec![i8::MIN; U4_LENGTH_MAX], vec![u8::MAX; U4_LENGTH_MAX / 2]);
    for kernels in Kernels::all_available() {
        let mut out = [0];
        kernels.dot_u4_gather(&query, &block, 0, &[0], &mut out);
        assert_eq!(out, [-(U4_LENGTH_MAX as i32) * 128 * 15], "{kernels:?}");
    }
}

proptest! {
    #[test]
    fn sums_are_exact_for_any_values(pairs in prop::collection::vec(any::<(i8, i8)>(), 0..2_000)) {
        let (a, b): (Vec<i8>, Vec<i8>) = pairs.into_iter().unzip();
        check_pair(&a, &b);
    }
}
