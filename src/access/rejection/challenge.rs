//! The `WWW-Authenticate` header field: what to send to be admitted (RFC 6750 section 3,
//! RFC 9449 section 7.1).

use std::borrow::Cow;
use std::fmt::Write;

use actix_web::http::header::HeaderValue;

use super::realm::Realm;
use crate::access::policy::Policy;
use crate::sender::{DpopMode, DpopPolicy, Scheme};
use crate::token::{Algorithm, Family};

/// What a challenge says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Challenge<'a> {
    /// 401 without credentials. Nothing was wrong, so there is no error code (RFC 6750 section 3.1).
    NoCredentials { policy: Policy },
    /// The token needs this scheme but was sent in another, whose challenge has the error.
    OtherScheme,
    /// 400.
    InvalidRequest { description: &'static str },
    /// 401.
    InvalidToken { description: &'static str },
    /// 401, only of the `DPoP` scheme.
    InvalidProof { description: &'static str },
    /// 401, only of the `DPoP` scheme.
    NonceNeeded,
    /// 403.
    InsufficientScope { policy: Policy },
    /// 401, with everything that the next sign-in must bring (RFC 9470 section 3).
    InsufficientAuthentication {
        policy: Policy,
        acr_values: &'a [&'static str],
        max_age: Option<u32>,
    },
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

    /// One challenge for each scheme that is accepted, without an error (RFC 9449 section 7.2).
    pub(super) fn unauthenticated(&self, policy: Policy) -> Vec<HeaderValue> {
        let challenge = Challenge::NoCredentials { policy };
        let schemes = self.schemes().map(|scheme| self.header(scheme, &challenge));
        schemes.collect()
    }

    /// The challenge of the scheme that the request used, or of each if that is ambiguous. If the
    /// scheme is not accepted, the challenge of the other one takes its place.
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
            headers.push(self.header(Scheme::Dpop, &Challenge::OtherScheme));
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
        let (error, description, scopes) = match challenge {
            Challenge::OtherScheme => (None, None, Vec::new()),
            Challenge::NoCredentials { policy } => (None, None, policy.scopes()),
            Challenge::InvalidRequest { description } => {
                (Some("invalid_request"), Some(*description), Vec::new())
            }
            Challenge::InvalidToken { description } => {
                (Some("invalid_token"), Some(*description), Vec::new())
            }
            Challenge::InvalidProof { description } => {
                (Some("invalid_dpop_proof"), Some(*description), Vec::new())
            }
            Challenge::NonceNeeded => (
                Some("use_dpop_nonce"),
                Some("the DPoP proof needs the nonce of this answer"),
                Vec::new(),
            ),
            Challenge::InsufficientScope { policy } => {
                (Some("insufficient_scope"), None, policy.scopes())
            }
            Challenge::InsufficientAuthentication { policy, .. } => (
                Some("insufficient_user_authentication"),
                Some("a stronger or more recent authentication is required"),
                policy.scopes(),
            ),
        };
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        let (acr_values, max_age) = match challenge {
            Challenge::InsufficientAuthentication { acr_values, max_age, .. } => {
                let acr_values = (!acr_values.is_empty()).then(|| acr_values.join(" "));
                (acr_values, max_age.map(|seconds| seconds.to_string()))
            }
            _ => (None, None),
        };
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
        let bad = Challenge::InvalidToken { description: "expired" };
        let proof = Challenge::InvalidProof { description: "old" };
        let scopes = <Scoped<Read>>::POLICY;
        const DPOP: &str = r#"DPoP algs="ES256 EdDSA""#;
        const BEARER_BAD: &str =
            r#"Bearer realm="api", error="invalid_token", error_description="expired""#;
        const DPOP_BAD: &str =
            r#"DPoP error="invalid_token", error_description="expired", algs="ES256 EdDSA""#;
        let (bearer, dpop) = (Some(Scheme::Bearer), Some(Scheme::Dpop));
        let table: [(Vec<HeaderValue>, &[&str], &str); 12] = [
            (
                challenges.unauthenticated(Policy::Authenticated),
                &[r#"Bearer realm="api""#, DPOP],
                "9449 7.2",
            ),
            (required.unauthenticated(Policy::Authenticated), &[DPOP], "9449 7.1"),
            (
                challenges.unauthenticated(scopes),
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
                    r#"DPoP error="invalid_dpop_proof", error_description="old", algs="ES256 EdDSA""#,
                ],
                "9449 7.1",
            ),
            (
                challenges.of_scheme(dpop, &Challenge::NonceNeeded),
                &[
                    r#"DPoP error="use_dpop_nonce", error_description="the DPoP proof needs the nonce of this answer", algs="ES256 EdDSA""#,
                ],
                "9449 9",
            ),
            (
                challenges.of_scheme(dpop, &Challenge::InsufficientScope { policy: scopes }),
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
        let table = [
            (Challenge::NoCredentials { policy: Policy::Authenticated }, r#"Bearer realm="api""#),
            (Challenge::NoCredentials { policy }, r#"Bearer realm="api", scope="read write""#),
            (
                Challenge::InvalidRequest { description: "send one" },
                r#"Bearer realm="api", error="invalid_request", error_description="send one""#,
            ),
            (
                Challenge::InvalidToken { description: "expired" },
                r#"Bearer realm="api", error="invalid_token", error_description="expired""#,
            ),
            (
                Challenge::InsufficientScope { policy },
                r#"Bearer realm="api", error="insufficient_scope", scope="read write""#,
            ),
            (
                Challenge::InsufficientAuthentication {
                    policy,
                    acr_values: &["urn:example:2fa", "phr"],
                    max_age: Some(300),
                },
                r#"Bearer realm="api", error="insufficient_user_authentication", error_description="a stronger or more recent authentication is required", acr_values="urn:example:2fa phr", max_age="300", scope="read write""#,
            ),
            (
                Challenge::InsufficientAuthentication {
                    policy: Policy::Authenticated,
                    acr_values: &["phr"],
                    max_age: None,
                },
                r#"Bearer realm="api", error="insufficient_user_authentication", error_description="a stronger or more recent authentication is required", acr_values="phr""#,
            ),
        ];
        for (challenge, expected) in table {
            assert_eq!(challenges.text(Scheme::Bearer, &challenge), expected, "RFC 6750 3");
        }
        challenges.resource_metadata = Some("https://api.example/m".to_owned());
        let text = challenges.text(Scheme::Bearer, &Challenge::InsufficientScope { policy });
        let tail = r#"scope="read write", resource_metadata="https://api.example/m""#;
        assert!(text.ends_with(tail), "RFC 9728 5.1: {text}");
    }
}
