//! Limits on how often an issuer is asked for its keys. Pure: times in, times out.

use std::collections::VecDeque;
use std::time::Duration;

use super::key_refresh::KeyRefresh;
use crate::token::MonotonicTime;

/// When the next attempt to obtain an issuer's keys may start.
///
/// Attempts that requests ask for are 1, 2, 4, 8 and then always 15 seconds apart (with the
/// defaults) while they bring nothing new, so a flood of tokens with made-up keys costs the issuer
/// four requests a minute and delays a rotation by 15 seconds at most. New keys reset the gaps, and
/// so does a minute in which nothing was asked for.
#[derive(Debug)]
pub(crate) struct AttemptBudget {
    shortest_gap: Duration,
    longest_gap: Duration,
    last: Option<MonotonicTime>,
    last_requested: Option<MonotonicTime>,
    /// How many requested attempts in a row brought nothing new.
    fruitless: u32,
    /// When new keys last reset the gaps.
    resets: VecDeque<MonotonicTime>,
    not_before: MonotonicTime,
}

/// An issuer whose key set changes with every request resets the gaps this often in the time of
/// [`AttemptBudget::quiet`], and no more.
const MOST_RESETS: usize = 4;

impl AttemptBudget {
    pub(crate) fn new(refresh: &KeyRefresh) -> Self {
        Self {
            shortest_gap: refresh.attempt_gap,
            longest_gap: refresh.max_attempt_gap,
            last: None,
            last_requested: None,
            fruitless: 0,
            resets: VecDeque::new(),
            not_before: MonotonicTime::default(),
        }
    }

    /// When the next scheduled attempt may start; `now` if that is at once.
    pub(crate) fn earliest_scheduled(&self, now: MonotonicTime) -> MonotonicTime {
        self.after_gap(self.shortest_gap, now)
    }

    /// When the next attempt that a request asks for may start; `now` if that is at once.
    pub(crate) fn earliest_requested(&self, now: MonotonicTime) -> MonotonicTime {
        self.after_gap(self.gap(), now)
    }

    /// Whether a request that needs an attempt should wait for it: it is at most the shortest gap
    /// away.
    pub(crate) fn allows_soon(&self, now: MonotonicTime) -> bool {
        self.earliest_requested(now).since(now) <= self.shortest_gap
    }

    /// No attempt starts before this time.
    pub(crate) const fn hold_off(&mut self, until: MonotonicTime) {
        self.not_before = until;
    }

    /// An attempt starts.
    pub(crate) fn record(&mut self, now: MonotonicTime, requested: bool) {
        self.last = Some(now);
        if requested {
            if self.last_requested.is_none_or(|last| now.since(last) >= self.quiet()) {
                self.fruitless = 0;
            }
            self.fruitless = self.fruitless.saturating_add(1);
            self.last_requested = Some(now);
        }
    }

    /// An attempt brought other keys.
    pub(crate) fn reset(&mut self, now: MonotonicTime) {
        let quiet = self.quiet();
        self.resets.retain(|reset| now.since(*reset) < quiet);
        if self.resets.len() < MOST_RESETS {
            self.resets.push_back(now);
            self.fruitless = 0;
        }
    }

    fn after_gap(&self, gap: Duration, now: MonotonicTime) -> MonotonicTime {
        let after_last = self.last.map_or(now, |last| last.plus(gap));
        now.max(after_last).max(self.not_before)
    }

    fn gap(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.fruitless.saturating_sub(1));
        self.shortest_gap.saturating_mul(doubled).min(self.longest_gap)
    }

    const fn quiet(&self) -> Duration {
        self.longest_gap.saturating_mul(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> MonotonicTime {
        MonotonicTime::after_start(Duration::from_secs_f64(seconds))
    }

    fn budget() -> AttemptBudget {
        AttemptBudget::new(&KeyRefresh::default())
    }

    /// Starts requested attempts as early as possible, and says when.
    fn attempts(budget: &mut AttemptBudget, from: f64, count: usize) -> Vec<f64> {
        let mut now = at(from);
        let mut starts = Vec::new();
        for _ in 0..count {
            now = budget.earliest_requested(now);
            budget.record(now, true);
            starts.push(now.since(at(0.0)).as_secs_f64());
        }
        starts
    }

    #[test]
    fn requested_attempts_are_ever_further_apart_up_to_fifteen_seconds() {
        let mut budget = budget();
        let starts = attempts(&mut budget, 100.0, 8);
        assert_eq!(starts, [100.0, 101.0, 103.0, 107.0, 115.0, 130.0, 145.0, 160.0]);
        assert!(!budget.allows_soon(at(173.9)));
        assert!(budget.allows_soon(at(174.0)));
    }

    #[test]
    fn scheduled_attempts_keep_the_shortest_gap_alone_and_do_not_lengthen_the_others() {
        let mut budget = budget();
        attempts(&mut budget, 0.0, 6);
        assert_eq!(budget.earliest_scheduled(at(30.0)), at(31.0));
        for second in 0..10 {
            budget.record(at(31.0 + f64::from(second)), false);
        }
        assert_eq!(budget.earliest_requested(at(40.0)), at(55.0), "from the last one of any kind");
    }

    #[test]
    fn new_keys_and_quiet_reset_the_gaps() {
        let mut budget = budget();
        attempts(&mut budget, 0.0, 6);
        budget.reset(at(30.5));
        assert_eq!(attempts(&mut budget, 30.5, 4), [31.0, 32.0, 34.0, 38.0]);
        attempts(&mut budget, 38.0, 3);
        let quiet = attempts(&mut budget, 200.0, 3);
        assert_eq!(quiet, [200.0, 201.0, 203.0]);
    }

    #[test]
    fn new_keys_reset_the_gaps_four_times_in_a_minute() {
        let mut budget = budget();
        for _ in 0..4 {
            budget.record(at(0.0), true);
            budget.reset(at(0.0));
        }
        for _ in 0..3 {
            budget.record(at(1.0), true);
        }
        budget.reset(at(1.0));
        assert_eq!(budget.earliest_requested(at(1.0)), at(5.0), "the fifth is not counted");
        budget.record(at(60.0), true);
        budget.reset(at(60.0));
        assert_eq!(budget.earliest_requested(at(60.0)), at(61.0), "a minute after the first four");
    }

    #[test]
    fn a_set_that_changes_all_the_time_does_not_buy_an_attempt_a_second() {
        let mut budget = budget();
        let (mut now, mut starts) = (at(0.0), Vec::new());
        while now < at(600.0) {
            now = budget.earliest_requested(now);
            budget.record(now, true);
            budget.reset(now);
            starts.push(now);
        }
        let minute = Duration::from_secs(60);
        let crowded = starts.windows(16).find(|some| some[15].since(some[0]) < minute);
        assert_eq!(crowded, None);
    }

    #[test]
    fn an_issuer_is_left_alone_as_long_as_it_asks_for() {
        let mut budget = budget();
        budget.record(at(0.0), false);
        budget.hold_off(at(30.0));
        assert_eq!(budget.earliest_scheduled(at(2.0)), at(30.0), "RFC 9110 10.2.3");
        assert_eq!(budget.earliest_requested(at(2.0)), at(30.0), "RFC 9110 10.2.3");
        assert!(!budget.allows_soon(at(28.9)));
        assert_eq!(budget.earliest_scheduled(at(31.0)), at(31.0));
    }
}
