//! Status of an issuer, for probes and logs.

use std::time::Duration;

use super::clock_skew::ClockSkew;
use super::issuer_keys::IssuerKeys;
use crate::token::{Algorithm, MonotonicTime, Printable, SkippedKey};

/// Status of one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The issuer as its metadata spells it; as configured until the metadata is known.
    pub issuer: String,
    /// The usable keys. Without any, no JWT of this issuer can be verified.
    pub keys: Vec<HeldKey>,
    /// Whether its keys are found through its metadata.
    pub is_discovered: bool,
    /// Whether its metadata names no key set, so that it is asked about its tokens, all opaque. JWTs of
    /// it are rejected.
    pub is_opaque_only: bool,
    /// Why the last attempt to fetch the keys failed, if it did. For operators, not for callers.
    pub fault: Option<String>,
    /// The keys of the current set that cannot be used, each with the reason.
    pub skipped: Vec<SkippedKey>,
    /// Time since the keys were fetched or last confirmed to be current; none without keys.
    /// Configured keys count from the start.
    pub key_set_age: Option<Duration>,
    /// Time for which the keys have been past their lifetime because new ones cannot be fetched.
    /// They stay in use until their maximum age.
    pub stale_for: Option<Duration>,
    /// Number of attempts to fetch keys that were started.
    pub attempts: u64,
    /// Number of attempts that succeeded.
    pub successes: u64,
    /// Number of attempts that failed.
    pub failures: u64,
    /// Skew of the issuer's clock, if its last response had a `Date`.
    pub clock_skew: Option<ClockSkew>,
}

/// A key in use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldKey {
    /// The `kid`, made safe to print.
    pub id: Option<Printable>,
    /// The only algorithm it is used with.
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
            is_opaque_only: issuer.discovered && held.as_ref().is_some_and(|held| held.is_empty()),
            stale_for: fresh_until
                .filter(|end| *end <= now && progress.fault.is_some())
                .map(|end| now.since(end)),
            key_set_age: held.as_ref().map(|held| now.since(held.obtained_at)),
            skipped: held.iter().flat_map(|held| held.skipped.iter().cloned()).collect(),
            attempts: progress.started,
            successes: progress.successes,
            failures: progress.failures,
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
        self.is_opaque_only &= other.is_opaque_only;
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
        !self.keys.is_empty() || self.is_opaque_only
    }
}
