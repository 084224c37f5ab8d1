//! How it stands with an issuer, for probes and logs.

use super::issuer_keys::IssuerKeys;
use crate::token::Timestamp;

/// How it stands with one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The issuer as configured.
    pub issuer: String,
    /// How many usable keys are held; with none, no token of this issuer can be verified.
    pub keys: usize,
    /// Why the last attempt to obtain the keys failed, if it did. For operators, not for callers.
    pub fault: Option<String>,
}

impl IssuerStatus {
    pub(super) fn of(issuer: &IssuerKeys, now: Timestamp) -> Self {
        Self {
            issuer: issuer.identifier.to_string(),
            keys: issuer.held(now).map_or(0, |held| held.keys.len()),
            fault: issuer.progress().fault.map(|fault| fault.to_string()),
        }
    }

    /// Whether tokens of this issuer can be verified.
    pub const fn is_ready(&self) -> bool {
        self.keys > 0
    }
}
