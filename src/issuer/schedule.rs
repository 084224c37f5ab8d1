//! When to ask an issuer for its keys. Pure: times in, times out.

use std::collections::VecDeque;
use std::time::Duration;

use super::key_refresh::KeyRefresh;
use crate::token::Timestamp;

/// Which attempts were made lately, and so when the next may be.
#[derive(Debug)]
pub(crate) struct AttemptBudget {
    most: usize,
    window: Duration,
    gap: Duration,
    started: VecDeque<Timestamp>,
    not_before: Option<Timestamp>,
}

impl AttemptBudget {
    pub(crate) const fn new(refresh: &KeyRefresh) -> Self {
        Self {
            most: refresh.most_attempts,
            window: refresh.attempt_window,
            gap: refresh.attempt_gap,
            started: VecDeque::new(),
            not_before: None,
        }
    }

    /// When the next attempt may start; `now` if that is at once.
    pub(crate) fn earliest(&self, now: Timestamp) -> Timestamp {
        let gap = self.started.back().map_or(now, |last| last.plus(self.gap));
        let window = match self.started.front() {
            Some(first) if self.started.len() >= self.most => first.plus(self.window),
            _ => now,
        };
        now.max(gap).max(window).max(self.not_before.unwrap_or(now))
    }

    /// Whether somebody who needs an attempt should wait for it: it is at most the shortest gap
    /// away.
    pub(crate) fn allows_soon(&self, now: Timestamp) -> bool {
        self.earliest(now).since(now) <= self.gap
    }

    /// No attempt before this time.
    pub(crate) const fn hold_off(&mut self, until: Timestamp) {
        self.not_before = Some(until);
    }

    pub(crate) fn record(&mut self, now: Timestamp) {
        if self.started.len() >= self.most {
            self.started.pop_front();
        }
        self.started.push_back(now);
    }
}

/// How long to wait after this many failures in a row (at least one). `jitter` is between 0 and 1
/// and adds up to a tenth, so that many servers do not ask at the same moment.
///
/// With the defaults the waits together stay within the budget: the sixth attempt comes a minute
/// after the first, so an outage never leaves the issuer unasked for long.
pub(crate) fn back_off(refresh: &KeyRefresh, failures: u32, jitter: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let wait = refresh.first_retry.saturating_mul(doubled).min(refresh.longest_retry);
    wait.mul_f64(1.0 + 0.1 * jitter.clamp(0.0, 1.0))
}

/// How long to leave an issuer alone that asked for it (RFC 9110 section 10.2.3). Not for as long
/// as it likes: it could switch us off.
pub(crate) fn wait_asked_for(refresh: &KeyRefresh, retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or_default().min(refresh.longest_retry_after)
}

/// How long a key set is fresh, from the `Cache-Control` and `Age` it came with
/// (RFC 9111 section 5.2.2), within bounds: an issuer can neither make us ask every second nor
/// keep a withdrawn key alive for days.
pub(crate) fn lifetime(
    refresh: &KeyRefresh,
    cache_control: Option<&str>,
    age: Duration,
) -> Duration {
    let stated = cache_control.and_then(stated_lifetime);
    let longest = refresh.longest_lifetime.min(refresh.oldest_keys);
    let lifetime = stated.unwrap_or(refresh.default_lifetime).saturating_sub(age);
    lifetime.max(refresh.shortest_lifetime).min(longest)
}

/// When to refresh a key set of this lifetime: ahead of its end, leaving time for several attempts.
/// `jitter` is between 0 and 1 and takes off up to a tenth.
pub(crate) fn refresh_after(lifetime: Duration, jitter: f64) -> Duration {
    lifetime.mul_f64(0.8 * (1.0 - 0.1 * jitter.clamp(0.0, 1.0)))
}

