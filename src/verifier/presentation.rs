//! Verification of a presentation: the token, then its sender, then the replay check of its proof.

use std::sync::Arc;

use super::Verifier;
use super::introspection::Freshness;
use super::presentation_error::PresentationError;
use super::proof_counts::ProofCounts;
use super::replays::{ProofMemoryStatus, Replays};
use super::sender_checks::SenderCheck;
use crate::sender::{DpopPolicy, Presentation, UsedProof, check_fields};
use crate::token::VerifiedToken;

/// A token that is valid and was sent by the party it was issued to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifiedPresentation {
    /// The token.
    pub token: Arc<VerifiedToken>,
    /// A nonce for the next proof, to be sent as `DPoP-Nonce` (RFC 9449 section 8.2). There is one
    /// when the proof's own is past half of its life.
    pub nonce: Option<String>,
}

impl Verifier {
    /// Verifies a token and its sender: everything that a request presents.
    ///
    /// # Errors
    ///
    /// [`PresentationError`]: the token or the proof is rejected, or cannot be judged at the moment.
    pub async fn verify_presentation(
        &self,
        presentation: &Presentation<'_>,
    ) -> Result<VerifiedPresentation, PresentationError> {
        let token = self.verify_token_of(presentation).await?;
        let nonce = match self.check_sender(presentation, &token) {
            SenderCheck::Decided(decided) => decided?,
            SenderCheck::Pending(proof) => self.finish_sender(&proof).await?,
        };
        Ok(VerifiedPresentation { token, nonce })
    }

    /// [`verify_presentation`](Self::verify_presentation) without the last check: the proof is
    /// neither looked up nor remembered.
    #[cfg(feature = "service")]
    pub(crate) async fn judge_presentation(
        &self,
        presentation: &Presentation<'_>,
    ) -> Result<Arc<VerifiedToken>, PresentationError> {
        let token = self.verify_token_of(presentation).await?;
        let proven = self.0.sender.prove(presentation, &token, &*self.0.clock);
        proven.map_err(|unproven| self.0.sender.unproven(unproven, &*self.0.clock))?;
        Ok(token)
    }

    async fn verify_token_of(
        &self,
        presentation: &Presentation<'_>,
    ) -> Result<Arc<VerifiedToken>, PresentationError> {
        check_fields(presentation)?;
        let token = presentation.credentials.token.as_str();
        Ok(self.verify_of_any_binding(token, Freshness::Cached).await?)
    }

    /// What is expected of DPoP proofs. Its mode is that of all issuers, or `Allowed` if theirs differ.
    pub fn dpop(&self) -> &DpopPolicy {
        &self.0.sender.dpop
    }

    /// Number of judged proofs by result.
    pub fn proof_counts(&self) -> ProofCounts {
        self.0.sender.counts.read()
    }

    /// Status of the memory of used proofs; `None` if DPoP is off.
    pub fn proof_memory_status(&self) -> Option<ProofMemoryStatus> {
        self.0.sender.replays.as_ref().map(Replays::status)
    }

    /// Checks the sender of a verified token. The verdict is never cached; the proof is remembered.
    pub(crate) fn check_sender(
        &self,
        presentation: &Presentation<'_>,
        token: &VerifiedToken,
    ) -> SenderCheck {
        self.0.sender.check(presentation, token, &*self.0.clock)
    }

    /// Remembers the proof in the shared memory.
    pub(crate) async fn finish_sender(
        &self,
        proof: &UsedProof,
    ) -> Result<Option<String>, PresentationError> {
        self.0.sender.finish(proof, &*self.0.clock).await
    }
}
