//! Keeps one issuer's keys fresh, in the background, for as long as there is a verifier.

use std::sync::Arc;

use super::fetcher::Fetcher;
use super::key_fetch::KeyFetch;
use super::key_refresh::KeyRefresh;
use super::schedule::{back_off, refresh_after, wait_asked_for};
use super::state_log::{Line, StateLog};
use crate::token::Timestamp;

/// Keeps one issuer's keys fresh.
pub(crate) struct Refresher {
    keys: KeyFetch,
    log: StateLog,
    /// How many attempts in a row have failed.
    failures: u32,
}

impl Refresher {
    pub(crate) fn new(keys: KeyFetch) -> Self {
        let log = StateLog::of(keys.issuer.identifier.as_str());
        Self { keys, log, failures: 0 }
    }

    pub(super) fn key_refresh(&self) -> &KeyRefresh {
        &self.keys.issuer.refresh
    }

    /// Runs until it is dropped.
    pub(super) async fn run(mut self, fetcher: Fetcher) {
        let clock = Arc::clone(&self.keys.clock);
        let issuer = Arc::clone(&self.keys.issuer);
        loop {
            let now = clock.now();
            let earliest = issuer.earliest_attempt(now);
            if earliest > now {
                self.wait(earliest, false).await;
            }
            let next = self.attempt(&fetcher).await;
            self.wait(next, true).await;
        }
    }

    /// Makes an attempt; says when the next one is due.
    async fn attempt(&mut self, fetcher: &Fetcher) -> Timestamp {
        let issuer = Arc::clone(&self.keys.issuer);
        let started = self.keys.clock.now();
        issuer.start(started);
        let result = self.keys.attempt(fetcher, started).await;
        let now = self.keys.clock.now();
        match result {
            Ok(held) => {
                self.failures = 0;
                write(self.log.obtained(&held));
                let lifetime = held.fresh_until.since(held.obtained_at);
                let next = now.plus(refresh_after(lifetime, jitter()));
                issuer.succeed(held, next);
                next
            }
            Err(fault) => {
                self.failures = self.failures.saturating_add(1);
                log::debug!("issuer {}: failure {}: {fault}", issuer.identifier, self.failures);
                write(self.log.failed(&fault, now));
                let refresh = &issuer.refresh;
                let not_before = now.plus(wait_asked_for(refresh, fault.retry_after()));
                let due = now.plus(back_off(refresh, self.failures, jitter()));
                issuer.fail(fault, due.max(not_before), not_before);
                due.max(not_before)
            }
        }
    }

    /// Waits for this time or, where somebody may ask, for somebody who asks. Tells the news that
    /// the passing of time makes.
    async fn wait(&mut self, until: Timestamp, may_be_asked: bool) {
        loop {
            let news = self.log.next_news().filter(|news| *news < until);
            let (clock, issuer) = (&self.keys.clock, &self.keys.issuer);
            tokio::select! {
                () = clock.sleep_until(news.unwrap_or(until)) => {}
                () = issuer.asked(), if may_be_asked => return,
            }
            write(self.log.passed(clock.now()));
            if news.is_none() {
                return;
            }
        }
    }
}

fn write(line: Option<Line>) {
    if let Some(Line { level, text }) = line {
        log::log!(level, "{text}");
    }
}

/// A random number from 0 to 1.
fn jitter() -> f64 {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter, which is a nuisance and no danger.
    if getrandom::fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jitter_differs_from_attempt_to_attempt_and_stays_within_its_bounds() {
        let all: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(all.iter().all(|jitter| (0.0..=1.0).contains(jitter)), "{all:?}");
        assert!(all.iter().any(|jitter| (jitter - all[0]).abs() > 0.1), "{all:?}");
    }
}
