//! Points in time: ours to the millisecond, a token's as it says them.

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
    /// The point this many whole seconds after the epoch.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The point this many milliseconds after the epoch.
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// What the machine's clock says now.
    pub fn now() -> Self {
        // A clock before 1970 is a broken clock; every token is then not yet valid.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    /// Milliseconds since the epoch.
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The point this long after; the end of time if that is later.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The point this long before; the epoch if that is later.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time gone by since `earlier`; zero if that is not earlier.
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
    /// The date this many seconds after the epoch; none for what is not a finite number.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        seconds.is_finite().then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// Whether the date lies after `time`. At the very millisecond it does not.
    pub fn is_after(self, time: Timestamp) -> bool {
        self.milliseconds() > precise(time)
    }

    /// The date, this much later.
    pub fn plus(self, duration: Duration) -> Self {
        // Two finite numbers of this size cannot leave the range of f64 in a way that matters:
        // an infinite date compares as the end of time.
        Self(self.0 + duration.as_secs_f64())
    }

    fn milliseconds(self) -> f64 {
        self.0 * 1000.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn precise(time: Timestamp) -> f64 {
    time.0 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn adding_past_the_end_of_time_stays_there() {
        assert_eq!(Timestamp(u64::MAX).plus(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(Timestamp::from_seconds(u64::MAX), Timestamp(u64::MAX));
    }
}
