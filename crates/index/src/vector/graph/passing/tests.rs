use roaring::RoaringBitmap;

use super::Passing;
use crate::vector::Scope;

#[test]
fn the_set_holds_exactly_the_selected_rows() {
    let rows = 1_000;
    let allowed: RoaringBitmap = (3..700).step_by(7).chain(63..66).chain(128..320).collect();
    let excluded: RoaringBitmap = [128, 191, 192, 699, 2_000].into_iter().collect();
    let scope = Scope { allowed: Some(&allowed), excluded: Some(&excluded), rows: 5..800, ..Scope::all(1) };
    let expected: Vec<u32> =
        (5..800).filter(|row| allowed.contains(*row) && !excluded.contains(*row)).collect();
    let mut passing = Passing::default();
    passing.set(&Scope::all(1), rows);
    assert_eq!(passing.rows().collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
    passing.set(&scope, rows);
    assert_eq!(passing.rows().collect::<Vec<_>>(), expected);
    assert_eq!(passing.count(), expected.len() as u64);
    assert!((0..rows).all(|row| passing.contains(row) == expected.contains(&row)));
    let sample: Vec<u32> = passing.sample(4).collect();
    assert!(sample.len() > 2 && sample.iter().all(|row| expected.contains(row)));
}
