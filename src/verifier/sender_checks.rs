//! Checks of a token's sender: its proof or certificate, and whether the proof is new.

use super::presentation_error::PresentationError;
use super::proof_counts::ProofCounters;
use super::replays::Replays;
use crate::issuer::Clock;
use crate::memory::Remembered;
use crate::sender::{
    DpopMode, DpopPolicy, InvalidProof, Presentation, Scheme, Unproven, UsedProof, prove,
};
use crate::token::{InvalidToken, VerifiedToken};

/// What the verifier expects of senders, and where it remembers their proofs.
#[derive(Debug)]
pub(super) struct SenderChecks {
    pub(super) dpop: DpopPolicy,
    /// None where DPoP is off.
    pub(super) replays: Option<Replays>,
    pub(super) counts: ProofCounters,
}

/// A sender check, complete except for the shared memory.
pub(crate) enum SenderCheck {
    /// The verdict; with a nonce for the next proof if the proof's own is past half of its life.
    Decided(Result<Option<String>, PresentationError>),
    /// The proof must be remembered, which takes waiting.
    Pending(UsedProof),
}

impl SenderChecks {
    /// Checks that a token may be sent as a bearer token, without a proof or certificate.
    pub(super) fn check_bearer(&self, token: &VerifiedToken) -> Result<(), InvalidToken> {
        token.claims().check_bearer(self.mode(token))
    }

    /// Checks the sender of a verified token. The verdict is never remembered; the proof is.
    pub(super) fn check(
        &self,
        presentation: &Presentation<'_>,
        token: &VerifiedToken,
        clock: &dyn Clock,
    ) -> SenderCheck {
        let binding = token.claims().binding();
        if binding.is_none() && presentation.credentials.scheme == Scheme::Bearer {
            let checked = self.check_bearer(token).map(|()| None);
            return SenderCheck::Decided(checked.map_err(Into::into));
        }
        let proof = match self.prove(presentation, token, clock) {
            Ok(None) => return SenderCheck::Decided(Ok(None)),
            Ok(Some(proof)) => proof,
            Err(unproven) => {
                let error = self.unproven(unproven, clock);
                if presentation.credentials.scheme == Scheme::Dpop {
                    self.counts.count(Err(&error));
                }
                return SenderCheck::Decided(Err(error));
            }
        };
        match self.replays.as_ref().map(|replays| replays.use_now(&proof, clock.monotonic())) {
            Some(Some(remembered)) => SenderCheck::Decided(self.used(&proof, remembered, clock)),
            Some(None) => SenderCheck::Pending(proof),
            // DPoP is off, so no proof can be remembered.
            None => SenderCheck::Decided(Err(InvalidToken::BoundToKey.into())),
        }
    }

    /// Remembers the proof in the shared memory.
    pub(super) async fn finish(
        &self,
        proof: &UsedProof,
        clock: &dyn Clock,
    ) -> Result<Option<String>, PresentationError> {
        match &self.replays {
            Some(replays) => {
                self.used(proof, replays.use_once(proof, clock.monotonic()).await, clock)
            }
            None => Err(InvalidToken::BoundToKey.into()),
        }
    }

    fn used(
        &self,
        proof: &UsedProof,
        remembered: Remembered,
        clock: &dyn Clock,
    ) -> Result<Option<String>, PresentationError> {
        let used = match remembered {
            Remembered::New if proof.needs_new_nonce => Ok(self.nonce(clock)),
            Remembered::New => Ok(None),
            Remembered::Seen => Err(InvalidProof::Replayed.into()),
            Remembered::OverShare { retry_after } => {
                Err(PresentationError::TooManyProofs { retry_after })
            }
            Remembered::Undecidable { retry_after } => {
                Err(PresentationError::ProofMemoryUnavailable { retry_after })
            }
        };
        self.counts.count(used.as_ref().map(drop));
        used
    }

    /// Checks the proof and certificate of a verified token.
    pub(super) fn prove(
        &self,
        presentation: &Presentation<'_>,
        token: &VerifiedToken,
        clock: &dyn Clock,
    ) -> Result<Option<UsedProof>, Unproven> {
        let binding = token.claims().binding();
        prove(presentation, binding, &self.dpop, self.mode(token), clock.now())
    }

    fn mode(&self, token: &VerifiedToken) -> DpopMode {
        token.dpop().unwrap_or(self.dpop.mode)
    }

    pub(super) fn unproven(&self, unproven: Unproven, clock: &dyn Clock) -> PresentationError {
        match unproven {
            Unproven::Token(reason) => reason.into(),
            Unproven::Proof(reason) => reason.into(),
            Unproven::NonceNeeded => {
                PresentationError::NonceNeeded { nonce: self.nonce(clock).unwrap_or_default() }
            }
        }
    }

    /// A new nonce; none where nonces are off.
    fn nonce(&self, clock: &dyn Clock) -> Option<String> {
        self.dpop.nonces.as_ref().map(|keys| keys.nonce(clock.now()))
    }
}
