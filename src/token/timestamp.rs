//! Points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// ```
/// use std::time::Duration;
/// use actix_resource_server::token::Timestamp;
///
/// let noon = Timestamp::from_seconds(1_700_000_000);
/// assert_eq!(noon.plus(Duration::from_millis(1500)).since(noon), Duration::from_millis(1500));
/// assert_eq!(noon.since(noon.plus(Duration::from_secs(1))), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The value of [`now`](Self::now) if the machine's clock is not set. No token is accepted then.
    pub const UNKNOWN: Self = Self(0);

    /// The first plausible time: 2015-05-01, the month of RFC 7519. No token is older.
    const FIRST: Duration = Duration::from_secs(1_430_438_400);

    /// The time this many whole seconds after the epoch.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The time this many milliseconds after the epoch.
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// The time of the machine's clock; [`UNKNOWN`](Self::UNKNOWN) if that is not set.
    pub fn now() -> Self {
        Self::of_system(SystemTime::now())
    }

    /// A machine without a battery starts in 1970 or before. By such a clock no token has expired.
    fn of_system(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(elapsed) if elapsed >= Self::FIRST => {
                Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
            }
            _ => Self::UNKNOWN,
        }
    }

    /// Milliseconds since the epoch.
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The time `duration` later, at most the largest timestamp.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time `duration` earlier, at least the epoch.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time that has passed since `earlier`; zero if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A `NumericDate`: seconds since the epoch, possibly with a fraction (RFC 7519 section 2).
///
/// ```
/// use actix_resource_server::token::{NumericDate, Timestamp};
///
/// let date = NumericDate::from_seconds(1_700_000_000.5).expect("a finite number");
/// assert!(date.is_after(Timestamp::from_seconds(1_700_000_000)));
/// assert!(NumericDate::from_seconds(f64::NAN).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct NumericDate(f64);

impl NumericDate {
    /// The date this many seconds after the epoch; `None` if the number is not finite.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        seconds.is_finite().then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// Whether the date is after `time`. At the same millisecond it is not.
    pub fn is_after(self, time: Timestamp) -> bool {
        self.milliseconds() > precise(time)
    }

    /// The date `duration` later.
    pub fn plus(self, duration: Duration) -> Self {
        // An infinite date compares like a very late one.
        Self(self.0 + duration.as_secs_f64())
    }

    /// The time from `now` until the date; zero if it has passed.
    pub fn rest(self, now: Timestamp) -> Duration {
        duration(self.milliseconds() - precise(now))
    }

    /// The time from the date until `now`; zero if the date is still to come.
    pub(crate) fn age(self, now: Timestamp) -> Duration {
        duration(precise(now) - self.milliseconds())
    }

    fn milliseconds(self) -> f64 {
        self.0 * 1000.0
    }
}

fn duration(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64((milliseconds / 1000.0).max(0.0)).unwrap_or(Duration::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn precise(time: Timestamp) -> f64 {
    time.0 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_times_is_never_negative() {
        let at = Timestamp::from_seconds;
        let table = [(100, 40, 60), (100, 100, 0), (40, 100, 0)];
        for (time, earlier, seconds) in table {
            assert_eq!(at(time).since(at(earlier)), Duration::from_secs(seconds));
            let date = NumericDate::from_seconds(f64::from(u32::try_from(time).expect("small")));
            let rest = date.expect("a date").rest(at(earlier));
            assert_eq!(rest, Duration::from_secs(seconds), "RFC 7519 2");
        }
        let half = NumericDate::from_seconds(100.5).expect("a date");
        assert_eq!(half.rest(at(100)), Duration::from_millis(500), "RFC 7519 2");
    }

    #[test]
    fn a_clock_that_is_not_set_gives_no_time() {
        let at = |seconds| Timestamp::of_system(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(Timestamp::of_system(UNIX_EPOCH - Duration::from_secs(1)), Timestamp::UNKNOWN);
        assert_eq!(at(0), Timestamp::UNKNOWN);
        assert_eq!(at(946_684_800), Timestamp::UNKNOWN, "2000-01-01");
        assert_eq!(at(1_430_438_399), Timestamp::UNKNOWN);
        assert_eq!(at(1_430_438_400), Timestamp::from_seconds(1_430_438_400));
        assert_eq!(at(1_700_000_000), Timestamp::from_seconds(1_700_000_000));
    }

    #[test]
    fn a_date_is_after_every_earlier_millisecond_and_no_other() {
        let date = NumericDate(100.0);
        assert!(date.is_after(Timestamp::from_milliseconds(99_999)));
        assert!(!date.is_after(Timestamp::from_milliseconds(100_000)));
        assert!(!date.is_after(Timestamp::from_milliseconds(100_001)));
    }

    #[test]
    fn extreme_dates_are_ordered_like_any_other() {
        let now = Timestamp::from_seconds(1_700_000_000);
        assert!(NumericDate(f64::MAX).is_after(now));
        assert!(NumericDate(f64::MAX).plus(Duration::MAX).is_after(now));
        assert!(!NumericDate(f64::MIN).is_after(now));
        assert!(!NumericDate(-1.0).is_after(Timestamp::from_seconds(0)));
    }

    #[test]
    fn addition_saturates() {
        assert_eq!(Timestamp(u64::MAX).plus(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(Timestamp::from_seconds(u64::MAX), Timestamp(u64::MAX));
    }
}
