//! The `WWW-Authenticate` header field: what to send to be admitted (RFC 6750 section 3).

use std::fmt::Write;
use std::str::FromStr;

use actix_web::http::header::HeaderValue;
use derive_more::{Display, Error};

use crate::access::policy::Policy;
use crate::access::policy::is_printable_name;

/// What a challenge says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Challenge {
    /// Credentials are needed. Nothing was wrong, so no error is spoken of (RFC 6750 section 3.1).
    NoCredentials { policy: Policy },
    /// 400.
    InvalidRequest { description: &'static str },
    /// 401.
    InvalidToken { description: &'static str },
    /// 403.
    InsufficientScope { policy: Policy },
}

/// The challenges of one protected resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::access) struct Challenges {
    pub(in crate::access) realm: Realm,
    /// Where the RFC 9728 metadata is; every character of it can stand in a quoted text.
    pub(in crate::access) resource_metadata: Option<String>,
}

/// The protection space that a challenge names (RFC 9110 section 11.5).
///
/// It holds printable ASCII without double quote and backslash, so it never needs escaping.
///
/// ```
/// use actix_resource_server::access::Realm;
///
/// assert_eq!(Realm::default().as_str(), "api");
/// assert!("messages API".parse::<Realm>().is_ok());
/// assert!("a \"quoted\" realm".parse::<Realm>().is_err());
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct Realm(String);

/// The text cannot be a realm; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a realm is printable ASCII text without \" and \\")]
pub struct InvalidRealm;

impl Realm {
    /// The realm's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Realm {
    fn default() -> Self {
        Self("api".to_owned())
    }
}

impl FromStr for Realm {
    type Err = InvalidRealm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_printable_name(text) { Ok(Self(text.to_owned())) } else { Err(InvalidRealm) }
    }
}

impl Challenges {
    pub(in crate::access) const fn new(realm: Realm) -> Self {
        Self { realm, resource_metadata: None }
    }

    pub(super) fn header(&self, challenge: &Challenge) -> HeaderValue {
        let text = self.text(challenge);
        // Every piece is printable ASCII by its type, so this cannot fail; a bare scheme is the
        // most that can honestly be said if it does.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer realm=\"api\""))
    }

    fn text(&self, challenge: &Challenge) -> String {
        let mut text = format!("Bearer realm=\"{}\"", self.realm);
        let (error, description, scopes) = match challenge {
            Challenge::NoCredentials { policy } => (None, None, policy.scopes()),
            Challenge::InvalidRequest { description } => {
                (Some("invalid_request"), Some(*description), Vec::new())
            }
            Challenge::InvalidToken { description } => {
                (Some("invalid_token"), Some(*description), Vec::new())
            }
            Challenge::InsufficientScope { policy } => {
                (Some("insufficient_scope"), None, policy.scopes())
            }
        };
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        let parameters = [
            ("error", error),
            ("error_description", description),
            ("scope", scope.as_deref()),
            ("resource_metadata", self.resource_metadata.as_deref()),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                // Writing to a String does not fail.
                let _ = write!(text, ", {name}=\"{value}\"");
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
        ];
        for (challenge, expected) in table {
            assert_eq!(challenges.text(&challenge), expected, "RFC 6750 3");
        }
        challenges.resource_metadata = Some("https://api.example/m".to_owned());
        let text = challenges.text(&Challenge::InsufficientScope { policy });
        let tail = r#"scope="read write", resource_metadata="https://api.example/m""#;
        assert!(text.ends_with(tail), "RFC 9728 5.1: {text}");
    }
}
