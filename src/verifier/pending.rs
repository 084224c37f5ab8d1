//! A check that waits for keys, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use super::{VerificationError, Verifier};
use crate::issuer::{Awaited, IssuerKeys};
use crate::token::{InvalidToken, VerifiedToken};

/// A check that the keys held could not decide.
pub(crate) struct Pending {
    pub(super) issuer: Arc<IssuerKeys>,
    /// Why the token is rejected unless newer keys say otherwise; none where there are no keys.
    pub(super) unknown_key: Option<InvalidToken>,
}

impl Pending {
    /// The issuer has no usable keys.
    pub(super) fn without_keys(issuer: &Arc<IssuerKeys>) -> Self {
        Self { issuer: Arc::clone(issuer), unknown_key: None }
    }

    /// The token's key is not among those held.
    pub(super) fn unknown_key(issuer: &Arc<IssuerKeys>, rejection: InvalidToken) -> Self {
        Self { issuer: Arc::clone(issuer), unknown_key: Some(rejection) }
    }

    /// An unknown key is the token's fault only if the issuer answered.
    fn error(self, verifier: &Verifier) -> VerificationError {
        let progress = self.issuer.progress();
        match self.unknown_key {
            Some(rejection) if progress.fault.is_none() => VerificationError::Rejected(rejection),
            _ => {
                let wait = progress.next.since(verifier.now());
                VerificationError::KeysUnavailable { retry_after: wait.max(Duration::from_secs(1)) }
            }
        }
    }
}

impl Verifier {
    /// Waits for newer keys and verifies again, at most twice: a fetch that was under way when the
    /// token came may have read the key set before the token's key was added.
    pub(crate) async fn finish(
        &self,
        token: &str,
        mut pending: Pending,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        loop {
            let issuer = Arc::clone(&pending.issuer);
            let awaited = match pending.unknown_key {
                Some(_) => issuer.attempt(self.now()).await,
                None => issuer.attempt_under_way().await,
            };
            if awaited == Awaited::None {
                return Err(pending.error(self));
            }
            let had_keys = pending.unknown_key.is_some();
            pending = match self.check(token) {
                Ok(verdict) => return Ok(verdict?),
                Err(still_pending) => still_pending,
            };
            let news_may_be_missed = awaited == Awaited::Joined || !had_keys;
            if !(news_may_be_missed && pending.unknown_key.is_some()) {
                return Err(pending.error(self));
            }
        }
    }
}
