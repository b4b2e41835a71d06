//! Errors of a few rows.

use super::*;

#[test]
fn estimates_are_trusted_as_far_as_they_were_right() {
    let check = |distance, errors: [f32; 4], rounded, times, bound, expected: f32| {
        let estimates = [1.0, 2.0, 3.0, 4.0];
        let factor = if distance == Distance::L2 { 1.0 } else { 2.0 };
        let pairs = estimates.iter().zip(errors);
        let distances: Vec<f32> = pairs.map(|(estimate, error)| (estimate + error) / factor).collect();
        let last = Errors::of(distance, &estimates, &distances, rounded).last_estimate(bound, times);
        assert!((last - expected).abs() < 1e-4, "last=`{last}` expected=`{expected}`");
    };
    check(Distance::L2, [0.0; 4], 0.0, 1.0, 4.0, 4.0);
    check(Distance::Cosine, [0.0; 4], 0.0, 1.0, 4.0, 8.0);
    check(Distance::L2, [0.0; 4], 0.5, 1.0, 4.0, 5.5);
    // All are too small by as much.
    check(Distance::L2, [0.5; 4], 0.0, 1.0, 4.0, 3.5);
    check(Distance::Ip, [-7.0; 4], 0.0, 1.0, 4.0, 15.0);
    let deviation = (4.0_f32 / 3.0).sqrt();
    check(Distance::L2, [1.0, -1.0, 1.0, -1.0], 0.0, 1.0, 4.0, 4.0 + 3.0 * deviation);
    check(Distance::L2, [1.0, -1.0, 1.0, -1.0], 0.0, 4.0, 4.0, 4.0 + 5.0 * deviation);
}

#[test]
fn distances_that_are_no_numbers_rule_out_nothing() {
    for distances in [[f32::INFINITY, 1.0], [f32::NAN, 1.0]] {
        let last = Errors::of(Distance::L2, &[1.0, 2.0], &distances, 0.1).last_estimate(5.0, 1.0);
        assert_eq!(last.to_bits(), f32::INFINITY.to_bits(), "{distances:?}");
    }
}
