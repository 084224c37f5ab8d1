//! The name of the protected space, as the challenges spell it.

use std::str::FromStr;

use derive_more::{Display, Error};

/// A realm (RFC 9110 section 11.5) that can stand in a quoted string without any escape:
/// printable ASCII except `"` and `\`.
///
/// ```
/// use actix_resource_server::service::settings::Realm;
///
/// assert_eq!("my api".parse::<Realm>().map(|realm| realm.to_string()), Ok("my api".to_owned()));
/// assert!("my \"api\"".parse::<Realm>().is_err());
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct Realm(String);

/// The text cannot be a realm. Whoever configured it is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a realm is printable ASCII text without \" and \\")]
pub struct InvalidRealm;

impl Realm {
    /// The realm, ready to be put between quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Realm {
    type Err = InvalidRealm;

    fn from_str(text: &str) -> Result<Self, InvalidRealm> {
        let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        match !text.is_empty() && text.bytes().all(allowed) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidRealm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_needs_no_escape() {
        for text in ["api", "my api", "!#[]~"] {
            assert_eq!(text.parse(), Ok(Realm(text.to_owned())));
        }
        for text in ["", "a\"b", "a\\b", "a\nb", "a\u{7f}", "caf\u{e9}"] {
            assert_eq!(text.parse::<Realm>(), Err(InvalidRealm), "{text:?}");
        }
    }
}
