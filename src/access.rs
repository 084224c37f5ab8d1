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
mod alternatives;
mod authorized;
mod challenge;
mod claims;
mod declarations;
mod guard;
mod guard_first;
mod guarded_handler;
mod maybe;
mod open_api;
mod open_api_responses;
mod path_pattern;
mod permitted;
mod policy;
mod problem;
mod protected_resource;
mod public;
mod rejection;
mod rejection_log;
mod requirement;
mod resource_identifier;
mod route_table;
mod routes;
mod scoped;
mod throttle;

pub use admission::{Admission, OptionalAdmission};
pub use authorized::Authorized;
pub use challenge::{InvalidRealm, Realm};
pub use claims::Claims;
#[doc(hidden)]
pub use declarations::{description, is_printable_name};
pub use guard::{Guard, TokenGuard};
pub use guarded_handler::GuardedHandler;
pub use maybe::Maybe;
pub use open_api::{OpenApiError, OpenApiPolicies};
pub use permitted::Permitted;
pub use policy::Policy;
pub use problem::{PROBLEM_JSON, Problem};
pub use protected_resource::ProtectedResource;
pub use public::Public;
#[cfg(feature = "service")]
pub(crate) use rejection::whole_seconds;
pub use rejection::{Rejection, RejectionReason};
pub use requirement::{
    AnyOf, NamedGrant, NamedRule, Require, RequirePermissions, RequireScopes, Requirement,
    RequirementTuple,
};
pub use resource_identifier::{InvalidResourceIdentifier, ResourceIdentifier};
pub use route_table::{RouteEntry, RouteTable};
pub use routes::Routes;
pub use scoped::Scoped;
