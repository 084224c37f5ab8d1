//! Tests of the service over real HTTP with real keys and signatures.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "tests assert by panicking"
)]

#[cfg(target_os = "linux")]
mod abuse;
mod access_log;
mod advice;
mod architecture;
mod attacks;
mod captured_log;
mod challenges;
mod check_advice;
#[cfg(target_os = "linux")]
mod client_certificates;
#[cfg(target_os = "linux")]
mod clock_steps;
mod command_line;
#[cfg(target_os = "linux")]
mod cors;
mod dpop;
mod endpoints;
mod explain;
mod floods;
#[cfg(target_os = "linux")]
mod forward_auth;
mod introspection;
mod issuer_documents;
mod issuer_faults;
mod issuer_in_a_box;
mod issuer_shapes;
mod key_sources;
mod keys;
mod kubernetes;
#[cfg(target_os = "linux")]
mod log_output;
mod many_issuers;
mod many_tenants;
mod metrics;
mod monitoring;
mod open_api;
mod ordering;
mod outages;
mod policies;
#[cfg(target_os = "linux")]
mod process;
mod promtool;
#[cfg(target_os = "linux")]
mod proof_floods;
mod proxies;
mod public_surface;
#[cfg(target_os = "linux")]
mod rate_limits;
#[cfg(target_os = "linux")]
mod redis_server;
mod refreshing;
mod rejection_log;
#[cfg(target_os = "linux")]
mod reload;
mod request_body;
mod resolver;
mod rotation;
mod route_table;
#[cfg(target_os = "linux")]
mod shared_memory;
#[cfg(target_os = "linux")]
mod shutdown;
mod snapshots;
mod static_keys;
mod test_app;
mod timed_app;
#[cfg(target_os = "linux")]
mod tls;
#[cfg(target_os = "linux")]
mod token_header;
mod tokens;
mod verdict;
