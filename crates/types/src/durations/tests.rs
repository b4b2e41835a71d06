use super::*;

#[test]
fn a_duration_falls_into_the_first_bucket_that_holds_it() {
    let cases =
        [(0, 0), (100_000, 0), (100_001, 1), (10_000_000_000, 15), (10_000_000_001, 16), (u64::MAX, 16)];
    for (nanos, bucket) in cases {
        let durations = Durations::default();
        durations.observe(Duration::from_nanos(nanos));
        let filled = durations.counts().buckets.iter().position(|count| *count == 1);
        assert_eq!(filled, Some(bucket), "nanos={nanos}");
    }
}

#[test]
fn both_lists_of_bounds_say_the_same() {
    for (seconds, nanos) in DURATION_BOUNDS.iter().zip(BOUNDS_NANOS) {
        assert_eq!((seconds * 1e9).round() as u64, nanos);
    }
}

#[test]
fn a_sum_is_that_of_all_durations() {
    let durations = Durations::default();
    for millis in [1, 20, 300] {
        durations.observe(Duration::from_millis(millis));
    }
    let counts = durations.counts();
    assert_eq!((counts.count(), counts.nanos), (3, 321_000_000));
    assert!((counts.seconds() - 0.321).abs() < 1e-12, "{}", counts.seconds());
}
