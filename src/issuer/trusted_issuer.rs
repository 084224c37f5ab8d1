//! Trusted issuer: its name, the source of its keys, and what is expected of its tokens.

use url::Url;

use super::identifier::IssuerIdentifier;
use super::introspection::Introspection;
use super::key_refresh::KeyRefresh;
use crate::token::{Audiences, Expectations, KeySet};

/// An issuer whose tokens are accepted.
///
/// ```
/// use actix_resource_server::issuer::TrustedIssuer;
/// use actix_resource_server::token::{Audiences, Profile};
///
/// let audiences = Audiences::new(["https://api.example"])?;
/// let mut issuer = TrustedIssuer::discovered("https://tenant.eu.auth0.com/".parse()?, audiences);
/// issuer.expected.profile = Profile::Rfc9068;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TrustedIssuer {
    /// The issuer's name as configured.
    pub identifier: IssuerIdentifier,
    /// The source of its keys.
    pub source: KeySource,
    /// What is expected of its tokens. With [`KeySource::Discovery`] the spelling of the issuer's
    /// metadata replaces `expected.issuer` if the two differ by a trailing slash.
    pub expected: Expectations,
    /// How its keys are obtained, and how long they are used; none for what the verifier does for
    /// all ([`VerifierBuilder::key_refresh`](crate::verifier::VerifierBuilder::key_refresh)).
    pub refresh: Option<KeyRefresh>,
    /// How it is asked about tokens (RFC 7662); `None` if it is not. At most one issuer of a verifier
    /// has introspection, because an opaque token does not name its issuer.
    pub introspection: Option<Introspection>,
}

/// Source of an issuer's keys.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// From the address that the issuer's metadata names (OpenID Connect Discovery, RFC 8414).
    Discovery,
    /// From this address; the metadata is not fetched.
    Address(Url),
    /// These keys; nothing is fetched.
    Held(KeySet),
}

impl TrustedIssuer {
    /// An issuer whose keys are found through its metadata.
    pub fn discovered(identifier: IssuerIdentifier, audiences: Audiences) -> Self {
        Self::with_source(identifier, audiences, KeySource::Discovery)
    }

    /// An issuer with its keys from `source`.
    pub fn with_source(
        identifier: IssuerIdentifier,
        audiences: Audiences,
        source: KeySource,
    ) -> Self {
        let expected = Expectations::new(identifier.as_str(), audiences);
        Self { identifier, source, expected, refresh: None, introspection: None }
    }
}
