//! What tests of a protected API need: issuers, keys, tokens, a clock, and a walk along the routes.
//!
//! Behind the feature `testing`; put it into `[dev-dependencies]`.
//!
//! | to test | take |
//! |---|---|
//! | handlers and policies | [`OfflineIssuer`]: a key and a verifier that holds it, without network |
//! | that no route is open by mistake | [`RouteWalk`]: every guarded route, every kind of bad token |
//! | rotation, outage, slow answers | [`TestIssuer`]: an issuer in a box, over real HTTP |
//! | expiry, lifetimes, back-off | [`ManualClock`]: hours pass in no time |
//!
//! `examples/tested_api.rs` is an application with such tests.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that asks for what cannot be should end at once, with a clear message"
)]

mod bearer_request;
mod defect;
mod endpoints;
mod extra_endpoints;
mod fault_injection;
mod issuer_state;
mod manual_clock;
mod offline_issuer;
mod rejected_requests;
mod request_guard;
mod route_walk;
mod signing_key;
mod slow_body;
mod test_issuer;
mod token_maker;

pub use bearer_request::BearerRequest;
pub use defect::{Defect, UnknownDefect};
pub use fault_injection::{Behavior, Endpoint};
pub use issuer_state::Requests;
pub use manual_clock::ManualClock;
pub use offline_issuer::OfflineIssuer;
pub use route_walk::RouteWalk;
pub use signing_key::SigningKey;
pub use test_issuer::{TestIssuer, TestIssuerBuilder};
pub use token_maker::TokenMaker;
