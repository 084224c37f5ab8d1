//! Why a guard does not admit a request, and the answer to it.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use derive_more::{Display, Error, From};

use super::challenge::Challenge;
use super::policy::Policy;
use super::problem::Problem;
use super::protected_resource::ProtectedResource;
use crate::issuer::VerificationError;
use crate::sender::MalformedCredentials;
use crate::token::InvalidToken;

/// A request that a guard does not admit. As a response it is a challenge and a problem document,
/// both safe to show; its `Display` is the whole truth, for the log.
#[derive(Debug)]
pub struct Rejection {
    reason: RejectionReason,
    policy: Policy,
    resource: Option<ProtectedResource>,
}

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
    /// The application has no [`ProtectedResource`]; its developer is to blame.
    #[display("the application has no ProtectedResource: add it with App::app_data")]
    NotConfigured,
}

impl From<VerificationError> for RejectionReason {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Refused(refusal) => Self::InvalidToken(refusal),
            VerificationError::KeysUnavailable { retry_after } => {
                Self::KeysUnavailable { retry_after }
            }
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
            Self::InsufficientScope => "insufficient_scope",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::NotConfigured => "not_configured",
        }
    }

    /// The error code of the answer (RFC 6750 section 3.1), if it has one.
    pub const fn error(&self) -> Option<&'static str> {
        match self {
            Self::MalformedCredentials(_) => Some("invalid_request"),
            Self::InvalidToken(_) => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::NoCredentials
            | Self::TooManyRequests { .. }
            | Self::KeysUnavailable { .. }
            | Self::NotConfigured => None,
        }
    }
}

impl Rejection {
    pub(super) fn new(
        reason: RejectionReason,
        policy: Policy,
        resource: Option<ProtectedResource>,
    ) -> Self {
        Self { reason, policy, resource }
    }

    /// Why the request is not admitted.
    pub const fn reason(&self) -> &RejectionReason {
        &self.reason
    }

    /// The policy that was not satisfied.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// The challenge, for the answers that have one.
    fn challenge(&self) -> Option<HeaderValue> {
        let challenges = self.resource.as_ref()?.challenges();
        let challenge = match &self.reason {
            RejectionReason::NoCredentials => Challenge::NoCredentials { policy: self.policy },
            RejectionReason::MalformedCredentials(malformed) => {
                Challenge::InvalidRequest { description: malformed.description() }
            }
            RejectionReason::InvalidToken(refusal) => {
                Challenge::InvalidToken { description: refusal.description() }
            }
            RejectionReason::InsufficientScope => {
                Challenge::InsufficientScope { policy: self.policy }
            }
            RejectionReason::TooManyRequests { .. }
            | RejectionReason::KeysUnavailable { .. }
            | RejectionReason::NotConfigured => return None,
        };
        Some(challenges.header(&challenge))
    }

    fn problem(&self) -> Problem {
        let problem = Problem::of(self.status_code());
        let problem = match self.reason.error() {
            Some(error) => problem.error(error),
            None => problem,
        };
        match &self.reason {
            RejectionReason::NoCredentials => problem
                .detail("This needs an access token: send Authorization: Bearer and the token."),
            RejectionReason::MalformedCredentials(malformed) => {
                problem.detail(malformed.description())
            }
            RejectionReason::InvalidToken(refusal) => problem.detail(refusal.description()),
            RejectionReason::InsufficientScope => problem
                .detail(format!("the access token must have: {}", self.policy))
                .scope(self.policy.scopes().join(" ")),
            RejectionReason::TooManyRequests { retry_after } => {
                let seconds = whole_seconds(*retry_after);
                problem.detail(format!(
                    "Too many requests with tokens of this subject: try again in {seconds} s."
                ))
            }
            RejectionReason::KeysUnavailable { .. } => problem
                .detail("The token cannot be verified at the moment. It may be good: try again."),
            RejectionReason::NotConfigured => problem,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            RejectionReason::InsufficientScope => {
                write!(formatter, "{}: {}", self.reason, self.policy)
            }
            _ => self.reason.fmt(formatter),
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        match self.reason {
            RejectionReason::NoCredentials | RejectionReason::InvalidToken(_) => {
                StatusCode::UNAUTHORIZED
            }
            RejectionReason::MalformedCredentials(_) => StatusCode::BAD_REQUEST,
            RejectionReason::InsufficientScope => StatusCode::FORBIDDEN,
            RejectionReason::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            RejectionReason::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            RejectionReason::NotConfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.problem().into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let RejectionReason::KeysUnavailable { retry_after }
        | RejectionReason::TooManyRequests { retry_after } = self.reason
        {
            let seconds = HeaderValue::from(whole_seconds(retry_after));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// As many whole seconds as it takes, for `Retry-After` (RFC 9110 section 10.2.3).
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}
