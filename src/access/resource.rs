//! The protected resource: its verifier, its identifier and its limits.

mod certificate_source;
mod protected_resource;
mod resource_identifier;
mod throttle;

pub use protected_resource::ProtectedResource;
pub use resource_identifier::{InvalidResourceIdentifier, ResourceIdentifier};
