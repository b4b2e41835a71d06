use std::time::Duration;

use super::Sample;

#[track_caller]
fn check_percentile(latencies_ms: &[f64], share: f64, expected: f64) {
    let sample = Sample { latencies_ms: latencies_ms.to_vec(), ..Sample::default() };
    assert!((sample.percentile_ms(share) - expected).abs() < 1e-9, "share=`{share}`");
}

#[test]
fn percentiles_are_taken_from_the_sorted_latencies() {
    let latencies: Vec<f64> = (0..=100).map(f64::from).collect();
    check_percentile(&latencies, 0.5, 50.0);
    check_percentile(&latencies, 0.99, 99.0);
    check_percentile(&[7.0], 0.99, 7.0);
}

#[test]
fn a_sample_without_requests_has_no_percentile() {
    assert!(Sample::default().percentile_ms(0.5).is_nan());
}

#[test]
fn cpu_is_shared_among_the_requests() {
    let sample = Sample {
        latencies_ms: vec![1.0; 200],
        elapsed: Duration::from_secs(2),
        cpu: Some(Duration::from_secs(1)),
    };
    assert_eq!(sample.cpu_ms_per_request(), Some(5.0));
    assert!((sample.requests_per_second() - 100.0).abs() < 1e-9);
}
