//! The origin of a web page that may call this API.

use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

/// A web origin (RFC 6454 section 6.2) in the very form a browser sends it in `Origin`, for it is
/// compared byte by byte.
///
/// ```
/// use actix_resource_server::service::settings::Origin;
///
/// assert!("https://app.example".parse::<Origin>().is_ok());
/// assert!("https://app.example/".parse::<Origin>().is_err()); // a browser sends no slash
/// assert!("*".parse::<Origin>().is_err());
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an origin. Whoever configured it is to blame.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
pub enum InvalidOrigin {
    /// `*`, or `null`, which any page can send.
    #[display("it would let every web page call this API; name each origin that may")]
    Anyone,
    /// Not `http` or `https` with a host.
    #[display("not an origin; it should look like https://app.example")]
    NotAnOrigin,
    /// An origin, but not as browsers write it.
    #[display("browsers send this origin as {_0}; write it so")]
    SpelledOtherwise(#[error(not(source))] String),
}

impl Origin {
    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if matches!(text, "*" | "null") {
            return Err(InvalidOrigin::Anyone);
        }
        let url = Url::parse(text).map_err(|_| InvalidOrigin::NotAnOrigin)?;
        if !matches!(url.scheme(), "http" | "https") || text.contains('*') {
            return Err(InvalidOrigin::NotAnOrigin);
        }
        match url.origin().ascii_serialization() {
            origin if origin == text => Ok(Self(origin)),
            origin => Err(InvalidOrigin::SpelledOtherwise(origin)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        let otherwise = |origin: &str| Err(InvalidOrigin::SpelledOtherwise(origin.to_owned()));
        let table = [
            ("https://app.example", Ok(())),
            ("https://app.example:8443", Ok(())),
            ("http://localhost:3000", Ok(())),
            ("*", Err(InvalidOrigin::Anyone)),
            ("null", Err(InvalidOrigin::Anyone)),
            ("app.example", Err(InvalidOrigin::NotAnOrigin)),
            ("localhost:3000", Err(InvalidOrigin::NotAnOrigin)),
            ("https://*.app.example", Err(InvalidOrigin::NotAnOrigin)),
            ("file:///index.html", Err(InvalidOrigin::NotAnOrigin)),
            ("https://app.example/", otherwise("https://app.example")),
            ("https://App.example", otherwise("https://app.example")),
            ("https://app.example:443", otherwise("https://app.example")),
            ("https://app.example/a?b", otherwise("https://app.example")),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Origin>().map(drop), expected, "{text}");
        }
    }
}
