use serde_json::json;

use super::{markdown, significant};

#[track_caller]
fn check_significant(value: f64, expected: &str) {
    assert_eq!(significant(value), expected, "value=`{value}`");
}

#[test]
fn numbers_are_shown_with_three_significant_digits() {
    check_significant(0.012_345, "0.0123");
    check_significant(1.234, "1.23");
    check_significant(98.76, "98.8");
    check_significant(12_345.6, "12346");
    check_significant(0.0, "0");
    check_significant(f64::NAN, "-");
}

#[test]
fn a_page_shows_both_servers_and_their_ratio() {
    let server = |name: &str, rate: f64| {
        json!({
            "name": name,
            "version": format!("{name} 1"),
            "median": {
                "operations": [{
                    "operation": "query", "concurrency": 8, "per_second": rate, "p50_ms": 1.5,
                    "p99_ms": 3.0, "cpu_ms_per_operation": 0.5, "recall_at_10": 1.0,
                }],
                "rss_bytes_loaded": 200e6,
            },
        })
    };
    let page = markdown(&json!({
        "command": "x", "machine": {"cores": 2}, "sizes": {}, "rounds": 3,
        "servers": [server("A", 600.0), server("B", 200.0)],
    }));
    assert!(page.contains("| query | 8 | 600 | 200 | 3.00 | 1.50 / 3.00 |"), "{page}");
    assert!(page.contains("| resident memory after the bulk add, MB | 200 | 200 |"), "{page}");
}
