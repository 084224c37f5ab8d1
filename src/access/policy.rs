//! Who may call: a value that is enforced, printed and published as it is.

mod alternatives;
mod macros;
mod requirement;

use std::fmt;

use serde::{Serialize, Serializer};

pub(in crate::access) use alternatives::alternatives;
#[doc(hidden)]
pub use macros::{description, is_printable_name};
pub use requirement::{
    AnyOf, Bound, NamedGrant, NamedRule, Require, RequirePermissions, RequireScopes, Requirement,
    RequirementTuple,
};

use crate::token::VerifiedToken;

/// Who may call a route. Computed at compile time from the type of the route's guard, and the very
/// value that decides at run time.
///
/// ```
/// use actix_resource_server::{scopes, Claims, Guard, Maybe, Policy, Public, Scoped};
///
/// scopes! {
///     /// Read the caller's messages.
///     pub ReadMessages = "read:messages";
/// }
///
/// assert_eq!(Public::POLICY.to_string(), "public");
/// assert_eq!(<Claims>::POLICY.to_string(), "any valid token");
/// assert_eq!(<Scoped<ReadMessages>>::POLICY.to_string(), "scope read:messages");
/// assert_eq!(<Maybe<Claims>>::POLICY.to_string(), "public, or any valid token");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Anybody; credentials are not looked at.
    Public,
    /// Anybody without credentials; credentials that are sent must satisfy the inner policy.
    Optional(&'static Policy),
    /// Anybody with a valid token.
    Authenticated,
    /// Anybody with a valid token that meets the requirement.
    Requires(Requirement),
}

impl Policy {
    /// Whether a request without credentials is admitted.
    pub const fn admits_anonymous(&self) -> bool {
        matches!(self, Self::Public | Self::Optional(_))
    }

    /// Whether this valid token is admitted.
    pub fn admits(&self, token: &VerifiedToken) -> bool {
        self.requirement().is_none_or(|requirement| requirement.is_met_by(token))
    }

    /// Whether this valid token would be admitted if it were bound to its sender.
    pub(in crate::access) fn admits_if_bound(&self, token: &VerifiedToken) -> bool {
        self.requirement().is_none_or(|requirement| requirement.is_met_if_bound(token))
    }

    /// What is required of a valid token, if anything is.
    pub fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Public | Self::Authenticated => None,
            Self::Optional(inner) => inner.requirement(),
            Self::Requires(requirement) => Some(requirement),
        }
    }

    /// Every scope that the policy names, each once, in the order of the declaration.
    pub fn scopes(&self) -> Vec<&'static str> {
        self.requirement().map(Requirement::scopes).unwrap_or_default()
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => formatter.write_str("public"),
            Self::Optional(inner) => write!(formatter, "public, or {inner}"),
            Self::Authenticated => formatter.write_str("any valid token"),
            Self::Requires(requirement) => requirement.fmt(formatter),
        }
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Form<'a> {
            Public,
            Optional(&'a Policy),
            Authenticated,
            Requires(&'a Requirement),
        }

        match self {
            Self::Public => Form::Public,
            Self::Optional(inner) => Form::Optional(inner),
            Self::Authenticated => Form::Authenticated,
            Self::Requires(requirement) => Form::Requires(requirement),
        }
        .serialize(serializer)
    }
}
