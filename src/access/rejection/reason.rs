//! The reasons for rejecting a request.

use std::time::Duration;

use derive_more::{Display, Error, From};

use crate::access::policy::{Shortfall, ShortfallKind};
use crate::sender::{InvalidProof, MalformedCredentials};
use crate::token::InvalidToken;
use crate::verifier::{PresentationError, VerificationError};

/// Why a request is rejected.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionReason {
    /// No credentials, or those of another scheme. The caller may not have known.
    #[display("the request has no bearer token")]
    NoCredentials,
    /// The `Authorization` header field cannot be read; the caller is at fault.
    #[from]
    MalformedCredentials(MalformedCredentials),
    /// The cookie or header field that carries the token is there twice, or its value cannot be a
    /// token; the caller is at fault.
    #[display("{description}")]
    MalformedToken {
        /// What is wrong, for the caller.
        description: &'static str,
    },
    /// The token came in a cookie, with a request that another site may have caused.
    #[display("the request has a cookie as its credentials, and may come from another site")]
    CrossSiteRequest,
    /// The token is not valid; the caller or the issuer is at fault.
    #[from]
    InvalidToken(InvalidToken),
    /// The DPoP proof is not valid; the caller is at fault.
    #[from]
    InvalidProof(InvalidProof),
    /// The DPoP proof needs a nonce. The caller may not have known.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    NonceNeeded {
        /// The nonce to use.
        nonce: String,
    },
    /// The token is valid, and lacks a scope, permission or role, or does not meet a rule.
    #[display("the token does not grant what the route needs")]
    InsufficientScope,
    /// The token grants what the route needs, and the user's sign-in was not strong or recent enough
    /// (RFC 9470).
    #[display("the user's sign-in is not strong or recent enough for the route")]
    InsufficientAuthentication {
        /// The values of `acr` that the route accepts, in order of preference; empty if any.
        acr_values: Vec<&'static str>,
        /// The longest time since the sign-in that the route accepts, in seconds.
        max_age: Option<u32>,
    },
    /// Too many requests with tokens of this subject; the caller is at fault.
    #[display("too many requests with tokens of this subject")]
    TooManyRequests {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer's keys are not available; the caller is not at fault.
    #[display("the keys of the token's issuer are not available")]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The machine's clock does not show the time, so no token can be judged.
    #[display("the time is not known: the machine's clock shows a time long ago")]
    TimeUnknown {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer cannot be asked about the token; the caller is not at fault.
    #[display("the token's issuer cannot be asked about it at the moment")]
    IntrospectionUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The route needs a fresh answer, and the token's issuer has no introspection; the operator is at
    /// fault.
    #[display("the route needs a fresh answer, and the token's issuer has no introspection")]
    NoIntrospection,
    /// The memory of used DPoP proofs is not available; the caller is not at fault.
    #[display("the memory of used DPoP proofs is not available")]
    ProofMemoryUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key has used up its share of the memory of used proofs; the caller is at fault.
    #[display("the key of the DPoP proof has used up its share of the memory of used proofs")]
    TooManyProofs {
        /// When to try again.
        retry_after: Duration,
    },
    /// The application has no [`ProtectedResource`](crate::ProtectedResource); its developer is at
    /// fault.
    #[display("the application has no ProtectedResource: add it with App::app_data")]
    NotConfigured,
}

impl From<Shortfall> for RejectionReason {
    fn from(shortfall: Shortfall) -> Self {
        match shortfall.kind() {
            ShortfallKind::Grant => Self::InsufficientScope,
            ShortfallKind::Binding => Self::InvalidToken(InvalidToken::NotBound),
            ShortfallKind::Authentication => Self::InsufficientAuthentication {
                acr_values: shortfall.acr_values(),
                max_age: shortfall.max_age(),
            },
        }
    }
}

impl From<VerificationError> for RejectionReason {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Rejected(reason) => Self::InvalidToken(reason),
            VerificationError::KeysUnavailable { retry_after } => {
                Self::KeysUnavailable { retry_after }
            }
            VerificationError::TimeUnknown { retry_after } => Self::TimeUnknown { retry_after },
            VerificationError::IntrospectionUnavailable { retry_after } => {
                Self::IntrospectionUnavailable { retry_after }
            }
            VerificationError::NoIntrospection => Self::NoIntrospection,
        }
    }
}

impl From<PresentationError> for RejectionReason {
    fn from(error: PresentationError) -> Self {
        match error {
            PresentationError::Token(error) => error.into(),
            PresentationError::ProofRejected(reason) => Self::InvalidProof(reason),
            PresentationError::NonceNeeded { nonce } => Self::NonceNeeded { nonce },
            PresentationError::ProofMemoryUnavailable { retry_after } => {
                Self::ProofMemoryUnavailable { retry_after }
            }
            PresentationError::TooManyProofs { retry_after } => Self::TooManyProofs { retry_after },
        }
    }
}

impl RejectionReason {
    /// A stable code for the kind of reason, for counters and log lines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::MalformedCredentials(_) => "malformed_credentials",
            Self::MalformedToken { .. } => "malformed_token",
            Self::CrossSiteRequest => "cross_site_request",
            Self::InvalidToken(reason) => reason.reason(),
            Self::InvalidProof(reason) => reason.reason(),
            Self::NonceNeeded { .. } => "nonce_needed",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientAuthentication { .. } => "insufficient_user_authentication",
            Self::ProofMemoryUnavailable { .. } => "proof_memory_unavailable",
            Self::TooManyProofs { .. } => "too_many_proofs",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::TimeUnknown { .. } => "time_unknown",
            Self::IntrospectionUnavailable { .. } => "introspection_unavailable",
            Self::NoIntrospection => "no_introspection",
            Self::NotConfigured => "not_configured",
        }
    }

    /// The error code of the response, if it has one (RFC 6750 section 3.1, RFC 9449 section 7.1,
    /// RFC 9470 section 3).
    pub const fn error(&self) -> Option<&'static str> {
        match self {
            Self::MalformedCredentials(_) | Self::MalformedToken { .. } => Some("invalid_request"),
            Self::InvalidToken(_) => Some("invalid_token"),
            Self::InvalidProof(_) => Some("invalid_dpop_proof"),
            Self::NonceNeeded { .. } => Some("use_dpop_nonce"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::InsufficientAuthentication { .. } => Some("insufficient_user_authentication"),
            Self::NoCredentials
            | Self::CrossSiteRequest
            | Self::TooManyRequests { .. }
            | Self::KeysUnavailable { .. }
            | Self::IntrospectionUnavailable { .. }
            | Self::NoIntrospection
            | Self::ProofMemoryUnavailable { .. }
            | Self::TooManyProofs { .. }
            | Self::TimeUnknown { .. }
            | Self::NotConfigured => None,
        }
    }

    /// The description in the challenge, if it has one.
    pub(super) const fn description(&self) -> Option<&'static str> {
        match self {
            Self::MalformedCredentials(malformed) => Some(malformed.description()),
            Self::MalformedToken { description } => Some(*description),
            Self::InvalidToken(reason) => Some(reason.description()),
            Self::InvalidProof(reason) => Some(reason.description()),
            Self::NonceNeeded { .. } => Some("the DPoP proof needs the nonce of this answer"),
            Self::InsufficientAuthentication { .. } => {
                Some("a stronger or more recent authentication is required")
            }
            _ => None,
        }
    }
}
