//! Dates.

use super::*;

#[test]
fn dates_are_seconds_since_1970_in_utc() {
    for (text, seconds) in [
        ("1970-01-01", 0),
        ("2000-02-29", 951_782_400),
        ("2000-03-01T00:00:00Z", 951_868_800),
        ("2026-11-24T21:41:49Z", 1_795_556_509),
        ("2100-03-01", 4_107_542_400),
    ] {
        assert_eq!(Expiry::parse(text), Ok(Expiry(seconds)), "text={text}");
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "tomorrow",
        "2026",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "2026-2-3",
        "2026-02-03T10:00:00",
        "2026-02-03T24:00:00Z",
        "2026-02-03T10:00Z",
        "1969-12-31",
        "+026-01-01",
        "2026-01-01T00:00:00+01:00",
    ] {
        assert!(Expiry::parse(text).is_err(), "text={text}");
    }
}

#[test]
fn a_moment_is_past_once_it_has_come() {
    assert!(Expiry::parse("2020-01-01").unwrap().is_past());
    assert!(!Expiry::parse("9999-01-01").unwrap().is_past());
}