fn stated_lifetime(cache_control: &str) -> Option<Duration> {
    let mut stated = None;
    for directive in cache_control.split(',') {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim().trim_matches('"')),
            None => (directive.trim(), ""),
        };
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" if stated.is_none() => {
                stated = value.parse().ok().map(Duration::from_secs);
            }
            _ => {}
        }
    }
    stated
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn after(seconds: f64) -> Timestamp {
        START.plus(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn five_attempts_a_minute_and_a_second_between_them() {
        let mut budget = AttemptBudget::new(&KeyRefresh::default());
        assert_eq!(budget.earliest(START), START);
        let mut now = START;
        for _ in 0..5 {
            now = budget.earliest(now);
            assert!(budget.allows_soon(now));
            budget.record(now);
        }
        assert_eq!(now, after(4.0));
        assert_eq!(budget.earliest(now), after(60.0));
        assert!(!budget.allows_soon(after(58.9)));
        assert!(budget.allows_soon(after(59.0)));
        budget.record(after(60.0));
        assert_eq!(budget.earliest(after(60.0)), after(61.0));
    }

    #[test]
    fn an_issuer_is_left_alone_as_long_as_it_asks_for() {
        let mut budget = AttemptBudget::new(&KeyRefresh::default());
        budget.record(START);
        budget.hold_off(after(30.0));
        assert_eq!(budget.earliest(after(2.0)), after(30.0), "RFC 9110 10.2.3");
        assert!(!budget.allows_soon(after(28.9)));
        assert_eq!(budget.earliest(after(31.0)), after(31.0));
        let refresh = KeyRefresh::default();
        let asked_for =
            |seconds| wait_asked_for(&refresh, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!((asked_for(0), asked_for(299), asked_for(86_400)), (0, 299, 300));
        assert_eq!(wait_asked_for(&refresh, None), Duration::ZERO);
    }

    #[test]
    fn no_minute_ever_sees_more_than_five_attempts() {
        let mut budget = AttemptBudget::new(&KeyRefresh::default());
        let mut started: Vec<Timestamp> = Vec::new();
        let mut now = START;
        for step in 0..500_u64 {
            now = now.plus(Duration::from_millis(step * 7919 % 9000));
            if budget.earliest(now) == now {
                budget.record(now);
                started.push(now);
            }
        }
        let crowded = started.windows(6).find(|six| six[5].since(six[0]) < Duration::from_secs(60));
        assert_eq!(crowded, None);
        assert!(started.len() > 20, "the budget must not starve: {}", started.len());
    }

    #[test]
    fn an_outage_is_probed_at_least_every_twenty_five_seconds() {
        let refresh = KeyRefresh::default();
        for jitters in [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]] {
            let mut budget = AttemptBudget::new(&refresh);
            let mut now = START;
            for (failures, jitter) in (1..100).zip(jitters.into_iter().cycle()) {
                let due = budget.earliest(now.plus(back_off(&refresh, failures, jitter)));
                assert!(due.since(now) <= Duration::from_secs(25), "after {failures} failures");
                now = due;
                budget.record(now);
            }
        }
    }

    #[test]
    fn the_wait_after_failures_doubles_up_to_its_limit_and_differs_from_server_to_server() {
        let refresh = KeyRefresh::default();
        let waits = |jitter| {
            [1, 2, 3, 4, 5, u32::MAX]
                .map(|failures| back_off(&refresh, failures, jitter).as_millis())
        };
        assert_eq!(waits(0.0), [3000, 6000, 12_000, 15_000, 15_000, 15_000]);
        assert_eq!(waits(1.0), [3300, 6600, 13_200, 16_500, 16_500, 16_500]);
        assert_eq!(waits(7.0), waits(1.0));
        assert_ne!(waits(0.3), waits(0.4));
    }

    #[test]
    fn the_lifetime_is_the_issuers_word_within_bounds() {
        let table = [
            (None, 0, 600),
            (Some(""), 0, 600),
            (Some("public"), 0, 600),
            (Some("public, max-age=300"), 0, 300),
            (Some("MAX-AGE=\"300\""), 0, 300),
            (Some("max-age=300"), 100, 200),
            (Some("max-age=300"), 9999, 60),
            (Some("max-age=0"), 0, 60),
            (Some("no-store, max-age=300"), 0, 60),
            (Some("max-age=300, no-cache"), 0, 60),
            (Some("max-age=31536000"), 0, 3600),
            (Some("max-age=99999999999999999999"), 0, 600),
            (Some("max-age=-1"), 0, 600),
        ];
        let refresh = KeyRefresh::default();
        for (cache_control, age, seconds) in table {
            let lifetime = lifetime(&refresh, cache_control, Duration::from_secs(age));
            assert_eq!(lifetime.as_secs(), seconds, "RFC 9111 5.2.2.1: {cache_control:?} {age:?}");
        }
    }

    #[test]
    fn no_lifetime_is_longer_than_keys_may_be_used() {
        let oldest_keys = Duration::from_secs(120);
        let refresh = KeyRefresh { oldest_keys, ..KeyRefresh::default() };
        assert_eq!(lifetime(&refresh, None, Duration::ZERO), oldest_keys);
    }

    #[test]
    fn a_refresh_comes_before_the_lifetime_ends() {
        let hour = Duration::from_secs(3600);
        assert_eq!(refresh_after(hour, 0.0), Duration::from_secs(2880));
        assert_eq!(refresh_after(hour, 1.0), Duration::from_secs(2592));
        assert_ne!(refresh_after(hour, 0.3), refresh_after(hour, 0.4), "not all servers at once");
    }
}
