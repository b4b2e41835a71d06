use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::Passing;
use crate::vector::Scope;

const ROWS: u32 = 200_000;

/// Checks the set of the rows that `scope` selects, made with the memory of another.
fn check(scope: &Scope<'_>, rows: u32) {
    let within = scope.rows.start.min(rows)..scope.rows.end.min(rows);
    let expected: RoaringBitmap = within.filter(|row| scope.selects(*row)).collect();
    let mut passing = Passing::default();
    passing.set(&Scope::all(1), rows);
    assert_eq!(passing.count(), u64::from(rows));
    passing.set(scope, rows);
    let mut listed = vec![7; 3];
    passing.list(&mut listed);
    assert_eq!(listed, expected.iter().collect::<Vec<_>>());
    assert_eq!(passing.count(), expected.len());
    assert!((0..rows).step_by(77).all(|row| passing.contains(row) == expected.contains(row)));
    assert!(passing.sample(4).all(|row| expected.contains(row)));
    assert_eq!(passing.sample(4).next().is_none(), expected.is_empty());
}

/// Bitmaps that have containers of every kind, some of them runs.
fn bitmap() -> impl Strategy<Value = RoaringBitmap> {
    let values = prop::collection::vec(0..ROWS + 70_000, 0..200);
    let ranges = prop::collection::vec((0..ROWS + 70_000, 1..70_000_u32), 0..4);
    (values, ranges, 2..40_usize, any::<bool>(), any::<bool>()).prop_map(
        |(values, ranges, step, has_dense, optimise)| {
            let mut bitmap: RoaringBitmap = values.into_iter().collect();
            for (first, length) in ranges {
                bitmap.insert_range(first..first + length);
            }
            if has_dense {
                bitmap.extend((60_000..140_000).step_by(step));
            }
            if optimise {
                bitmap.optimize();
            }
            bitmap
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_set_holds_exactly_the_selected_rows(
        allowed in prop::option::of(bitmap()),
        excluded in prop::option::of(bitmap()),
        start in 0..ROWS,
        length in 0..ROWS * 2,
        rows in 1..ROWS,
    ) {
        let (allowed, excluded) = (allowed.as_ref(), excluded.as_ref());
        check(&Scope { allowed, excluded, rows: start..start + length, ..Scope::all(1) }, rows);
    }
}

#[test]
fn the_ends_of_containers_and_words_are_exact() {
    let ends = [0, 63, 64, 4_095, 4_096, 65_535, 65_536, 65_537, 131_071, 131_072];
    let single: RoaringBitmap = ends.into_iter().collect();
    let mut full = RoaringBitmap::new();
    full.insert_range(0..131_072);
    let mut runs = full.clone();
    runs.optimize();
    let of_more_than_three: RoaringBitmap = {
        let mut bitmap: RoaringBitmap = (0..5).map(|container| container << 16).collect();
        bitmap.insert_range(65_000..67_000);
        bitmap.optimize();
        bitmap
    };
    for rows in [1, 64, 65, 65_536, 65_537, 131_072, 131_073, ROWS] {
        for bitmap in [&single, &full, &runs, &of_more_than_three, &RoaringBitmap::new()] {
            check(&Scope { allowed: Some(bitmap), ..Scope::all(1) }, rows);
            check(&Scope { excluded: Some(bitmap), ..Scope::all(1) }, rows);
        }
    }
}
