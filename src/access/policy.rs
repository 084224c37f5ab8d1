//! Policies: who may call a route, as a value that is enforced, printed and published.

mod alternatives;
mod authentication;
mod claim_value;
mod decision;
mod input;
mod macros;
mod path_parameters;
mod path_shape;
mod require;
mod requirement;
mod rule;

use derive_more::Display;
use serde::Serialize;

pub(in crate::access) use alternatives::alternatives;
pub use authentication::AuthenticationRequirement;
pub use claim_value::ClaimValue;
pub use decision::{Shortfall, ShortfallKind};
pub use input::PolicyInput;
#[doc(hidden)]
pub use macros::{description, is_printable_name};
pub use path_parameters::{MatchedPath, PathParameters};
pub use path_shape::PathShape;
pub use require::{
    AnyOf, Bound, Fresh, Require, RequirePermissions, RequireRoles, RequireScopes, RequirementTuple,
};
pub use requirement::{NamedGrant, Requirement};
pub use rule::{NamedRule, RuleCondition};

/// Who may call a route. It is computed at compile time from the type of the route's guard, and the
/// same value decides at run time.
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
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Policy {
    /// Everyone. Credentials are not read.
    #[display("public")]
    Public,
    /// Everyone without credentials. Credentials that are sent must satisfy the inner policy.
    #[display("public, or {_0}")]
    Optional(&'static Policy),
    /// Everyone with a valid token.
    #[display("any valid token")]
    Authenticated,
    /// Everyone with a valid token that meets the requirement.
    Requires(Requirement),
}

impl Policy {
    /// Whether a request without credentials is admitted.
    pub const fn admits_anonymous(&self) -> bool {
        matches!(self, Self::Public | Self::Optional(_))
    }

    /// Whether the issuer must confirm the token now.
    pub(in crate::access) const fn needs_fresh(&self) -> bool {
        matches!(self.requirement(), Some(requirement) if requirement.depends_on().freshness)
    }

    /// What is required of a valid token, if anything is.
    pub const fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Public | Self::Authenticated => None,
            Self::Optional(inner) => inner.requirement(),
            Self::Requires(requirement) => Some(requirement),
        }
    }

    /// Whether the decision depends on the request's path.
    pub(in crate::access) const fn reads_path(&self) -> bool {
        matches!(self.requirement(), Some(requirement) if requirement.depends_on().path)
    }

    /// Whether the decision depends on the time.
    pub(in crate::access) const fn reads_time(&self) -> bool {
        matches!(self.requirement(), Some(requirement) if requirement.depends_on().time)
    }

    /// Every scope that the policy names, each once, in the order of the declaration.
    pub fn scopes(&self) -> Vec<&'static str> {
        self.requirement().map(Requirement::scopes).unwrap_or_default()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
