//! The `WWW-Authenticate` header field: what to send to be admitted (RFC 6750 section 3,
//! RFC 9449 section 7.1).

use std::borrow::Cow;
use std::fmt::Write;

use actix_web::http::header::HeaderValue;

use super::realm::Realm;
use super::reason::RejectionReason;
use crate::access::policy::Policy;
use crate::sender::{DpopMode, DpopPolicy, Scheme};
use crate::token::{Algorithm, Family};

/// What a challenge says. By default it has no error code: nothing was wrong (RFC 6750 section 3.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Challenge<'a> {
    error: Option<&'static str>,
    description: Option<&'static str>,
    /// The policy whose scopes are named.
    policy: Option<&'a Policy>,
    acr_values: &'a [&'static str],
    max_age: Option<u32>,
}

impl<'a> Challenge<'a> {
    /// The challenge for this reason on a route with this policy.
    pub(super) fn of(reason: &'a RejectionReason, policy: &'a Policy) -> Self {
        let (error, description) = (reason.error(), reason.description());
        let challenge = Self { error, description, ..Self::default() };
        match reason {
            RejectionReason::NoCredentials | RejectionReason::InsufficientScope => {
                Self { policy: Some(policy), ..challenge }
            }
            // Everything that the next sign-in must bring (RFC 9470 section 3).
            RejectionReason::InsufficientAuthentication { acr_values, max_age } => {
                Self { policy: Some(policy), acr_values, max_age: *max_age, ..challenge }
            }
            _ => challenge,
        }
    }
}

/// The challenges of one protected resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::access) struct Challenges {
    pub(in crate::access) realm: Realm,
    /// Where the RFC 9728 metadata is; every character of it can stand in a quoted text.
    pub(in crate::access) resource_metadata: Option<String>,
    /// What the `DPoP` scheme's challenge says; none where DPoP is off.
    pub(in crate::access) dpop: Option<DpopChallenge>,
    /// Where tokens are taken from, if not from `Authorization`, for people.
    pub(in crate::access) token_place: Option<String>,
}

/// The parts of a challenge that only the `DPoP` scheme has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::access) struct DpopChallenge {
    /// The algorithms that proofs may be signed with, space-separated.
    algorithms: String,
    /// The `Bearer` scheme is not accepted.
    is_required: bool,
}

impl DpopChallenge {
    /// The challenge that goes with this policy; none where DPoP is off.
    pub(in crate::access) fn of(policy: &DpopPolicy) -> Option<Self> {
        let names: Vec<_> = proof_algorithms(policy).map(|name| name.to_string()).collect();
        let is_required = policy.mode == DpopMode::Required;
        policy.is_on().then(|| Self { algorithms: names.join(" "), is_required })
    }
}

/// The algorithms that proofs may be signed with: those with public keys.
pub(crate) fn proof_algorithms(policy: &DpopPolicy) -> impl Iterator<Item = Algorithm> {
    policy.algorithms.iter().filter(|algorithm| algorithm.family() != Family::Secret)
}

impl Challenges {
    /// What a request without credentials lacks where only bearer tokens are accepted.
    pub(super) const BEARER_NEEDED: &'static str =
        "This needs an access token: send Authorization: Bearer and the token.";

    pub(in crate::access) const fn new(realm: Realm) -> Self {
        Self { realm, resource_metadata: None, dpop: None, token_place: None }
    }

