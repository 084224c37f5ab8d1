//! Verification of a presentation: the token, then its sender, then whether the proof is new.

use std::sync::Arc;
use std::time::Duration;

use derive_more::{Display, Error, From};

use super::proof_counts::{ProofCounters, ProofCounts, ProofResult};
use super::replays::{ProofMemoryStatus, ProofUse, Replays};
use super::{VerificationError, Verifier};
use crate::sender::{
    DpopMode, DpopPolicy, InvalidProof, Presentation, Scheme, Unproven, UsedProof, check_fields,
    prove,
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

/// Why a presentation is not accepted.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresentationError {
    /// The token is rejected: answer 401 with `invalid_token`.
    #[display("{_0}")]
    Rejected(InvalidToken),
    /// The DPoP proof is rejected: answer 401 with `invalid_dpop_proof`.
    #[display("{_0}")]
    ProofRejected(InvalidProof),
    /// The DPoP proof needs a nonce: answer 401 with `use_dpop_nonce`, and the nonce as `DPoP-Nonce`.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    #[from(ignore)]
    NonceNeeded {
        /// The nonce to use.
        nonce: String,
    },
    /// The token may be valid, but its issuer's keys cannot be fetched at the moment: answer 503.
    #[display("the keys of the token's issuer cannot be fetched at the moment")]
    #[from(ignore)]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer cannot be asked about the token, which may be active: answer 503.
    #[display("the token's issuer cannot be asked about it at the moment")]
    #[from(ignore)]
    IntrospectionUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// A fresh answer is required, and the token's issuer has no introspection: answer 500.
    #[display("a fresh answer is required, and the token's issuer has no introspection")]
    NoIntrospection,
    /// The machine's clock does not show the time, so nothing can be judged: answer 503.
    #[display("the time is not known: the machine's clock shows a time long ago")]
    #[from(ignore)]
    TimeUnknown {
        /// When to try again.
        retry_after: Duration,
    },
    /// Whether the proof was used before cannot be told: answer 503.
    #[display("used proofs cannot be remembered at the moment")]
    #[from(ignore)]
    ProofMemoryUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key has used up its share of the memory of used proofs: answer 429.
    #[display("the key of the proof has used up its share of the memory of used proofs")]
    #[from(ignore)]
    TooManyProofs {
        /// When to try again.
        retry_after: Duration,
    },
}

impl From<VerificationError> for PresentationError {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Rejected(reason) => Self::Rejected(reason),
            VerificationError::KeysUnavailable { retry_after } => {
                Self::KeysUnavailable { retry_after }
            }
            VerificationError::IntrospectionUnavailable { retry_after } => {
                Self::IntrospectionUnavailable { retry_after }
            }
            VerificationError::NoIntrospection => Self::NoIntrospection,
            VerificationError::TimeUnknown { retry_after } => Self::TimeUnknown { retry_after },
        }
    }
}

/// A sender check that is decided but for the shared memory.
pub(crate) enum SenderCheck {
    /// The check is over.
    Decided(Result<Option<String>, PresentationError>),
    /// The proof must be remembered, which takes waiting.
    Pending(UsedProof),
}

impl Verifier {
    /// Verifies a token and its sender: everything that a request presents.
    ///
    /// # Errors
    ///
    /// [`PresentationError`]: the token or the proof is rejected, or there is no deciding at the
    /// moment.
    pub async fn verify_presentation(
        &self,
        presentation: &Presentation<'_>,
    ) -> Result<VerifiedPresentation, PresentationError> {
        check_fields(presentation)?;
        let text = presentation.credentials.token.as_str();
        let token = match self.check(text) {
            Ok(verdict) => verdict?,
            Err(pending) => self.finish(text, pending).await?,
        };
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
        check_fields(presentation)?;
        let text = presentation.credentials.token.as_str();
        let token = match self.check(text) {
            Ok(verdict) => verdict?,
            Err(pending) => self.finish(text, pending).await?,
        };
        let proven = prove(presentation, token.claims().binding(), self.dpop(), self.now());
        proven.map_err(|unproven| self.unproven(unproven))?;
        Ok(token)
    }

    /// What is expected of DPoP proofs.
    pub fn dpop(&self) -> &DpopPolicy {
        &self.0.sender.dpop
    }

    /// How many proofs were judged, by result.
    pub fn proof_counts(&self) -> ProofCounts {
        self.0.sender.counts.read()
    }

