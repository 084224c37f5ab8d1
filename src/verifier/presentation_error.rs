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
    /// The memory of used proofs is unavailable, so a replay cannot be excluded: answer 503.
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