    /// What a request without credentials lacks, in words.
    pub(super) fn what_is_needed(&self) -> Cow<'static, str> {
        if let Some(place) = &self.token_place {
            return format!("This needs an access token in {place}.").into();
        }
        Cow::Borrowed(match &self.dpop {
            None => Self::BEARER_NEEDED,
            Some(DpopChallenge { is_required: false, .. }) => {
                "This needs an access token: send Authorization: Bearer and the token, or \
                 Authorization: DPoP, the token, and a DPoP proof."
            }
            Some(_) => {
                "This needs an access token: send Authorization: DPoP, the token, and a DPoP proof."
            }
        })
    }

    /// The challenge of the scheme that the request used, or of each if it used none or that is
    /// ambiguous (RFC 9449 section 7.2). If the scheme is not accepted, the challenge of the other one
    /// takes its place.
    pub(super) fn of_scheme(
        &self,
        scheme: Option<Scheme>,
        challenge: &Challenge<'_>,
    ) -> Vec<HeaderValue> {
        let is_accepted = |scheme: &Scheme| self.schemes().any(|accepted| accepted == *scheme);
        match scheme.filter(is_accepted) {
            Some(scheme) => vec![self.header(scheme, challenge)],
            None => self.schemes().map(|scheme| self.header(scheme, challenge)).collect(),
        }
    }

    /// The challenge with the error in the `Bearer` scheme that the request used, and one without in
    /// the scheme that the token needs.
    pub(super) fn wrong_scheme(&self, challenge: &Challenge<'_>) -> Vec<HeaderValue> {
        let mut headers = self.of_scheme(Some(Scheme::Bearer), challenge);
        if self.schemes().count() > 1 {
            headers.push(self.header(Scheme::Dpop, &Challenge::default()));
        }
        headers
    }

    fn schemes(&self) -> impl Iterator<Item = Scheme> {
        // Tokens from elsewhere are bearer tokens.
        let dpop = self.dpop.as_ref().filter(|_| self.token_place.is_none());
        let is_required = dpop.is_some_and(|dpop| dpop.is_required);
        let bearer = (!is_required).then_some(Scheme::Bearer);
        bearer.into_iter().chain(dpop.map(|_| Scheme::Dpop))
    }

    fn header(&self, scheme: Scheme, challenge: &Challenge<'_>) -> HeaderValue {
        let text = self.text(scheme, challenge);
        // Every piece is printable ASCII by its type, so this cannot fail; a bare scheme is the
        // most that can honestly be said if it does.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer realm=\"api\""))
    }

    fn text(&self, scheme: Scheme, challenge: &Challenge<'_>) -> String {
        let Challenge { error, description, policy, acr_values, max_age } = *challenge;
        let list = |values: &[&str]| (!values.is_empty()).then(|| values.join(" "));
        let scope = policy.and_then(|policy| list(&policy.scopes()));
        let acr_values = list(acr_values);
        let max_age = max_age.map(|seconds| seconds.to_string());
        let dpop = self.dpop.as_ref().filter(|_| scheme == Scheme::Dpop);
        let parameters = [
            ("realm", (scheme == Scheme::Bearer).then_some(self.realm.as_str())),
            ("error", error),
            ("error_description", description),
            ("acr_values", acr_values.as_deref()),
            ("max_age", max_age.as_deref()),
            ("scope", scope.as_deref()),
            ("resource_metadata", self.resource_metadata.as_deref()),
            ("algs", dpop.map(|dpop| dpop.algorithms.as_str())),
        ];
        let mut text = scheme.to_string();
        let mut separator = " ";
        for (name, value) in parameters {
            if let Some(value) = value {
                // Writing to a String does not fail.
                let _ = write!(text, "{separator}{name}=\"{value}\"");
                separator = ", ";
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Guard, Scoped};
    use crate::sender::InvalidProof;
    use crate::token::InvalidToken;

    crate::scopes! {
        Read = "read";
        Write = "write";
    }

    #[test]
    fn each_scheme_has_its_challenge_as_rfc_9449_7_says() {
        let mut challenges = Challenges::new(Realm::default());
        let mut policy = DpopPolicy::new(["https://api.example".parse().expect("a URL")]);
        policy.algorithms = crate::token::Algorithms::only([Algorithm::Es256, Algorithm::EdDsa]);
        challenges.dpop = DpopChallenge::of(&policy);
        let required = {
            policy.mode = DpopMode::Required;
            let mut challenges = challenges.clone();
            challenges.dpop = DpopChallenge::of(&policy);
            challenges
        };
        let bad = RejectionReason::InvalidToken(InvalidToken::Expired { seconds: 9 });
        let bad = Challenge::of(&bad, &Policy::Authenticated);
        let proof = RejectionReason::InvalidProof(InvalidProof::Replayed);
        let proof = Challenge::of(&proof, &Policy::Authenticated);
        let nonce = RejectionReason::NonceNeeded { nonce: "n".to_owned() };
        let nonce = Challenge::of(&nonce, &Policy::Authenticated);
        let none = Challenge::of(&RejectionReason::NoCredentials, &Policy::Authenticated);
        let scopes = <Scoped<Read>>::POLICY;
        let read = Challenge::of(&RejectionReason::NoCredentials, &scopes);
        let lacking = Challenge::of(&RejectionReason::InsufficientScope, &scopes);
        const DPOP: &str = r#"DPoP algs="ES256 EdDSA""#;
        const BEARER_BAD: &str = r#"Bearer realm="api", error="invalid_token", error_description="the access token has expired""#;
        const DPOP_BAD: &str = r#"DPoP error="invalid_token", error_description="the access token has expired", algs="ES256 EdDSA""#;
        let (bearer, dpop) = (Some(Scheme::Bearer), Some(Scheme::Dpop));
        let table: [(Vec<HeaderValue>, &[&str], &str); 12] = [
            (challenges.of_scheme(None, &none), &[r#"Bearer realm="api""#, DPOP], "9449 7.2"),
            (required.of_scheme(None, &none), &[DPOP], "9449 7.1"),
            (
                challenges.of_scheme(None, &read),
                &[
                    r#"Bearer realm="api", scope="read""#,
                    r#"DPoP scope="read", algs="ES256 EdDSA""#,
                ],
                "6750 3",
            ),
            (challenges.of_scheme(bearer, &bad), &[BEARER_BAD], "9449 7.2"),
            (challenges.of_scheme(dpop, &bad), &[DPOP_BAD], "9449 7.2"),
            (challenges.of_scheme(None, &bad), &[BEARER_BAD, DPOP_BAD], "9449 7.2: ambiguous"),
            (required.of_scheme(bearer, &bad), &[DPOP_BAD], "Bearer is not accepted"),
            (challenges.wrong_scheme(&bad), &[BEARER_BAD, DPOP], "9449 7.2"),
            (required.wrong_scheme(&bad), &[DPOP_BAD], "9449 7.1"),
            (
                challenges.of_scheme(dpop, &proof),
                &[
                    r#"DPoP error="invalid_dpop_proof", error_description="the DPoP proof was used before: make one for each request", algs="ES256 EdDSA""#,
                ],
                "9449 7.1",
            ),
            (
                challenges.of_scheme(dpop, &nonce),
                &[
                    r#"DPoP error="use_dpop_nonce", error_description="the DPoP proof needs the nonce of this answer", algs="ES256 EdDSA""#,
                ],
                "9449 9",
            ),
            (
                challenges.of_scheme(dpop, &lacking),
                &[r#"DPoP error="insufficient_scope", scope="read", algs="ES256 EdDSA""#],
                "6750 3.1",
            ),
        ];
        for (headers, expected, section) in table {
            let headers: Vec<_> = headers.iter().map(|header| header.to_str().unwrap()).collect();
            assert_eq!(headers, expected, "RFC {section}");
        }
    }

    #[test]
    fn each_challenge_is_written_as_rfc_6750_3_says() {
        let policy = <Scoped<(Read, Write, Read)>>::POLICY;
        let mut challenges = Challenges::new(Realm::default());
        let sign_in = |acr_values, max_age| RejectionReason::InsufficientAuthentication {
            acr_values,
            max_age,
        };
        let table = [
            (RejectionReason::NoCredentials, Policy::Authenticated, r#"Bearer realm="api""#),
            (RejectionReason::NoCredentials, policy, r#"Bearer realm="api", scope="read write""#),
            (
                RejectionReason::MalformedToken { description: "send one" },
                policy,
                r#"Bearer realm="api", error="invalid_request", error_description="send one""#,
            ),
            (
                RejectionReason::InvalidToken(InvalidToken::Expired { seconds: 9 }),
                policy,
                r#"Bearer realm="api", error="invalid_token", error_description="the access token has expired""#,
            ),
            (
                RejectionReason::InsufficientScope,
                policy,
                r#"Bearer realm="api", error="insufficient_scope", scope="read write""#,
            ),
            (
                sign_in(vec!["urn:example:2fa", "phr"], Some(300)),
                policy,
                r#"Bearer realm="api", error="insufficient_user_authentication", error_description="a stronger or more recent authentication is required", acr_values="urn:example:2fa phr", max_age="300", scope="read write""#,
            ),
            (
                sign_in(vec!["phr"], None),
                Policy::Authenticated,
                r#"Bearer realm="api", error="insufficient_user_authentication", error_description="a stronger or more recent authentication is required", acr_values="phr""#,
            ),
        ];
        for (reason, policy, expected) in table {
            let challenge = Challenge::of(&reason, &policy);
            assert_eq!(challenges.text(Scheme::Bearer, &challenge), expected, "RFC 6750 3");
        }
        challenges.resource_metadata = Some("https://api.example/m".to_owned());
        let challenge = Challenge::of(&RejectionReason::InsufficientScope, &policy);
        let text = challenges.text(Scheme::Bearer, &challenge);
        let tail = r#"scope="read write", resource_metadata="https://api.example/m""#;
        assert!(text.ends_with(tail), "RFC 9728 5.1: {text}");
    }
}
