//! The moment from which a token or a user is no longer valid.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment, in seconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Expiry(i64);

impl Expiry {
    /// Reads `2027-01-31` (from its first moment) or `2027-01-31T12:00:00Z`, both UTC.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let seconds = match text.split_once(['T', ' ']) {
            None => days(text).map(|days| days * 86_400),
            Some((date, time)) => time
                .strip_suffix('Z')
                .and_then(seconds_of_day)
                .and_then(|seconds| Some(days(date)? * 86_400 + seconds)),
        };
        seconds.map(Self).ok_or_else(|| "not a date like 2027-01-31 or 2027-01-31T12:00:00Z".to_owned())
    }

    pub(crate) fn is_past(self) -> bool {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0 <= since.as_secs() as i64
    }
}

/// Whole days from 1970-01-01 to a date of this or a later century.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_form = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    };
    if !is_form || year < 1970 || !(1..=12).contains(&month) || !(1..=length).contains(&day) {
        return None;
    }
    let leap_days = |year: i64| year / 4 - year / 100 + year / 400;
    let before_month = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
    let this_leap_day = i64::from(month > 2 && is_leap(year));
    Some((year - 1970) * 365 + leap_days(year - 1) - leap_days(1969) + before_month + this_leap_day + day - 1)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn seconds_of_day(time: &str) -> Option<i64> {
    let mut parts = time.splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let is_form = (hour.len(), minute.len(), second.len()) == (2, 2, 2);
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    (is_form && hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests;
