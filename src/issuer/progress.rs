//! Progress of the attempts to obtain an issuer's keys.

use std::sync::Arc;

use super::clock_skew::ClockSkew;
use super::fault::IssuerFault;
use crate::token::MonotonicTime;

/// Progress of the attempts. They are numbered from 1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// The last attempt that was asked for.
    pub(super) requested: u64,
    /// The last attempt that started.
    pub(super) started: u64,
    /// The last attempt that finished.
    pub(super) finished: u64,
    /// How many succeeded so far.
    pub(super) successes: u64,
    /// How many failed so far.
    pub(super) failures: u64,
    /// Why the last attempt failed, if it did.
    pub(crate) fault: Option<Arc<IssuerFault>>,
    /// Whether the last attempt looked everywhere a key might be.
    pub(super) complete: bool,
    /// When the next attempt is due.
    pub(super) next: MonotonicTime,
    /// How far the issuer's clock is from ours, by its last response.
    pub(crate) clock_skew: Option<ClockSkew>,
}

impl Progress {
    /// Whether the last attempt succeeded and looked everywhere, so that a key that is not held does
    /// not exist.
    pub(crate) const fn is_conclusive(&self) -> bool {
        self.fault.is_none() && self.complete
    }

    /// Whether a request asked for an attempt that has not started.
    pub(super) const fn is_asked(&self) -> bool {
        self.requested > self.started
    }
}