    /// How the memory of used proofs stands; none where DPoP is off.
    pub fn proof_memory_status(&self) -> Option<ProofMemoryStatus> {
        self.0.sender.replays.as_ref().map(Replays::status)
    }

    /// Whether a token may be sent as a plain bearer token, with no proof of any kind.
    pub(super) fn check_bearer(&self, token: &VerifiedToken) -> Result<(), InvalidToken> {
        if token.claims().binding().is_some() {
            Err(InvalidToken::BoundToKey)
        } else if self.dpop().mode == DpopMode::Required {
            Err(InvalidToken::NotBound)
        } else {
            Ok(())
        }
    }

    /// Checks the sender of a verified token. The verdict is never remembered; the proof is.
    pub(crate) fn check_sender(
        &self,
        presentation: &Presentation<'_>,
        token: &VerifiedToken,
    ) -> SenderCheck {
        let binding = token.claims().binding();
        let SenderChecks { dpop, replays, .. } = &self.0.sender;
        if binding.is_none() && presentation.credentials.scheme == Scheme::Bearer {
            let checked = self.check_bearer(token).map(|()| None);
            return SenderCheck::Decided(checked.map_err(Into::into));
        }
        let proof = match prove(presentation, binding, dpop, self.now()) {
            Ok(None) => return SenderCheck::Decided(Ok(None)),
            Ok(Some(proof)) => proof,
            Err(unproven) => {
                let error = self.unproven(unproven);
                if presentation.credentials.scheme == Scheme::Dpop {
                    self.0.sender.counts.count(ProofResult::of(&Err(&error)));
                }
                return SenderCheck::Decided(Err(error));
            }
        };
        match replays.as_ref().map(|replays| replays.use_now(&proof)) {
            Some(Some(proof_use)) => SenderCheck::Decided(self.used(&proof, proof_use)),
            Some(None) => SenderCheck::Pending(proof),
            // DPoP is off, so no proof can be remembered.
            None => SenderCheck::Decided(Err(InvalidToken::BoundToKey.into())),
        }
    }

    /// Remembers the proof in the shared memory.
    pub(crate) async fn finish_sender(
        &self,
        proof: &UsedProof,
    ) -> Result<Option<String>, PresentationError> {
        match &self.0.sender.replays {
            Some(replays) => self.used(proof, replays.use_once(proof).await),
            None => Err(InvalidToken::BoundToKey.into()),
        }
    }

    fn used(
        &self,
        proof: &UsedProof,
        proof_use: ProofUse,
    ) -> Result<Option<String>, PresentationError> {
        let used = match proof_use {
            ProofUse::First if proof.needs_new_nonce => Ok(self.nonce()),
            ProofUse::First => Ok(None),
            ProofUse::Replay => Err(InvalidProof::Replayed.into()),
            ProofUse::TooMany { retry_after } => {
                Err(PresentationError::TooManyProofs { retry_after })
            }
            ProofUse::Undecidable { retry_after } => {
                Err(PresentationError::ProofMemoryUnavailable { retry_after })
            }
        };
        self.0.sender.counts.count(ProofResult::of(&used.as_ref().map(|_| ())));
        used
    }

    fn unproven(&self, unproven: Unproven) -> PresentationError {
        match unproven {
            Unproven::Token(reason) => reason.into(),
            Unproven::Proof(reason) => reason.into(),
            Unproven::NonceNeeded => {
                PresentationError::NonceNeeded { nonce: self.nonce().unwrap_or_default() }
            }
        }
    }

    /// A new nonce; none where nonces are off.
    fn nonce(&self) -> Option<String> {
        self.dpop().nonces.as_ref().map(|keys| keys.nonce(self.now()))
    }
}

impl ProofResult {
    const fn of(checked: &Result<(), &PresentationError>) -> Self {
        match checked {
            Ok(()) => Self::Accepted,
            Err(PresentationError::ProofRejected(InvalidProof::Replayed)) => Self::Replayed,
            Err(PresentationError::NonceNeeded { .. }) => Self::NonceNeeded,
            Err(PresentationError::TooManyProofs { .. }) => Self::TooMany,
            Err(PresentationError::ProofMemoryUnavailable { .. }) => Self::Undecidable,
            Err(_) => Self::Rejected,
        }
    }
}
