//! Forward authentication: the policy file, and the headers that the backend gets.

use std::path::PathBuf;
use std::str::FromStr;

use actix_web::http::header::HeaderName;
use derive_more::{Display, Error};

use super::catalog::api::{FORWARD_AUTH, FORWARD_AUTHORIZATION, IDENTITY_HEADER_PREFIX};
use super::reader::Reader;

/// How `/authorize` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForwardAuthSettings {
    /// The policy file.
    pub policy_file: PathBuf,
    /// What the names of the identity headers begin with.
    pub identity_headers: IdentityHeaderPrefix,
    /// What becomes of `Authorization`.
    pub authorization: ForwardAuthorization,
}

/// What the names of the identity headers begin with, in lower case: `x-auth-` for `x-auth-subject`.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{prefix}")]
pub struct IdentityHeaderPrefix {
    prefix: String,
    names: [HeaderName; 5],
}

/// Why a text is not such a prefix. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIdentityHeaderPrefix {
    /// Not the beginning of a field name (RFC 9110 section 5.1), or one that proxies and backends do not
    /// agree on.
    #[display("it must be letters, digits and hyphens, and end with a hyphen, such as X-Auth-")]
    Malformed,
    /// Names of other fields begin with it, which proxies would strip with the identity headers.
    #[display(
        "other fields begin with it, which proxies would strip; take one of its own, such as X-Auth-"
    )]
    Taken,
}

/// Whether the backend gets the `Authorization` field of the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardAuthorization {
    /// As the client sent it.
    #[default]
    Keep,
    /// Removed, so that the backend can neither log the token nor use it elsewhere.
    Remove,
}

impl IdentityHeaderPrefix {
    /// The longest prefix, in bytes.
    const MAX_LENGTH: usize = 64;

    /// Fields with a meaning of their own, of each group that shares a beginning.
    const TAKEN: [&str; 31] = [
        "accept-encoding",
        "access-control-request-method",
        "cache-control",
        "cdn-loop",
        "cf-access-jwt-assertion",
        "client-cert-chain",
        "content-length",
        "dpop-nonce",
        "early-data",
        "http2-settings",
        "if-none-match",
        "keep-alive",
        "last-event-id",
        "max-forwards",
        "proxy-authorization",
        "sec-fetch-site",
        "set-cookie",
        "transfer-encoding",
        "upgrade-insecure-requests",
        "user-agent",
        "www-authenticate",
        "x-envoy-original-path",
        "x-forwarded-client-cert",
        "x-forwarded-for",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-real-ip",
        "x-request-id",
        "x-rewrite-url",
        "x-ssl-cert",
    ];

    /// The prefix, in lower case.
    pub fn as_str(&self) -> &str {
        &self.prefix
    }

    /// The names for subject, client, issuer, scopes and roles.
    pub(in crate::service) const fn names(&self) -> &[HeaderName; 5] {
        &self.names
    }
}

impl FromStr for IdentityHeaderPrefix {
    type Err = InvalidIdentityHeaderPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No underscores: proxies drop names that have some, and CGI reads hyphens as such.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        if !(begins && text.ends_with('-') && text.bytes().all(is_plain))
            || text.len() > Self::MAX_LENGTH
        {
            return Err(InvalidIdentityHeaderPrefix::Malformed);
        }
        let prefix = text.to_ascii_lowercase();
        if Self::TAKEN.iter().any(|name| name.starts_with(&prefix)) {
            return Err(InvalidIdentityHeaderPrefix::Taken);
        }
        let name = |text| {
            let name = HeaderName::try_from(format!("{prefix}{text}"));
            name.map_err(|_| InvalidIdentityHeaderPrefix::Malformed)
        };
        let names =
            [name("subject")?, name("client")?, name("issuer")?, name("scopes")?, name("roles")?];
        Ok(Self { prefix, names })
    }
}

impl FromStr for ForwardAuthorization {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "keep" => Ok(Self::Keep),
            "remove" => Ok(Self::Remove),
            _ => Err("it must be keep or remove"),
        }
    }
}

/// Reads the settings of `/authorize`. `None` if one is invalid; within, `None` if it is off.
pub(super) fn read(
    reader: &mut Reader,
    has_trusted_proxies: bool,
    token_header: Option<&str>,
) -> Option<Option<ForwardAuthSettings>> {
    let identity_headers = reader.required(&IDENTITY_HEADER_PREFIX, IdentityHeaderPrefix::from_str);
    let authorization = reader.required(&FORWARD_AUTHORIZATION, ForwardAuthorization::from_str);
    let policy_file = reader.optional(&FORWARD_AUTH, PathBuf::from_str);
    let (identity_headers, authorization) = (identity_headers?, authorization?);
    let Some(policy_file) = policy_file else { return Some(None) };
    if !has_trusted_proxies {
        let advice = "no proxy may ask; set TRUSTED_PROXIES to the addresses of those that do";
        reader.report_conflict(&FORWARD_AUTH, advice);
    }
    if token_header.is_some_and(|name| name.starts_with(identity_headers.as_str())) {
        let advice = "TOKEN_HEADER begins with it, which proxies strip with the identity headers; \
                      set another prefix, such as X-Identity-";
        reader.report_conflict(&IDENTITY_HEADER_PREFIX, advice);
    }
    Some(Some(ForwardAuthSettings { policy_file, identity_headers, authorization }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_begins_names_of_its_own() {
        use InvalidIdentityHeaderPrefix::{Malformed, Taken};
        let long = format!("{}-", "x".repeat(64));
        let table = [
            ("X-Auth-", Ok("x-auth-")),
            ("x-auth-request-", Ok("x-auth-request-")),
            ("Remote-", Ok("remote-")),
            ("X-Identity-", Ok("x-identity-")),
            ("", Err(Malformed)),
            ("-", Err(Malformed)),
            ("1-", Err(Malformed)),
            ("X-Auth", Err(Malformed)),
            ("X_Auth_", Err(Malformed)),
            ("X-Auth_-", Err(Malformed)),
            ("X Auth-", Err(Malformed)),
            ("X-Auth:-", Err(Malformed)),
            ("X-Auth-\r\n-", Err(Malformed)),
            ("X-\u{e4}-", Err(Malformed)),
            ("Authorization", Err(Malformed)),
            ("Connection", Err(Malformed)),
            (&*long, Err(Malformed)),
            ("X-", Err(Taken)),
            ("Proxy-", Err(Taken)),
            ("Keep-", Err(Taken)),
            ("Transfer-", Err(Taken)),
            ("WWW-", Err(Taken)),
            ("Content-", Err(Taken)),
            ("Client-Cert-", Err(Taken)),
            ("X-Forwarded-", Err(Taken)),
            ("X-Forwarded-Client-", Err(Taken)),
        ];
        for (text, expected) in table {
            let read = text.parse::<IdentityHeaderPrefix>();
            let read = read.as_ref().map(IdentityHeaderPrefix::as_str).map_err(|fault| *fault);
            assert_eq!(read, expected, "RFC 9110 5.1: {text:?}");
        }
    }
}
