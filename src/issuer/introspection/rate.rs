//! Rate limit of introspection calls, with a reserve for tokens that were active before.

use std::time::Duration;

use crate::token::MonotonicTime;

/// The share of calls to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// A token that was active before. It may use every call.
    Known,
    /// An unknown token. A quarter of the calls is reserved for known ones.
    Unknown,
}

/// Token bucket that holds the calls of one second, counted in thousandths of a call.
#[derive(Debug)]
pub(super) struct RateLimit {
    capacity: u64,
    available: u64,
    updated_at: MonotonicTime,
}

/// One call.
const CALL: u64 = 1000;

impl RateLimit {
    /// A full bucket.
    pub(super) fn new(calls_per_second: u32) -> Self {
        let capacity = u64::from(calls_per_second).saturating_mul(CALL);
        Self { capacity, available: capacity, updated_at: MonotonicTime::default() }
    }

    /// Takes one call, or returns the time until one is available.
    pub(super) fn take(&mut self, priority: Priority, now: MonotonicTime) -> Result<(), Duration> {
        let elapsed = now.since(self.updated_at);
        // Per millisecond, a thousandth of the calls per second flows in: as many units as calls.
        let inflow = u64::try_from(elapsed.as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(self.capacity / CALL);
        self.available = self.available.saturating_add(inflow).min(self.capacity);
        self.updated_at = now;
        let reserve = match priority {
            Priority::Known => 0,
            // At least one call must be left to unknown tokens.
            Priority::Unknown => (self.capacity / 4).min(self.capacity.saturating_sub(CALL)),
        };
        let needed = reserve.saturating_add(CALL);
        if self.available >= needed {
            self.available = self.available.saturating_sub(CALL);
            return Ok(());
        }
        let missing = needed.saturating_sub(self.available);
        Err(Duration::from_millis(missing.div_ceil((self.capacity / CALL).max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> MonotonicTime {
        MonotonicTime::after_start(Duration::from_millis(milliseconds))
    }

    #[test]
    fn unknown_tokens_leave_a_quarter_of_the_calls() {
        let mut rate = RateLimit::new(100);
        let now = at(10_000);
        let unknown = (0..1000).filter(|_| rate.take(Priority::Unknown, now).is_ok()).count();
        let known = (0..1000).filter(|_| rate.take(Priority::Known, now).is_ok()).count();
        assert_eq!((unknown, known), (75, 25));
        assert_eq!(rate.take(Priority::Known, now), Err(Duration::from_millis(10)));
        assert_eq!(rate.take(Priority::Known, at(10_010)), Ok(()));
    }

    #[test]
    fn no_second_has_more_calls_than_the_limit_and_the_first() {
        for limit in [1, 2, 7, 100] {
            let mut rate = RateLimit::new(limit);
            let calls =
                (0..10_000).filter(|ms| rate.take(Priority::Known, at(*ms)).is_ok()).count();
            let most = usize::try_from(limit).expect("small") * 11;
            assert!(calls <= most && calls >= most - 11, "{calls} of {most}");
        }
    }

    #[test]
    fn one_call_per_second_is_open_to_unknown_tokens() {
        let mut rate = RateLimit::new(1);
        assert_eq!(rate.take(Priority::Unknown, at(0)), Ok(()));
        assert_eq!(rate.take(Priority::Unknown, at(0)), Err(Duration::from_secs(1)));
        assert_eq!(rate.take(Priority::Unknown, at(1000)), Ok(()));
    }
}
