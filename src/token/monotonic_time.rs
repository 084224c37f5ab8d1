//! Points in time on a clock that only moves forward.

use std::time::Duration;

/// A point in time on a monotonic clock: the time since a fixed start, to the millisecond.
///
/// Lifetimes, schedules and ages are measured with it, because the wall clock may be set to any
/// time at any moment. Only two points of the same clock can be compared.
///
/// ```
/// use std::time::Duration;
/// use actix_resource_server::token::MonotonicTime;
///
/// let start = MonotonicTime::default();
/// let later = start.plus(Duration::from_secs(5));
/// assert_eq!(later.since(start), Duration::from_secs(5));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonotonicTime(u64);

impl MonotonicTime {
    /// The end of time, which no clock reaches.
    pub const END: Self = Self(u64::MAX);

    /// The point this long after the clock's start.
    pub fn after_start(elapsed: Duration) -> Self {
        Self::default().plus(elapsed)
    }

    /// The point this much later, or [`END`](Self::END) if that is later than any point.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time elapsed since `earlier`; zero if that is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The point this many seconds after the clock's start.
#[cfg(test)]
pub(crate) fn at(seconds: u64) -> MonotonicTime {
    MonotonicTime::after_start(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_stop_at_the_ends_of_time() {
        let five = MonotonicTime::after_start(Duration::from_secs(5));
        assert_eq!(five.plus(Duration::MAX), MonotonicTime::END);
        assert_eq!(MonotonicTime::after_start(Duration::MAX), MonotonicTime::END);
        assert_eq!(MonotonicTime::END.plus(Duration::from_secs(1)), MonotonicTime::END);
        assert_eq!(five.since(MonotonicTime::END), Duration::ZERO);
        assert_eq!(five.since(MonotonicTime::default()), Duration::from_secs(5));
    }
}
