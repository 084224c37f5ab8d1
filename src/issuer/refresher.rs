//! Task that keeps one issuer's keys fresh for as long as there is a verifier.

use std::sync::Arc;

use super::fetcher::Fetch;
use super::jitter::jitter;
use super::key_fetch::{KeyFetch, Obtained};
use super::key_refresh::KeyRefresh;
use super::schedule::{back_off, refresh_after, wait_asked_for};
use super::state_log::{Line, StateLog};
use crate::token::MonotonicTime;

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

    /// A refresher of the same keys that remembers nothing.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.keys.anew())
    }

    pub(super) fn key_refresh(&self) -> &KeyRefresh {
        &self.keys.issuer.refresh
    }

    /// The refresher has panicked: the requests that wait for it are told, and so is the log.
    pub(super) fn report_panic(&self) {
        let issuer = &self.keys.issuer;
        issuer.abandon();
        log::error!(
            "issuer {}: refreshing the keys failed unexpectedly, which is a bug; it is restarted",
            issuer.identifier
        );
    }

    /// Runs until it is dropped.
    pub(super) async fn run(mut self, fetch: impl Fetch) {
        let clock = Arc::clone(&self.keys.clock);
        let issuer = Arc::clone(&self.keys.issuer);
        loop {
            let now = clock.monotonic();
            let earliest = issuer.earliest_attempt(now);
            if earliest > now {
                self.wait(earliest, false).await;
            }
            let next = self.attempt(&fetch).await;
            self.wait(next, true).await;
        }
    }

    /// Makes an attempt; says when the next one is due.
    async fn attempt(&mut self, fetch: &impl Fetch) -> MonotonicTime {
        let issuer = Arc::clone(&self.keys.issuer);
        let started = self.keys.clock.monotonic();
        let asked = issuer.start(started);
        let result = self.keys.attempt(fetch, started, asked).await;
        let now = self.keys.clock.monotonic();
        match result {
            Ok(Obtained { keys, complete }) => {
                self.failures = 0;
                write(self.log.obtained(&keys));
                let lifetime = keys.fresh_until.since(keys.obtained_at);
                let next = now.plus(refresh_after(lifetime, jitter()));
                issuer.succeed(keys, complete, now, next);
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

    /// Waits for this time or, if requests may ask, for a request that asks. Logs what changes by
    /// the passing of time.
    async fn wait(&mut self, until: MonotonicTime, may_be_asked: bool) {
        loop {
            let change = self.log.next_change().filter(|change| *change < until);
            let (clock, issuer) = (&self.keys.clock, &self.keys.issuer);
            tokio::select! {
                () = clock.sleep_until(change.unwrap_or(until)) => {}
                () = issuer.asked(), if may_be_asked => return,
            }
            write(self.log.passed(clock.monotonic()));
            if change.is_none() {
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
