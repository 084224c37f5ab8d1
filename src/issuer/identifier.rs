//! Issuer identifiers: compared by code point, and fetched from only if they are https.

use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

use crate::secure_url::{HttpHosts, InsecureUrl, is_loopback, is_plain_http, secure_url_or};

/// An issuer identifier: an `https` URL without query, fragment or credentials (RFC 8414 section 2),
/// or, for an issuer without metadata, any text ([`opaque`](Self::opaque)).
///
/// `http` is accepted only for loopback hosts, where no one else can listen in. The text is kept as
/// written, because issuers are compared by code point and never normalized (RFC 7519 section 2,
/// RFC 8414 section 4).
///
/// ```
/// use actix_resource_server::issuer::IssuerIdentifier;
///
/// let issuer: IssuerIdentifier = "https://tenant.eu.auth0.com/".parse()?;
/// assert_eq!(issuer.as_str(), "https://tenant.eu.auth0.com/");
///
/// assert!("http://localhost:3011".parse::<IssuerIdentifier>().is_ok());
/// assert!("http://tenant.eu.auth0.com/".parse::<IssuerIdentifier>().is_err());
/// assert!("tenant.eu.auth0.com".parse::<IssuerIdentifier>().is_err());
/// # Ok::<(), actix_resource_server::issuer::InvalidIssuer>(())
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq, Hash)]
#[display("{text}")]
pub struct IssuerIdentifier {
    text: String,
    /// None if nothing may be fetched from it.
    url: Option<Url>,
}

/// Why a text is not an issuer identifier. Its author, an operator or an issuer's metadata, is at
/// fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIssuer {
    /// Not an absolute URL with a host.
    #[display("not an absolute URL; it should look like https://issuer.example/")]
    NotAUrl,
    /// Neither https, nor http on a loopback host.
    #[display("not https (http is accepted only for loopback hosts)")]
    NotHttps,
    /// It has a query, a fragment, or a user name or password.
    #[display("an issuer has no query, fragment, user name or password")]
    TooMuch,
    /// An [opaque](IssuerIdentifier::opaque) identifier that is empty, begins or ends with a space,
    /// or contains a control character.
    #[display("not the exact `iss` of a token; it has no surrounding spaces or control characters")]
    NotPlainText,
}

impl IssuerIdentifier {
    /// An identifier that is only compared with `iss`, never fetched from: any text (RFC 7519 section
    /// 4.1.1). For issuers whose keys are configured, such as `accounts.google.com`, a URN, or the
    /// `http://…/adfs/services/trust` of AD FS.
    ///
    /// # Errors
    ///
    /// [`InvalidIssuer::NotPlainText`]. Whoever configured the issuer is at fault.
    pub fn opaque(text: impl Into<String>) -> Result<Self, InvalidIssuer> {
        let text = text.into();
        if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
            return Err(InvalidIssuer::NotPlainText);
        }
        Ok(text.parse().unwrap_or(Self { text, url: None }))
    }

    /// An identifier whose host may also be one of those that plain http is allowed to.
    ///
    /// # Errors
    ///
    /// [`InvalidIssuer`]. Whoever configured the issuer is at fault.
    pub fn over_http(text: &str, allowed: &HttpHosts) -> Result<Self, InvalidIssuer> {
        let url = secure_url_or(text, allowed)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidIssuer::TooMuch);
        }
        Ok(Self { text: text.to_owned(), url: Some(url) })
    }

    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The identifier as a URL to derive addresses from; none if it is [opaque](Self::opaque). Not for
    /// comparing.
    pub fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// The text without one trailing slash: what two spellings of one issuer have in common.
    pub fn without_trailing_slash(&self) -> &str {
        without_trailing_slash(&self.text)
    }

    /// Whether it is fetched from over plain http, and not on this machine.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.as_ref().is_some_and(is_plain_http)
    }

    /// Whether the issuer is on this machine, where http is safe.
    pub fn is_loopback(&self) -> bool {
        self.url.as_ref().is_some_and(is_loopback)
    }
}

impl From<InsecureUrl> for InvalidIssuer {
    fn from(fault: InsecureUrl) -> Self {
        match fault {
            InsecureUrl::NotAUrl => Self::NotAUrl,
            InsecureUrl::NotHttps => Self::NotHttps,
            InsecureUrl::Credentials => Self::TooMuch,
        }
    }
}

impl FromStr for IssuerIdentifier {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::over_http(text, &HttpHosts::default())
    }
}

/// The text without one trailing slash.
pub(crate) fn without_trailing_slash(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_a_secure_url_and_nothing_more() {
        let table = [
            ("https://issuer.example", Ok(())),
            ("https://issuer.example/tenant/", Ok(())),
            ("http://127.0.0.1:3011/", Ok(())),
            ("http://[::1]:3011/", Ok(())),
            ("http://localhost/", Ok(())),
            ("http://localhost.evil.example/", Err(InvalidIssuer::NotHttps)),
            ("http://10.0.0.1/", Err(InvalidIssuer::NotHttps)),
            ("ftp://issuer.example/", Err(InvalidIssuer::NotHttps)),
            ("issuer.example", Err(InvalidIssuer::NotAUrl)),
            ("mailto:a@example.com", Err(InvalidIssuer::NotAUrl)),
            (" https://issuer.example", Err(InvalidIssuer::NotAUrl)),
            ("", Err(InvalidIssuer::NotAUrl)),
            ("https://issuer.example/?a=b", Err(InvalidIssuer::TooMuch)),
            ("https://issuer.example/#a", Err(InvalidIssuer::TooMuch)),
            ("https://user@issuer.example/", Err(InvalidIssuer::TooMuch)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<IssuerIdentifier>().map(drop), expected, "{text}");
        }
    }

    #[test]
    fn an_issuer_that_is_only_compared_is_any_text() {
        let adfs = "http://sts.example/adfs/services/trust";
        for text in ["accounts.google.com", adfs, "supabase", "urn:example:issuer", "a b", "ü"] {
            let issuer = IssuerIdentifier::opaque(text).expect(text);
            assert_eq!((issuer.as_str(), issuer.url()), (text, None), "RFC 7519 4.1.1");
        }
        let secure = "https://issuer.example/";
        assert_eq!(IssuerIdentifier::opaque(secure), secure.parse());
        for text in ["", " a", "a\n", "a\u{7f}b"] {
            assert_eq!(
                IssuerIdentifier::opaque(text),
                Err(InvalidIssuer::NotPlainText),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_text_is_kept_as_written() {
        let text = "https://Issuer.example:443/a/../b";
        assert_eq!(text.parse::<IssuerIdentifier>().map(|i| i.to_string()), Ok(text.to_owned()));
    }
}
