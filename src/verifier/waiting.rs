//! Verification that waits: for newer keys, or for the issuer's answer about a token.

use std::sync::Arc;

use super::Verifier;
use super::introspection::Freshness;
use super::pending::Pending;
use super::verification_error::VerificationError;
use crate::issuer::Awaited;
use crate::token::VerifiedToken;

impl Verifier {
    /// Verifies a bearer token, with an answer of the issuer that is this fresh.
    pub(super) async fn verify_bearer(
        &self,
        token: &str,
        freshness: Freshness,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        let verified = self.verify_of_any_binding(token, freshness).await?;
        self.0.sender.check_bearer(&verified)?;
        Ok(verified)
    }

    /// Verifies a token. What it is bound to is not checked.
    pub(super) async fn verify_of_any_binding(
        &self,
        token: &str,
        freshness: Freshness,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        match self.check_for(token, freshness) {
            Ok(verdict) => Ok(verdict?),
            Err(pending) => self.finish_for(token, pending, freshness).await,
        }
    }

    /// Waits for newer keys and verifies again, at most twice: an attempt that was under way when
    /// the token came may have read the key set before the token's key was added.
    pub(crate) async fn finish_for(
        &self,
        token: &str,
        mut pending: Pending,
        freshness: Freshness,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        if let (Pending::Issuer(iss), Some(resolved)) = (&pending, &self.0.resolved) {
            if resolved.look_up(iss).await.is_err() {
                return Err(pending.error(false, self.monotonic()));
            }
            pending = match self.check_for(token, freshness) {
                Ok(verdict) => return Ok(verdict?),
                Err(still_pending) => still_pending,
            };
        }
        loop {
            if let Pending::Introspection(known) = pending {
                return self.introspect(token, known, freshness).await;
            }
            let awaited = pending.wait(&*self.0.clock).await;
            if awaited == Awaited::None && pending.sources().len() < 2 {
                return Err(pending.error(false, self.monotonic()));
            }
            pending = match self.check_after(token.as_bytes(), freshness, pending.checks().as_ref())
            {
                Ok(verdict) => return Ok(verdict?),
                Err(Pending::Introspection(known)) => {
                    return self.introspect(token, known, freshness).await;
                }
                Err(still_pending) => still_pending,
            };
            if awaited != Awaited::Joined || matches!(pending, Pending::Keys(_)) {
                return Err(pending.error(awaited != Awaited::None, self.monotonic()));
            }
        }
    }
}
