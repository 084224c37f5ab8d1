//! Dates and durations as readable text.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::token::{NumericDate, Timestamp};

/// Dates beyond this (the year 5138) are taken to be in milliseconds.
const IN_MILLISECONDS: f64 = 1e11;

/// A date and its distance from now: `2023-11-14 22:13:20 UTC, 3 h 12 min ago`.
pub(super) fn when(date: NumericDate, now: Timestamp) -> String {
    format!("{}, {}", moment(date), from_now(date, now))
}

/// The distance of a date from now: `3 h 12 min ago`, `in 45 s`, `now`.
pub(super) fn from_now(date: NumericDate, now: Timestamp) -> String {
    let difference = whole_seconds(date.seconds()).saturating_sub(seconds(now));
    match difference {
        0 => "now".to_owned(),
        1.. => format!("in {}", span(difference.unsigned_abs())),
        _ => format!("{} ago", span(difference.unsigned_abs())),
    }
}

/// A duration in its two largest units: `3 h 12 min`.
pub(super) fn span(seconds: u64) -> String {
    const UNITS: [(&str, u64); 5] =
        [("year", 31_556_952), ("day", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (name, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            let plural = if count > 1 && length > 3600 { "s" } else { "" };
            words.push(format!("{count} {name}{plural}"));
        } else if !words.is_empty() {
            break;
        }
        if words.len() == 2 {
            break;
        }
    }
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

/// A date in UTC, to the second: `2023-11-14 22:13:20 UTC`.
pub(super) fn moment(date: NumericDate) -> String {
    moment_of(whole_seconds(date.seconds()))
}

/// The current time in the format of [`moment`].
pub(super) fn time(now: Timestamp) -> String {
    moment_of(seconds(now))
}

fn moment_of(seconds: i64) -> String {
    let since_1970 = SignedDuration::from_secs(seconds);
    match DateTime::constant(1970, 1, 1, 0, 0, 0, 0).checked_add(since_1970) {
        Ok(date) if date.year() >= 0 => date.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        _ => format!("{seconds} s after 1970"),
    }
}

/// Whether the date seems to be in milliseconds instead of seconds.
pub(super) fn is_in_milliseconds(date: NumericDate) -> bool {
    date.seconds() > IN_MILLISECONDS
}

fn seconds(now: Timestamp) -> i64 {
    i64::try_from(now.milliseconds() / 1000).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and the result is only displayed"
)]
const fn whole_seconds(seconds: f64) -> i64 {
    seconds as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(seconds: f64) -> NumericDate {
        NumericDate::from_seconds(seconds).expect("a finite number")
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let table = [
            (0.0, "1970-01-01 00:00:00 UTC"),
            (-1.0, "1969-12-31 23:59:59 UTC"),
            (951_782_399.0, "2000-02-28 23:59:59 UTC"),
            (951_782_400.0, "2000-02-29 00:00:00 UTC"),
            (951_868_800.0, "2000-03-01 00:00:00 UTC"),
            (1_700_000_000.9, "2023-11-14 22:13:20 UTC"),
            (4_107_542_400.0, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799.0, "9999-12-31 23:59:59 UTC"),
            (253_402_300_800.0, "253402300800 s after 1970"),
            (-62_167_219_201.0, "-62167219201 s after 1970"),
        ];
        for (seconds, text) in table {
            assert_eq!(moment(date(seconds)), text);
        }
        let _ = (moment(date(f64::MAX)), moment(date(f64::MIN)));
    }

    #[test]
    fn durations_are_shown_in_their_two_largest_units() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3600, "1 h"),
            (3605, "1 h"),
            (11_520, "3 h 12 min"),
            (86_400, "1 day"),
            (200_000, "2 days 7 h"),
            (40_000_000, "1 year 97 days"),
        ];
        for (seconds, text) in table {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn the_distance_of_a_date_is_shown() {
        let now = Timestamp::from_seconds(1000);
        let table = [(1000.0, "now"), (1045.0, "in 45 s"), (-520.0, "25 min 20 s ago")];
        for (seconds, text) in table {
            assert_eq!(from_now(date(seconds), now), text);
        }
        assert!(from_now(date(f64::MAX), now).starts_with("in "));
    }
}
