//! The runnable API: endpoints, settings, commands, and the server around them.
//!
//! ```text
//! commands -> settings -> trust (verifier) -> server -> application -> endpoints, health, …
//! ```

mod application;
mod check;
mod commands;
mod endpoints;
pub mod explain;
mod health;
pub mod logging;
mod management;
mod metrics;
mod observation;
mod open_api;
mod playground;
mod rate_limit;
mod request_method;
mod resource_metadata;
mod responses;
mod route_index;
mod server;
pub mod settings;
mod stopping;
mod terminal;
mod trust;

pub use application::{configure, cors, routes};
pub use commands::{CommandError, command_line, run};
pub use endpoints::{Message, ReadMessages};
pub use management::routes as management_routes;
pub use metrics::Metrics;
pub use observation::{Observation, Observed, Observing};
pub use resource_metadata::routes as metadata_routes;
pub use responses::{Finished, Finishing, Responses};
pub use server::run as serve;
pub use terminal::Color;
pub use trust::{TrustError, protected_resource};
