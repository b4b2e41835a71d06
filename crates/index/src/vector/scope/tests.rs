use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::Scope;

#[track_caller]
fn check(scope: &Scope<'_>, block_rows: u32, run_rows_max: u32) {
    let mut found = Vec::new();
    for run in scope.runs(block_rows, run_rows_max) {
        assert!(!run.is_empty() && run.len() <= run_rows_max as usize, "run=`{run:?}`");
        found.extend(run);
    }
    let expected: Vec<u32> = (0..block_rows)
        .filter(|row| scope.rows.contains(row))
        .filter(|row| scope.allowed.is_none_or(|rows| rows.contains(*row)))
        .filter(|row| scope.excluded.is_none_or(|rows| !rows.contains(*row)))
        .collect();
    assert_eq!(found, expected, "{scope:?}");
    let mut listed = Vec::new();
    scope.list(block_rows, &mut listed);
    assert_eq!(listed, expected, "{scope:?}");
    assert!(scope.rows_max(block_rows) >= expected.len() as u64, "{scope:?}");
}

#[test]
fn a_scope_of_everything_selects_every_row_in_runs() {
    check(&Scope::all(1), 1_000, 256);
    check(&Scope::all(1), 256, 256);
    check(&Scope::all(1), 0, 256);
}

#[test]
fn ranges_may_be_empty_or_lie_behind_the_block() {
    let bitmap = RoaringBitmap::from_iter([0, 5, 9, 10, 11]);
    for rows in [0..0, 5..5, 10..20, 8..20, 30..40] {
        let scope = Scope { rows, allowed: Some(&bitmap), excluded: Some(&bitmap), ..Scope::all(1) };
        check(&scope, 10, 4);
        check(&Scope { allowed: None, ..scope.clone() }, 10, 4);
        check(&Scope { excluded: None, ..scope }, 10, 4);
    }
}

#[test]
fn runs_cross_the_containers_of_a_bitmap() {
    let allowed: RoaringBitmap = (60_000..200_000).collect();
    let excluded: RoaringBitmap = (65_530..65_540).chain([131_071, 131_072]).collect();
    let scope = Scope { allowed: Some(&allowed), excluded: Some(&excluded), ..Scope::all(1) };
    check(&scope, 190_000, 1 << 20);
}

/// Rows in clumps, as filters and deletions make them.
fn bitmap() -> impl Strategy<Value = Option<RoaringBitmap>> {
    let clumps = prop::collection::vec((0_u32..600, 1_u32..40), 0..12);
    prop::option::of(
        clumps.prop_map(|clumps| {
            clumps.into_iter().flat_map(|(start, length)| start..start + length).collect()
        }),
    )
}

proptest! {
    #[test]
    fn exactly_the_allowed_rows_that_are_not_excluded_are_selected(
        allowed in bitmap(),
        excluded in bitmap(),
        (start, length) in (0_u32..600, 0_u32..600),
        run_rows_max in 1_u32..64,
    ) {
        let scope = Scope {
            rows: start..start + length,
            allowed: allowed.as_ref(),
            excluded: excluded.as_ref(),
            ..Scope::all(1)
        };
        check(&scope, 500, run_rows_max);
    }
}
