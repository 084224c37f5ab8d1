//! How it stands with an issuer, for probes and logs.

use super::issuer_keys::IssuerKeys;
use crate::token::{Algorithm, Printable, SkippedKey, Timestamp};

/// How it stands with one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The issuer as it writes itself, once its metadata is known; until then as configured.
    pub issuer: String,
    /// The usable keys that are held; with none, no token of this issuer can be verified.
    pub keys: Vec<HeldKey>,
    /// The keys of its set that cannot be used, each with the reason.
    pub skipped: Vec<SkippedKey>,
    /// How many seconds its clock is ahead of ours, negative if it is behind; none where it did not
    /// tell the time with its keys.
    pub clock_ahead: Option<i64>,
    /// Whether it publishes metadata, so that its clients can find out about it.
    pub is_discovered: bool,
    /// Why the last attempt to obtain the keys failed, if it did. For operators, not for callers.
    pub fault: Option<String>,
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
    pub(super) fn of(issuer: &IssuerKeys, now: Timestamp) -> Self {
        let held = issuer.held(now);
        let name = held.as_ref().map(|held| held.expected.issuer.clone());
        let keys = held
            .iter()
            .flat_map(|held| held.keys.iter())
            .map(|key| HeldKey { id: key.id().map(Printable::new), algorithm: key.algorithm() });
        Self {
            issuer: name.unwrap_or_else(|| issuer.identifier.to_string()),
            keys: keys.collect(),
            skipped: held.iter().flat_map(|held| held.skipped.iter().cloned()).collect(),
            clock_ahead: held.as_ref().and_then(|held| held.clock_ahead),
            is_discovered: issuer.discovered,
            fault: issuer.progress().fault.map(|fault| fault.to_string()),
        }
    }

    /// Whether tokens of this issuer can be verified.
    pub const fn is_ready(&self) -> bool {
        !self.keys.is_empty()
    }
}
