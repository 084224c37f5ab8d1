//! Rejections: why a guard does not admit a request, and the response to it.

mod challenge;
mod problem;
mod realm;
mod reason;
mod rejection_log;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};

use challenge::Challenge;
#[cfg(feature = "service")]
pub(crate) use challenge::proof_algorithms;
pub(in crate::access) use challenge::{Challenges, DpopChallenge};
pub use problem::{PROBLEM_JSON, Problem};
pub use realm::{InvalidRealm, Realm};
pub use reason::RejectionReason;
pub(in crate::access) use rejection_log::{
    DEFAULT_INTERVAL, RejectionContext, RejectionLog, unconfigured,
};

use super::policy::Policy;
use crate::sender::Scheme;
use crate::token::InvalidToken;

/// The header field that carries a nonce for the next proof (RFC 9449 section 8.1).
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A rejected request. As a response it is a challenge and a problem document, which are safe to show
/// to the caller. Its `Display` is complete, for the operator's log.
#[derive(Debug)]
pub struct Rejection {
    reason: RejectionReason,
    policy: &'static Policy,
    /// None where the application has no protected resource.
    challenges: Option<Arc<Challenges>>,
    /// The scheme of the request's credentials; none if there are none or it is ambiguous.
    scheme: Option<Scheme>,
    body: Option<RejectionBody>,
}

/// The application's own response to a rejected request; its status and fields are replaced.
#[derive(derive_more::Debug, Clone)]
#[debug("RejectionBody(…)")]
pub(in crate::access) struct RejectionBody(Arc<dyn Fn(&Rejection) -> HttpResponse + Send + Sync>);

impl RejectionBody {
    pub(in crate::access) fn new(
        make: impl Fn(&Rejection) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(make))
    }
}

impl Rejection {
    pub(super) fn new(
        reason: RejectionReason,
        policy: &'static Policy,
        challenges: Option<Arc<Challenges>>,
    ) -> Self {
        Self { reason, policy, challenges, scheme: None, body: None }
    }

    /// The same rejection of a request whose credentials are of this scheme.
    pub(super) const fn under(mut self, scheme: Option<Scheme>) -> Self {
        self.scheme = scheme;
        self
    }

    /// The same rejection with the application's own body.
    pub(super) fn with_body(mut self, body: Option<RejectionBody>) -> Self {
        self.body = body;
        self
    }

    /// Why the request is rejected.
    pub const fn reason(&self) -> &RejectionReason {
        &self.reason
    }

    /// The policy that was not satisfied.
    pub const fn policy(&self) -> Policy {
        *self.policy
    }

    /// The challenges, for the answers that have any. The scheme that the request used is the one
    /// whose challenge tells the error (RFC 9449 section 7.2).
    fn challenges(&self) -> Vec<HeaderValue> {
        let Some(challenges) = self.challenges.as_ref() else { return Vec::new() };
        let challenge = Challenge::of(&self.reason, self.policy);
        match (&self.reason, self.scheme) {
            (RejectionReason::NoCredentials, _) => challenges.of_scheme(None, &challenge),
            (RejectionReason::InvalidProof(_) | RejectionReason::NonceNeeded { .. }, _) => {
                challenges.of_scheme(Some(Scheme::Dpop), &challenge)
            }
            // The other scheme is the one to use.
            (
                RejectionReason::InvalidToken(
                    InvalidToken::BoundToKey | InvalidToken::ProofRequired | InvalidToken::NotBound,
                ),
                Some(Scheme::Bearer),
            ) => challenges.wrong_scheme(&challenge),
            (reason, scheme) if reason.error().is_some() => {
                challenges.of_scheme(scheme, &challenge)
            }
            // Other credentials would not help.
            _ => Vec::new(),
        }
    }

