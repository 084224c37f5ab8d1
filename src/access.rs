//! Who may call? Guards as extractors, policies, and routes that have them.
//!
//! ```text
//! routes -> guard_first -> a guard (public, claims, scoped, …) -> admission -> policy -> handler
//!                                                                     |
//!                                              credentials and verifier handle
//! ```
//!
//! A guard is an Actix extractor with a [`Policy`] computed from its type. That one value decides
//! at run time, stands in the route table, and is published.

mod admission;
mod authentication;
mod guards;
mod open_api;
mod policy;
mod rejection;
mod resource;
mod routes;

pub use admission::Admission;
pub use guards::{
    Authorized, Claims, Guard, InRole, Maybe, OptionalAdmission, Permitted, Public, Scoped,
    TokenGuard,
};
pub use open_api::{OpenApiError, OpenApiPolicies};
pub use policy::{
    AnyOf, AuthenticationRequirement, Bound, Fresh, MatchedPath, NamedGrant, NamedRule,
    PathParameters, PathShape, Policy, PolicyInput, Require, RequirePermissions, RequireRoles,
    RequireScopes, Requirement, RequirementTuple, RuleCondition, Shortfall, ShortfallKind,
};
#[doc(hidden)]
pub use policy::{description, is_printable_name};
pub use rejection::{InvalidRealm, PROBLEM_JSON, Problem, Realm, Rejection, RejectionReason};
#[cfg(feature = "service")]
pub(crate) use rejection::{proof_algorithms, whole_seconds};
pub use resource::{InvalidResourceIdentifier, ProtectedResource, ResourceIdentifier, TokenSource};
pub use routes::{GuardedHandler, RouteEntry, RouteTable, Routes};
