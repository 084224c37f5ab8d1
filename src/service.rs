//! The runnable API: endpoints, settings, commands, and the server around them.
//!
//! ```text
//! commands -> settings -> verifier_setup -> server -> application -> endpoints, health, …
//! ```

mod application;
mod check;
mod client_certificate;
mod commands;
mod cors;
mod endpoints;
mod environment;
pub mod explain;
mod forward_auth;
mod health;
mod log_format;
pub mod logging;
mod management;
mod metrics;
mod open_api;
mod playground;
mod rate_limit;
mod reload;
mod request_method;
mod resource_metadata;
mod responses;
mod route_index;
mod server;
pub mod settings;
mod shutdown_state;
mod signals;
mod telemetry;
mod terminal;
mod verifier_setup;

pub use application::{configure, routes};
pub use commands::{CommandError, command_line, run};
pub use cors::{Cors, CorsFuture, CorsService};
pub use endpoints::{Message, ReadMessages};
pub use environment::environment_variable;
pub use health::ReadyIssuers;
pub use log_format::{LogFormat, UnknownLogFormat};
pub use management::routes as management_routes;
pub use metrics::Metrics;
pub use resource_metadata::routes as metadata_routes;
pub use responses::{Responses, ResponsesFuture, ResponsesService};
pub use server::run as serve;
pub use telemetry::{Telemetry, TelemetryFuture, TelemetryService};
pub use terminal::Color;
pub use verifier_setup::{VerifierSetupError, protected_resource};
