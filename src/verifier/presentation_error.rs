//! Reasons for which a presentation is not accepted.

use std::time::Duration;

use derive_more::{Display, Error, From};

use super::verification_error::VerificationError;
use crate::sender::InvalidProof;
use crate::token::InvalidToken;

/// Why a presentation is not accepted.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresentationError {
    /// The token is rejected, or cannot be judged at the moment.
    #[from(VerificationError, InvalidToken)]
    Token(VerificationError),
    /// The DPoP proof is rejected: answer 401 with `invalid_dpop_proof`.
    #[from]
    ProofRejected(InvalidProof),
    /// The DPoP proof needs a nonce: answer 401 with `use_dpop_nonce`, and the nonce as `DPoP-Nonce`.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    NonceNeeded {
        /// The nonce to use.
        nonce: String,
    },
    /// The memory of used proofs is unavailable, so a replay cannot be excluded: answer 503.
    #[display("used proofs cannot be remembered at the moment")]
    ProofMemoryUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key has used up its share of the memory of used proofs: answer 429.
    #[display("the key of the proof has used up its share of the memory of used proofs")]
    TooManyProofs {
        /// When to try again.
        retry_after: Duration,
    },
}
