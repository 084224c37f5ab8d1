//! The reasons for rejecting a request.

use std::time::Duration;

use derive_more::{Display, Error, From};

use crate::sender::{InvalidProof, MalformedCredentials};
use crate::token::InvalidToken;
use crate::verifier::{PresentationError, VerificationError};

/// Why a request is not admitted.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
pub enum RejectionReason {
    /// No credentials, or those of another scheme. The caller may not have known.
    #[display("the request has no bearer token")]
    NoCredentials,
    /// The `Authorization` header cannot be read; the caller is to blame.
    #[display("{_0}")]
    MalformedCredentials(MalformedCredentials),
    /// The token is no good; the caller or the issuer is to blame.
    #[display("{_0}")]
    InvalidToken(InvalidToken),
    /// The DPoP proof is no good; the caller is to blame.
    #[display("{_0}")]
    InvalidProof(InvalidProof),
    /// The DPoP proof needs a nonce. The caller may not have known.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    #[from(ignore)]
    NonceNeeded {
        /// The nonce to use.
        nonce: String,
    },
    /// The token is good and does not grant what the route needs.
    #[display("the token does not grant what the route needs")]
    InsufficientScope,
    /// The bearer comes too often; the caller is to blame.
    #[display("the bearer of the token comes too often")]
    #[from(ignore)]
    TooManyRequests {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer's keys cannot be had; the caller is not to blame.
    #[display("the keys of the token's issuer cannot be had at the moment")]
    #[from(ignore)]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// Whether the DPoP proof was used before cannot be told; the caller is not to blame.
    #[display("used DPoP proofs cannot be remembered at the moment")]
    #[from(ignore)]
    ProofMemoryUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key has used up its share of the memory of used proofs; the caller is to blame.
    #[display("the key of the DPoP proof has used up its share of the memory of used proofs")]
    #[from(ignore)]
    TooManyProofs {
        /// When to try again.
        retry_after: Duration,
    },
    /// The application has no [`ProtectedResource`](crate::ProtectedResource); its developer is to blame.
    #[display("the application has no ProtectedResource: add it with App::app_data")]
    NotConfigured,
}

impl From<VerificationError> for RejectionReason {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Rejected(refusal) => Self::InvalidToken(refusal),
            VerificationError::KeysUnavailable { retry_after } => {
                Self::KeysUnavailable { retry_after }
            }
        }
    }
}

impl From<PresentationError> for RejectionReason {
    fn from(error: PresentationError) -> Self {
        match error {
            PresentationError::Rejected(reason) => Self::InvalidToken(reason),
            PresentationError::ProofRejected(reason) => Self::InvalidProof(reason),
            PresentationError::NonceNeeded { nonce } => Self::NonceNeeded { nonce },
            PresentationError::KeysUnavailable { retry_after } => {
                Self::KeysUnavailable { retry_after }
            }
            PresentationError::ProofMemoryUnavailable { retry_after } => {
                Self::ProofMemoryUnavailable { retry_after }
            }
            PresentationError::TooManyProofs { retry_after } => Self::TooManyProofs { retry_after },
        }
    }
}

impl RejectionReason {
    /// A stable word for the kind of reason, for counters and log lines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::MalformedCredentials(_) => "malformed_credentials",
            Self::InvalidToken(refusal) => refusal.reason(),
            Self::InvalidProof(reason) => reason.reason(),
            Self::NonceNeeded { .. } => "nonce_needed",
            Self::InsufficientScope => "insufficient_scope",
            Self::ProofMemoryUnavailable { .. } => "proof_memory_unavailable",
            Self::TooManyProofs { .. } => "too_many_proofs",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::NotConfigured => "not_configured",
        }
    }

    /// The error code of the answer (RFC 6750 section 3.1, RFC 9449 section 7.1), if it has one.
    pub const fn error(&self) -> Option<&'static str> {
        match self {
            Self::MalformedCredentials(_) => Some("invalid_request"),
            Self::InvalidToken(_) => Some("invalid_token"),
            Self::InvalidProof(_) => Some("invalid_dpop_proof"),
            Self::NonceNeeded { .. } => Some("use_dpop_nonce"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::NoCredentials
            | Self::TooManyRequests { .. }
            | Self::KeysUnavailable { .. }
            | Self::ProofMemoryUnavailable { .. }
            | Self::TooManyProofs { .. }
            | Self::NotConfigured => None,
        }
    }
}
