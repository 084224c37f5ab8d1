//! Values that a rule compares claims with.

use derive_more::Display;
use serde_json::Value;

/// The value of a claim: a string, whole number or boolean.
///
/// ```
/// use actix_resource_server::access::ClaimValue;
///
/// assert_eq!(ClaimValue::Text("acme").to_string(), "\"acme\"");
/// assert_eq!(ClaimValue::Boolean(true).to_string(), "true");
/// ```
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimValue {
    /// A string, compared code point by code point.
    #[display("\"{_0}\"")]
    Text(&'static str),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Boolean(bool),
}

impl From<ClaimValue> for Value {
    fn from(value: ClaimValue) -> Self {
        match value {
            ClaimValue::Text(text) => text.into(),
            ClaimValue::Number(number) => number.into(),
            ClaimValue::Boolean(boolean) => boolean.into(),
        }
    }
}
