//! How it stands with an issuer, for probes and logs.

use std::time::Duration;

use super::clock_skew::ClockSkew;
use super::issuer_keys::IssuerKeys;
use crate::token::{Algorithm, MonotonicTime, Printable, SkippedKey};

/// How it stands with one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The issuer as it writes itself, once its metadata is known; until then as configured.
    pub issuer: String,
    /// The usable keys that are held; with none, no token of this issuer can be verified.
    pub keys: Vec<HeldKey>,
    /// Whether it publishes metadata, so that its clients can find out about it.
    pub is_discovered: bool,
    /// Why the last attempt to obtain the keys failed, if it did. For operators, not for callers.
    pub fault: Option<String>,
    /// The keys of the set held that cannot be used here, each with its reason.
    pub skipped: Vec<SkippedKey>,
    /// How long ago the keys held were obtained, or last confirmed to be current; none without
    /// keys. Keys from the configuration were obtained at the start.
    pub key_set_age: Option<Duration>,
    /// For how long the keys held have been past their lifetime, while new ones cannot be obtained.
    /// They stay in use until they reach their maximum age.
    pub stale_for: Option<Duration>,
    /// How many attempts to obtain keys were started.
    pub attempts: u64,
    /// How many of them succeeded.
    pub successes: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How far the issuer's clock is from ours, if its last answer said what its clock shows.
    pub clock_skew: Option<ClockSkew>,
}

/// A key that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldKey {
    /// The `kid`, made safe to print.
    pub id: Option<Printable>,
    /// Its one algorithm.
    pub algorithm: Algorithm,
}

impl IssuerStatus {
    pub(crate) fn of(issuer: &IssuerKeys, now: MonotonicTime) -> Self {
        let held = issuer.held(now);
        let name = held.as_ref().map(|held| held.expected.issuer.clone());
        let keys = held
            .iter()
            .flat_map(|held| held.keys.iter())
            .map(|key| HeldKey { id: key.id().map(Printable::new), algorithm: key.algorithm() });
        let progress = issuer.progress();
        let fresh_until = held.as_ref().map(|held| held.fresh_until);
        Self {
            issuer: name.unwrap_or_else(|| issuer.identifier.to_string()),
            keys: keys.collect(),
            is_discovered: issuer.discovered,
            stale_for: fresh_until
                .filter(|end| *end <= now && progress.fault.is_some())
                .map(|end| now.since(end)),
            key_set_age: held.as_ref().map(|held| now.since(held.obtained_at)),
            skipped: held.iter().flat_map(|held| held.skipped.iter().cloned()).collect(),
            attempts: progress.attempts(),
            successes: progress.successes(),
            failures: progress.failures(),
            clock_skew: progress.clock_skew,
            fault: progress.fault.map(|fault| fault.to_string()),
        }
    }

    /// Merges the entries of each issuer that has several sources of keys. They must be sorted by name.
    pub(crate) fn merge_sources(sources: Vec<Self>) -> Vec<Self> {
        let mut issuers: Vec<Self> = Vec::with_capacity(sources.len());
        for source in sources {
            match issuers.last_mut() {
                Some(last) if last.issuer == source.issuer => last.merge(source),
                _ => issuers.push(source),
            }
        }
        issuers
    }

    /// Adds another source of this issuer's keys. Its state is the worst of all.
    fn merge(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.is_discovered |= other.is_discovered;
        self.fault = self.fault.take().or(other.fault);
        self.skipped.extend(other.skipped);
        self.key_set_age = self.key_set_age.max(other.key_set_age);
        self.stale_for = self.stale_for.max(other.stale_for);
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.successes = self.successes.saturating_add(other.successes);
        self.failures = self.failures.saturating_add(other.failures);
        self.clock_skew = self.clock_skew.or(other.clock_skew);
    }

    /// Whether tokens of this issuer can be verified.
    pub const fn is_ready(&self) -> bool {
        !self.keys.is_empty()
    }
}
