//! Why a guard does not admit a request, and the answer to it.

mod challenge;
mod problem;
mod reason;
mod rejection_log;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use challenge::Challenge;
pub(in crate::access) use challenge::Challenges;
pub use challenge::{InvalidRealm, Realm};
pub use problem::{PROBLEM_JSON, Problem};
pub use reason::RejectionReason;
pub(in crate::access) use rejection_log::{
    Circumstances, DEFAULT_INTERVAL, RejectionLog, unconfigured,
};

use super::policy::Policy;

/// A request that a guard does not admit. As a response it is a challenge and a problem document,
/// both safe to show; its `Display` is the whole truth, for the log.
#[derive(Debug)]
pub struct Rejection {
    reason: RejectionReason,
    policy: Policy,
    /// None where the application has no protected resource.
    challenges: Option<Arc<Challenges>>,
}

impl Rejection {
    pub(super) fn new(
        reason: RejectionReason,
        policy: Policy,
        challenges: Option<Arc<Challenges>>,
    ) -> Self {
        Self { reason, policy, challenges }
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
        let challenges = self.challenges.as_ref()?;
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
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::InvalidToken;
    use crate::{Guard, Scoped};

    crate::scopes! { Read = "read"; }

    #[test]
    fn the_operators_text_names_the_policy_where_it_decided() {
        let table = [
            (
                RejectionReason::InsufficientScope,
                "the token does not grant what the route needs: scope read",
            ),
            (RejectionReason::NoCredentials, "the request has no bearer token"),
            (RejectionReason::InvalidToken(InvalidToken::IssuerMismatch), ""),
        ];
        for (reason, expected) in table {
            let without_policy = reason.to_string();
            let rejection = Rejection::new(reason, <Scoped<Read>>::POLICY, None);
            let expected = if expected.is_empty() { &without_policy } else { expected };
            assert_eq!(rejection.to_string(), *expected);
        }
    }
}
