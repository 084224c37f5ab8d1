//! Verification of a token together with what the request says about its sender.

use std::sync::Arc;

use super::{Checked, Pending, VerificationError, Verifier};
use crate::sender::Presentation;
use crate::token::VerifiedToken;

impl Verifier {
    /// Verifies what a request presents, waiting for keys where that can help.
    ///
    /// The verdict on the token may come from the cache, the verdict on its sender never does.
    ///
    /// # Errors
    ///
    /// [`VerificationError`]: the token is rejected, or its issuer's keys cannot be had.
    pub async fn verify_presentation(
        &self,
        presentation: &Presentation<'_>,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        match self.check_presentation(presentation) {
            Ok(verdict) => Ok(verdict?),
            Err(pending) => self.finish_presentation(presentation, pending).await,
        }
    }

    /// Verifies with the keys held; otherwise returns what to wait for.
    pub(crate) fn check_presentation(
        &self,
        presentation: &Presentation<'_>,
    ) -> Checked<Arc<VerifiedToken>> {
        self.check(presentation.credentials.token.as_str())
    }

    /// Waits and verifies again.
    pub(crate) async fn finish_presentation(
        &self,
        presentation: &Presentation<'_>,
        pending: Pending,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        self.finish(presentation.credentials.token.as_str(), pending).await
    }
}
