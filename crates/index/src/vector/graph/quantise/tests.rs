//! Codes of a few numbers, among them the smallest and the largest.

use super::*;

#[test]
fn codes_are_the_nearest_integers() {
    let check = |values: &[f32], largest: f32, expected_scale: f32, expected: &[i8]| {
        let mut codes = vec![99; values.len()];
        assert_eq!(quantise(values, largest, &mut codes).to_bits(), expected_scale.to_bits(), "{values:?}");
        assert_eq!(codes, expected, "{values:?}");
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
