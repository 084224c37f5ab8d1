//! The name of this API for those who look for its metadata.

use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

use crate::issuer::{InvalidIssuer, secure_url};

/// A resource identifier: an https URL without fragment (RFC 9728 section 1.2). `http` is accepted
/// for loopback hosts alone. The text is kept as it was written, for clients compare it by code
/// point.
///
/// ```
/// use actix_resource_server::service::settings::ResourceIdentifier;
///
/// assert!("https://api.example/v1".parse::<ResourceIdentifier>().is_ok());
/// assert!("https://api.example/#part".parse::<ResourceIdentifier>().is_err());
/// assert!("my-api".parse::<ResourceIdentifier>().is_err());
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{text}")]
pub struct ResourceIdentifier {
    text: String,
    url: Url,
}

/// Why a text is not a resource identifier. Whoever configured it is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum InvalidResource {
    /// Not an absolute URL with a host.
    #[display("not an absolute URL; it should look like https://api.example/")]
    NotAUrl,
    /// Neither https, nor http on a loopback host.
    #[display("not https (http is accepted for loopback hosts alone)")]
    NotHttps,
    /// It has a fragment, or a user name or password.
    #[display("a resource identifier has no fragment, user name or password")]
    TooMuch,
}

impl ResourceIdentifier {
    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The identifier as a parsed URL, to derive addresses from. Never for comparing.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for ResourceIdentifier {
    type Err = InvalidResource;

    fn from_str(text: &str) -> Result<Self, InvalidResource> {
        let url = secure_url(text).map_err(|error| match error {
            InvalidIssuer::NotAUrl => InvalidResource::NotAUrl,
            InvalidIssuer::NotHttps => InvalidResource::NotHttps,
            InvalidIssuer::TooMuch => InvalidResource::TooMuch,
        })?;
        match url.fragment() {
            Some(_) => Err(InvalidResource::TooMuch),
            None => Ok(Self { text: text.to_owned(), url }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_a_secure_url_without_fragment() {
        let table = [
            ("https://api.example", Ok(())),
            ("https://api.example/v1?tenant=a", Ok(())),
            ("http://localhost:3010", Ok(())),
            ("http://api.example", Err(InvalidResource::NotHttps)),
            ("urn:api", Err(InvalidResource::NotAUrl)),
            ("https://api.example#", Err(InvalidResource::TooMuch)),
            ("https://a@api.example", Err(InvalidResource::TooMuch)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<ResourceIdentifier>().map(drop), expected, "{text}");
        }
    }
}
