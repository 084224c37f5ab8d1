//! Realm of a challenge.

use std::str::FromStr;

use derive_more::{Display, Error};

use crate::access::policy::is_printable_name;

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

/// The text is not a valid realm; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a realm is printable ASCII without double quote and backslash")]
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
