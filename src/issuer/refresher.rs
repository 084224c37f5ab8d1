//! Keeps one issuer's keys fresh, in the background, for as long as there is a verifier.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::fault::IssuerFault;
use super::fetcher::Fetcher;
use super::issuer_keys::HeldKeys;
use super::key_finder::KeyFinder;
use super::schedule::{back_off, refresh_after, wait_asked_for};

/// Keeps one issuer's keys fresh.
pub(super) struct Refresher {
    finder: KeyFinder,
    announced: Option<Announced>,
}

/// What the log was last told.
#[derive(PartialEq, Eq)]
enum Announced {
    Obtained(String),
    Failing(IssuerFault),
}

impl Refresher {
    pub(super) const fn new(finder: KeyFinder) -> Self {
        Self { finder, announced: None }
    }

    /// Runs until it is dropped.
    pub(super) async fn run(mut self, fetcher: Fetcher) {
        let clock = Arc::clone(&self.finder.clock);
        let issuer = Arc::clone(&self.finder.issuer);
        let mut failures = 0_u32;
        loop {
            let now = clock.now();
            let earliest = issuer.earliest_attempt(now);
            if earliest > now {
                clock.sleep_until(earliest).await;
            }
            let started = clock.now();
            issuer.start(started);
            let next = match self.finder.attempt(&fetcher, started).await {
                Ok(held) => {
                    failures = 0;
                    self.announce_keys(&held);
                    let lifetime = held.fresh_until.since(held.obtained_at);
                    let next = clock.now().plus(refresh_after(lifetime, jitter()));
                    issuer.succeed(held, next);
                    next
                }
                Err(fault) => {
                    failures = failures.saturating_add(1);
                    self.announce_fault(&fault);
                    let now = clock.now();
                    let not_before = now.plus(wait_asked_for(fault.retry_after()));
                    let next = now.plus(back_off(failures, jitter())).max(not_before);
                    issuer.fail(fault, next, not_before);
                    next
                }
            };
            tokio::select! {
                () = clock.sleep_until(next) => {}
                () = issuer.asked() => {}
            }
        }
    }

    fn announce_keys(&mut self, held: &HeldKeys) {
        let ids: Vec<String> = held
            .keys
            .iter()
            .map(|key| crate::token::Printable::new(key.id().unwrap_or("(no kid)")).to_string())
            .collect();
        let ids = ids.join(", ");
        if matches!(self.announced, Some(Announced::Failing(_))) {
            log::info!("issuer {}: reached again", self.finder.issuer.identifier);
        }
        let obtained = Announced::Obtained(ids);
        if self.announced.as_ref() != Some(&obtained)
            && let Announced::Obtained(ids) = &obtained
        {
            log::info!(
                "issuer {}: {} keys held: {ids}",
                self.finder.issuer.identifier,
                held.keys.len()
            );
        }
        self.announced = Some(obtained);
    }

    fn announce_fault(&mut self, fault: &IssuerFault) {
        let failing = Announced::Failing(fault.clone());
        if self.announced.as_ref() != Some(&failing) {
            let held = if self.finder.issuer.held(self.finder.clock.now()).is_some() {
                "the keys held stay in use"
            } else {
                "no keys are held"
            };
            log::warn!("issuer {}: {fault}; {held}", self.finder.issuer.identifier);
        }
        self.announced = Some(failing);
    }
}

/// A random number from 0 to 1.
fn jitter() -> f64 {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter, which is a nuisance and no danger.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}
