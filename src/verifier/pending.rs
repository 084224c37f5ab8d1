//! A check that the keys held cannot decide, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use super::{VerificationError, Verifier};
use crate::issuer::{Awaited, IssuerKeys, jitter};
use crate::token::{InvalidToken, VerifiedToken};

/// What a check needs before it can give a verdict.
pub(crate) enum Pending {
    /// The time of day, which the machine does not know.
    Time,
    /// Usable keys of this issuer, which has none.
    Keys(Arc<IssuerKeys>),
    /// Newer keys of this issuer: the token's key is not among those held. It is rejected for this
    /// reason if they do not have it either.
    NewerKeys(Arc<IssuerKeys>, InvalidToken),
}

impl Pending {
    /// Why the token is not verified after all. It is rejected only if its issuer was asked after
    /// the token came, and answered in full: until then its key may exist.
    fn error(self, was_asked: bool, verifier: &Verifier) -> VerificationError {
        let (issuer, rejection) = match self {
            Self::Time => return VerificationError::TimeUnknown { retry_after: WAIT_FOR_TIME },
            Self::Keys(issuer) => (issuer, None),
            Self::NewerKeys(issuer, rejection) => (issuer, Some(rejection)),
        };
        match rejection {
            Some(rejection) if was_asked && issuer.progress().is_conclusive() => {
                VerificationError::Rejected(rejection)
            }
            _ => {
                let wait = issuer.wait(verifier.monotonic());
                VerificationError::KeysUnavailable { retry_after: jittered(wait) }
            }
        }
    }

    fn issuer(&self) -> Option<&Arc<IssuerKeys>> {
        match self {
            Self::Time => None,
            Self::Keys(issuer) | Self::NewerKeys(issuer, _) => Some(issuer),
        }
    }
}

impl Verifier {
    /// Waits for newer keys and verifies again, at most twice: an attempt that was under way when
    /// the token came may have read the key set before the token's key was added.
    pub(crate) async fn finish(
        &self,
        token: &str,
        mut pending: Pending,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        loop {
            let awaited = match pending.issuer() {
                Some(issuer) => issuer.attempt(self.monotonic()).await,
                None => Awaited::None,
            };
            if awaited == Awaited::None {
                return Err(pending.error(false, self));
            }
            pending = match self.check(token) {
                Ok(verdict) => return Ok(verdict?),
                Err(still_pending) => still_pending,
            };
            if awaited == Awaited::Asked || matches!(pending, Pending::Keys(_)) {
                return Err(pending.error(true, self));
            }
        }
    }
}

/// How long callers are told to wait for a machine to learn the time.
const WAIT_FOR_TIME: Duration = Duration::from_secs(10);

/// At least this wait and at least a second, with up to a half (2 to 30 seconds) added at random, so
/// that not all callers come back at the same moment.
fn jittered(wait: Duration) -> Duration {
    let most = (wait / 2).clamp(Duration::from_secs(2), Duration::from_secs(30));
    wait.max(Duration::from_secs(1)).saturating_add(most.mul_f64(jitter().clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_to_come_back_at_different_times_and_never_too_early() {
        for (wait, least, most) in [(0, 1, 3), (15, 15, 23), (300, 300, 330)] {
            let all: Vec<_> = (0..50).map(|_| jittered(Duration::from_secs(wait))).collect();
            let bounds = Duration::from_secs(least)..=Duration::from_secs(most);
            assert!(all.iter().all(|wait| bounds.contains(wait)), "{all:?}");
            assert!(all.iter().any(|wait| *wait != all[0]), "{all:?}");
        }
        assert!(jittered(Duration::MAX) >= Duration::from_secs(1 << 60));
    }
}
