//! Snapshot of an issuer for explaining verdicts: status, keys and expectations.

use std::sync::Arc;

use super::fault::IssuerFault;
use super::identifier::IssuerIdentifier;
use super::issuer_keys::{HeldKeys, IssuerKeys};
use super::status::IssuerStatus;
use crate::token::{Expectations, KeySet, MonotonicTime};

/// Snapshot of one issuer.
#[derive(Debug)]
pub(crate) struct IssuerDiagnostics {
    /// The issuer's name as configured.
    pub(crate) identifier: IssuerIdentifier,
    pub(crate) status: IssuerStatus,
    /// Why the last attempt to fetch the keys failed, if it did.
    pub(crate) fault: Option<Arc<IssuerFault>>,
    configured: Expectations,
    held: Option<Arc<HeldKeys>>,
}

impl IssuerDiagnostics {
    pub(crate) fn of(issuer: &IssuerKeys, now: MonotonicTime) -> Self {
        Self {
            identifier: issuer.identifier.clone(),
            status: IssuerStatus::of(issuer, now),
            fault: issuer.progress().fault,
            configured: issuer.expected.clone(),
            held: issuer.held(now),
        }
    }

    /// The keys, unless there are none or they are too old.
    pub(crate) fn keys(&self) -> Option<&KeySet> {
        self.held.as_ref().map(|held| &held.keys)
    }

    /// What is expected of its tokens, with the issuer's name as its metadata spells it, or as
    /// configured until that is known.
    pub(crate) fn expected(&self) -> &Expectations {
        self.held.as_ref().map_or(&self.configured, |held| &held.expected)
    }
}
