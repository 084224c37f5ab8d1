//! The runnable API: endpoints, settings, and the server around them.

mod application;
mod endpoints;
mod health;
mod resource_metadata;
mod responses;

pub use application::{configure, cors, routes};
pub use endpoints::{Message, ReadMessages};
pub use responses::{Finished, Finishing, Responses};
