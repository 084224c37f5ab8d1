//! Token-bucket rate limiter, keyed by caller.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};

use super::caller_store::CallerStore;
use crate::service::settings::RateLimits;

/// Limits each caller to a number of requests per minute, with bursts (generic cell rate algorithm).
pub(super) struct Limiter<C: Clock = MonotonicClock> {
    limiter: RateLimiter<u128, CallerStore, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl Limiter {
    pub(super) fn new(per_minute: NonZeroU32, limits: &RateLimits) -> Self {
        Self::by(MonotonicClock, per_minute, limits)
    }
}

impl<C: Clock + Clone> Limiter<C> {
    fn by(clock: C, per_minute: NonZeroU32, limits: &RateLimits) -> Self {
        let quota = Quota::per_minute(per_minute).allow_burst(limits.burst);
        let callers = CallerStore::with_capacity(limits.callers);
        Self { limiter: RateLimiter::new(quota, callers, clock.clone()), clock }
    }

    /// Counts a request of this caller. The error is the time to wait before the next one.
    pub(super) fn check(&self, caller: u128) -> Result<(), Duration> {
        self.limiter.check_key(&caller).map_err(|wait| wait.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let clock = FakeRelativeClock::default();
        let number = |number| NonZeroU32::new(number).unwrap();
        let limits = RateLimits {
            per_address: None,
            per_subject: None,
            burst: number(3),
            callers: 1024,
            trusted_proxies: Vec::new(),
        };
        let limiter = Limiter::by(clock.clone(), number(60), &limits);
        for _ in 0..3 {
            assert_eq!(limiter.check(1), Ok(()));
        }
        assert_eq!(limiter.check(1), Err(Duration::from_secs(1)));
        assert_eq!(limiter.check(2), Ok(()), "another caller");
        clock.advance(Duration::from_secs(1));
        assert_eq!(limiter.check(1), Ok(()));
        assert_eq!(limiter.check(1), Err(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(limiter.check(1), Ok(()), "no more than the burst is saved up");
        }
        assert!(limiter.check(1).is_err());
    }
}
