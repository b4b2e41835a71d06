use proptest::prelude::*;

use super::{Neighbour, SharedBound, TopK};

#[track_caller]
fn check(k: usize, distances: &[f32], expected: &[u32]) {
    let mut top = TopK::new(k);
    for (row, distance) in (0..).zip(distances) {
        top.push(row, *distance);
    }
    let rows: Vec<u32> = top.into_sorted().into_iter().map(|neighbour| neighbour.row).collect();
    assert_eq!(rows, expected, "k=`{k}`, distances=`{distances:?}`");
}

#[test]
fn the_nearest_come_first_and_ties_go_to_the_lower_row() {
    check(3, &[3.0, 1.0, 2.0, 1.0, 5.0], &[1, 3, 2]);
    check(2, &[1.0; 5], &[0, 1]);
    check(1, &[2.0, -3.0], &[1]);
}

#[test]
fn k_may_be_zero_or_exceed_the_rows_by_any_factor() {
    check(0, &[1.0, f32::NEG_INFINITY], &[]);
    check(usize::MAX, &[2.0, 1.0], &[1, 0]);
    check(1 << 31, &[], &[]);
}

#[test]
fn zeros_of_both_signs_tie_and_not_a_number_comes_after_infinity() {
    check(3, &[0.0, -0.0, 0.0], &[0, 1, 2]);
    check(4, &[f32::NAN, f32::INFINITY, -f32::NAN, f32::MAX], &[3, 1, 0, 2]);
    check(1, &[f32::NAN, f32::INFINITY], &[1]);
}

#[test]
fn the_bound_is_the_kth_distance_once_there_are_k() {
    let mut top = TopK::new(2);
    assert!(top.bound().is_nan());
    assert!(top.push(0, 5.0));
    assert!(top.bound().is_nan());
    assert!(top.push(1, 3.0));
    assert_eq!(top.bound().to_bits(), 5.0_f32.to_bits());
    assert!(!top.push(2, 5.0), "a tie with a higher row is not nearer");
    assert!(top.push(3, 4.0));
    assert_eq!(top.bound().to_bits(), 4.0_f32.to_bits());
    assert_eq!((top.len(), top.is_empty()), (2, false));
}

#[test]
fn a_shared_bound_only_falls() {
    let bound = SharedBound::new();
    assert!(bound.load().is_nan());
    for (lowered_to, expected) in [
        (f32::INFINITY, f32::INFINITY),
        (2.0, 2.0),
        (3.0, 2.0),
        (f32::NAN, 2.0),
        (0.0, 0.0),
        (-1.5, -1.5),
        (-1.0, -1.5),
    ] {
        bound.lower(lowered_to);
        assert_eq!(bound.load().to_bits(), expected.to_bits(), "lowered_to=`{lowered_to}`");
    }
}

fn distance() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => (-4_i8..4).prop_map(f32::from),
        4 => any::<f32>(),
        1 => prop::sample::select(vec![0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
    ]
}

proptest! {
    #[test]
    fn the_result_is_the_head_of_the_sorted_rows_in_whatever_order_they_come(
        distances in prop::collection::vec(distance(), 0..200),
        k in 0_usize..50,
        split in 0_usize..200,
    ) {
        let mut expected: Vec<Neighbour> =
            (0..).zip(&distances).map(|(row, distance)| Neighbour::new(row, *distance)).collect();
        expected.sort_unstable();
        expected.truncate(k);

        let mut run = TopK::new(k);
        run.push_run(0, &distances);
        prop_assert_eq!(run.into_sorted(), expected.clone());

        let split = split.min(distances.len());
        let (mut first, mut second) = (TopK::new(k), TopK::new(k));
        first.push_run(0, &distances[..split]);
        second.push_run(split as u32, &distances[split..]);
        let mut merged = TopK::new(k);
        for neighbour in second.into_sorted().into_iter().chain(first.into_sorted()) {
            merged.push(neighbour.row, neighbour.distance);
        }
        prop_assert_eq!(merged.into_sorted(), expected);
    }

    #[test]
    fn a_shared_bound_orders_every_float_as_the_collector_does(a in any::<f32>(), b in any::<f32>()) {
        prop_assume!(!a.is_nan() && !b.is_nan());
        let bound = SharedBound::new();
        bound.lower(a);
        bound.lower(b);
        let nearest = if a.total_cmp(&b).is_lt() { a } else { b };
        prop_assert_eq!(bound.load().to_bits(), nearest.to_bits());
    }
}
