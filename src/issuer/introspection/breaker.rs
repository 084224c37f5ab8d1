//! Circuit breaker: pauses introspection calls after repeated failures.

use std::time::Duration;

use crate::token::MonotonicTime;

/// Circuit breaker of one endpoint. After [`FAILURES`] failures in a row it opens for 1, 2, 4, 8 and
/// then 15 seconds; each time, one call then decides whether it closes.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    open_until: Option<MonotonicTime>,
    /// Whether the one call after an open period is under way.
    is_probing: bool,
}

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;

/// The longest open period, unless the issuer asks for a longer one.
const LONGEST: Duration = Duration::from_secs(15);

/// The longest `Retry-After` that is honored.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

impl Breaker {
    /// Whether a call may be made; otherwise the time until the next one may.
    pub(super) fn enter(&mut self, now: MonotonicTime) -> Result<(), Duration> {
        let Some(open_until) = self.open_until else { return Ok(()) };
        if now < open_until {
            return Err(open_until.since(now));
        }
        if self.is_probing {
            return Err(Duration::from_secs(1));
        }
        self.is_probing = true;
        Ok(())
    }

    /// A call was not made after all, or its result tells nothing about others.
    pub(super) fn undecided(&mut self) {
        self.is_probing = false;
    }

    /// The issuer answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call failed. `at_once` opens the breaker without further failures.
    pub(super) fn failed(
        &mut self,
        now: MonotonicTime,
        retry_after: Option<Duration>,
        at_once: bool,
    ) {
        if retry_after.is_none() && self.open_until.is_some_and(|until| now < until) {
            // The call began before the breaker opened: this is the same outage.
            return;
        }
        self.is_probing = false;
        self.failures = self.failures.saturating_add(1);
        if at_once {
            self.failures = self.failures.max(FAILURES);
        }
        let asked = retry_after.map(|wait| wait.min(LONGEST_RETRY_AFTER));
        let own = self.failures.checked_sub(FAILURES).map(|further| {
            let seconds = 1_u64.checked_shl(further).unwrap_or(u64::MAX);
            Duration::from_secs(seconds).min(LONGEST)
        });
        if let Some(wait) = own.max(asked) {
            self.open_until = Some(now.plus(wait));
        }
    }

    /// Whether calls are held back.
    pub(super) const fn is_open(&self) -> bool {
        self.open_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::at;

    #[test]
    fn repeated_failures_open_it_for_longer_each_time() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0), None, false);
            assert_eq!(breaker.enter(at(0)), Ok(()));
        }
        let mut now = 0;
        for open in [1, 2, 4, 8, 15, 15, 15] {
            breaker.failed(at(now), None, false);
            assert_eq!(breaker.enter(at(now)), Err(Duration::from_secs(open)));
            now += open;
            assert_eq!(breaker.enter(at(now)), Ok(()), "one probe");
            assert_eq!(breaker.enter(at(now)), Err(Duration::from_secs(1)), "and no second");
        }
        breaker.succeeded();
        assert!(!breaker.is_open());
        assert_eq!(breaker.enter(at(now)), Ok(()));
    }

    #[test]
    fn calls_that_fail_together_are_one_outage() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failed(at(0), None, false);
        }
        assert_eq!(breaker.enter(at(0)), Err(Duration::from_secs(1)));
        assert_eq!(breaker.enter(at(1)), Ok(()));
    }

    #[test]
    fn retry_after_opens_it_at_once_within_a_limit() {
        for (asked, open) in [(7, 7), (301, 300), (86_400, 300)] {
            let mut breaker = Breaker::default();
            breaker.failed(at(0), Some(Duration::from_secs(asked)), false);
            assert_eq!(breaker.enter(at(0)), Err(Duration::from_secs(open)), "RFC 9110 10.2.3");
        }
    }

    #[test]
    fn a_rejected_client_opens_it_at_once() {
        let mut breaker = Breaker::default();
        breaker.failed(at(0), None, true);
        assert_eq!(breaker.enter(at(0)), Err(Duration::from_secs(1)));
    }

    #[test]
    fn a_probe_that_was_not_made_leaves_room_for_another() {
        let mut breaker = Breaker::default();
        breaker.failed(at(0), None, true);
        assert_eq!(breaker.enter(at(1)), Ok(()), "one probe");
        assert!(breaker.enter(at(1)).is_err(), "and no second");
        breaker.undecided();
        assert_eq!(breaker.enter(at(1)), Ok(()));
    }
}