    fn problem(&self) -> Problem {
        let problem = Problem::of(self.status_code()).error(self.reason.error());
        match &self.reason {
            RejectionReason::NoCredentials => problem.detail(
                self.challenges
                    .as_ref()
                    .map_or(Challenges::BEARER_NEEDED.into(), |it| it.what_is_needed()),
            ),
            RejectionReason::MalformedCredentials(malformed) => {
                problem.detail(malformed.description())
            }
            RejectionReason::InvalidToken(reason) => problem.detail(reason.description()),
            RejectionReason::InvalidProof(reason) => problem.detail(reason.description()),
            RejectionReason::NonceNeeded { .. } => problem.detail(
                "The DPoP proof needs the nonce of the header field DPoP-Nonce: make a new proof.",
            ),
            RejectionReason::InsufficientScope => problem
                .detail(format!("the access token must have: {}", self.policy))
                .scope(self.policy.scopes().join(" ")),
            RejectionReason::InsufficientAuthentication { acr_values, max_age } => problem
                .detail(format!(
                    "This needs a stronger or more recent sign-in: {}.",
                    sign_in(acr_values, *max_age),
                ))
                .scope(self.policy.scopes().join(" ")),
            RejectionReason::TooManyRequests { retry_after } => {
                let seconds = whole_seconds(*retry_after);
                problem.detail(format!(
                    "Too many requests with tokens of this subject: try again in {seconds} s."
                ))
            }
            RejectionReason::KeysUnavailable { .. }
            | RejectionReason::IntrospectionUnavailable { .. }
            | RejectionReason::TimeUnknown { .. } => problem
                .detail("The token cannot be verified at the moment. It may be good: try again."),
            RejectionReason::ProofMemoryUnavailable { .. } => problem.detail(
                "The DPoP proof cannot be checked at the moment: try again with a new one.",
            ),
            RejectionReason::TooManyProofs { retry_after } => {
                let seconds = whole_seconds(*retry_after);
                problem.detail(format!(
                    "Too many DPoP proofs of this key in a short time: try again in {seconds} s."
                ))
            }
            RejectionReason::MalformedToken { description } => problem.detail(*description),
            RejectionReason::CrossSiteRequest => problem.detail(
                "The request has a cookie as its credentials, and does not come from this site.",
            ),
            RejectionReason::NotConfigured | RejectionReason::NoIntrospection => problem,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            RejectionReason::InsufficientScope
            | RejectionReason::InsufficientAuthentication { .. }
            | RejectionReason::InvalidToken(InvalidToken::NotBound) => {
                write!(formatter, "{}: {}", self.reason, self.policy)
            }
            _ => self.reason.fmt(formatter),
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        match self.reason {
            RejectionReason::NoCredentials
            | RejectionReason::InvalidToken(_)
            | RejectionReason::InvalidProof(_)
            | RejectionReason::InsufficientAuthentication { .. }
            | RejectionReason::NonceNeeded { .. } => StatusCode::UNAUTHORIZED,
            RejectionReason::MalformedCredentials(_) | RejectionReason::MalformedToken { .. } => {
                StatusCode::BAD_REQUEST
            }
            RejectionReason::InsufficientScope | RejectionReason::CrossSiteRequest => {
                StatusCode::FORBIDDEN
            }
            RejectionReason::TooManyRequests { .. } | RejectionReason::TooManyProofs { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            RejectionReason::KeysUnavailable { .. }
            | RejectionReason::TimeUnknown { .. }
            | RejectionReason::IntrospectionUnavailable { .. }
            | RejectionReason::ProofMemoryUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            RejectionReason::NotConfigured | RejectionReason::NoIntrospection => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = match &self.body {
            Some(RejectionBody(make)) => make(self),
            None => self.problem().into_response(),
        };
        *response.status_mut() = self.status_code();
        response.headers_mut().remove(WWW_AUTHENTICATE);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for challenge in self.challenges() {
            response.headers_mut().append(WWW_AUTHENTICATE, challenge);
        }
        if let RejectionReason::NonceNeeded { nonce } = &self.reason
            && let Ok(nonce) = HeaderValue::from_str(nonce)
        {
            response.headers_mut().insert(DPOP_NONCE, nonce);
        }
        if let RejectionReason::KeysUnavailable { retry_after }
        | RejectionReason::TimeUnknown { retry_after }
        | RejectionReason::IntrospectionUnavailable { retry_after }
        | RejectionReason::TooManyRequests { retry_after }
        | RejectionReason::ProofMemoryUnavailable { retry_after }
        | RejectionReason::TooManyProofs { retry_after } = self.reason
        {
            let seconds = HeaderValue::from(whole_seconds(retry_after));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// What the next sign-in must be, for people.
pub(in crate::access) fn sign_in(acr_values: &[&str], max_age: Option<u32>) -> String {
    let strength = (!acr_values.is_empty()).then(|| format!("acr {}", acr_values.join(" or ")));
    let age = max_age.map(|seconds| format!("at most {seconds} s ago"));
    strength.into_iter().chain(age).collect::<Vec<_>>().join(", ")
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
    fn a_client_is_never_told_to_come_back_too_early() {
        let table = [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (2000, 2), (59_001, 60)];
        for (milliseconds, seconds) in table {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(whole_seconds(wait), seconds, "RFC 9110 10.2.3: {wait:?}");
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

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
            let rejection = Rejection::new(reason, &<Scoped<Read>>::POLICY, None);
            let expected = if expected.is_empty() { &without_policy } else { expected };
            assert_eq!(rejection.to_string(), *expected);
        }
    }
}
