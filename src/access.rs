//! Access control: guards as extractors, policies, and routes that have them.
//!
//! ```text
//! request -> routes -> guard (public, claims, scoped, …) -> authentication -> admission -> handler
//!                                                            verifier          policy
//! ```
//!
//! | folder | holds |
//! |---|---|
//! | `guards` | one extractor per file, each with a policy computed from its type |
//! | `policy` | requirements, the macros that declare them, and decisions |
//! | `routes` | routes that take only handlers with guards, and the route table |
//! | `rejection` | reasons, challenges and problem documents |
//! | `resource` | the protected resource: verifier, identifier, limits, token source |
//! | `open_api` | policies in an OpenAPI document |
//!
//! A [`Policy`] decides at run time, and the same value is in the route table, in OpenAPI and in the
//! challenge.

mod admission;
mod authentication;
#[cfg(feature = "service")]
mod authorization;
mod guards;
mod open_api;
mod policy;
mod rejection;
mod resource;
mod routes;

pub use admission::Admission;
#[cfg(feature = "service")]
pub(crate) use authentication::{has_credentials, raw_token};
#[cfg(feature = "service")]
pub(crate) use authorization::{authorize, next_nonce};
pub use guards::{
    Authorized, Claims, Guard, InRole, Maybe, OptionalAdmission, Permitted, Public, Scoped,
    TokenGuard,
};
pub use open_api::{OpenApiError, OpenApiPolicies};
pub use policy::{
    AnyOf, AuthenticationRequirement, Bound, ClaimValue, Fresh, MatchedPath, NamedGrant, NamedRule,
    PathParameters, PathShape, Policy, PolicyInput, Require, RequirePermissions, RequireRoles,
    RequireScopes, Requirement, RequirementTuple, RuleCondition, Shortfall, ShortfallKind,
};
#[doc(hidden)]
pub use policy::{description, is_printable_name};
#[cfg(feature = "service")]
pub(crate) use rejection::{DPOP_NONCE, proof_algorithms, whole_seconds};
pub use rejection::{InvalidRealm, PROBLEM_JSON, Problem, Realm, Rejection, RejectionReason};
#[cfg(feature = "service")]
pub(crate) use resource::Throttled;
pub use resource::{InvalidResourceIdentifier, ProtectedResource, ResourceIdentifier, TokenSource};
pub use routes::{FreshWithoutIntrospection, GuardedHandler, RouteEntry, RouteTable, Routes};
#[cfg(feature = "service")]
pub(crate) use routes::{PathPattern, PolicyMatch, PolicyTable};

#[cfg(test)]
mod tests;
