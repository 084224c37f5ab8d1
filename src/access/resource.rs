//! The protected resource: its verifier, its identifier and its limits.

mod certificate_source;
mod protected_resource;
mod resource_identifier;
mod token_rate_limit;
mod token_source;

pub use protected_resource::ProtectedResource;
pub use resource_identifier::{InvalidResourceIdentifier, ResourceIdentifier};
pub(crate) use token_rate_limit::Throttled;
pub use token_source::TokenSource;

#[cfg(all(test, feature = "testing"))]
mod tests;
