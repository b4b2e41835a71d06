//! The calendar against dates that are known, and against itself.

use super::*;

#[track_caller]
fn check(text: &str, seconds: i64) {
    let moment = Moment::at(seconds);
    assert_eq!(moment.to_string(), text, "seconds={seconds}");
    assert_eq!(moment.seconds(), Some(seconds), "text={text}");
}

#[test]
fn known_moments_read_as_they_are_written() {
    check("1970-01-01T00:00:00Z", 0);
    check("1969-12-31T23:59:59Z", -1);
    check("2000-02-29T12:00:00Z", 951_825_600);
    check("2026-11-24T21:55:22Z", 1_795_557_322);
    check("2038-01-19T03:14:08Z", 1 << 31);
    check("2100-03-01T00:00:00Z", 4_107_542_400);
    check("9999-12-31T23:59:59Z", 253_402_300_799);
}

#[test]
fn every_day_of_1600_years_follows_the_one_before() {
    let mut before = Moment::at(-SECONDS_PER_DAY);
    for day in 0..4 * DAYS_PER_CYCLE {
        let today = Moment::at(day * SECONDS_PER_DAY);
        let is_next = if today.day == 1 {
            today.month == before.month % 12 + 1 && before.day >= 28
        } else {
            (today.month, today.day) == (before.month, before.day + 1)
        };
        assert!(is_next, "{before} {today}");
        assert_eq!(today.seconds(), Some(day * SECONDS_PER_DAY));
        before = today;
    }
}

#[test]
fn what_is_no_date_has_no_seconds() {
    let noon = Moment { year: 2026, month: 4, day: 30, hour: 12, minute: 0, second: 0 };
    assert!(noon.seconds().is_some());
    for wrong in [
        Moment { day: 31, ..noon },
        Moment { day: 0, ..noon },
        Moment { month: 13, ..noon },
        Moment { month: 2, day: 29, ..noon },
        Moment { hour: 24, ..noon },
        Moment { second: 60, ..noon },
        Moment { year: -1, ..noon },
    ] {
        assert_eq!(wrong.seconds(), None, "{wrong:?}");
    }
}
