//! Test tools for protected APIs: issuers, keys, tokens, a clock, and a check of every route.
//!
//! Behind the feature `testing`; enable it in `[dev-dependencies]`.
//!
//! | to test | use |
//! |---|---|
//! | handlers and policies | [`OfflineIssuer`]: signs tokens and verifies them without a network |
//! | that no route is open by mistake | [`RouteWalk`]: every guarded route, every kind of bad token |
//! | key rotation, outages, slow responses | [`TestIssuer`]: an issuer over real HTTP |
//! | expiry, lifetimes, retry delays | [`ManualClock`]: a clock that only moves when told to |
//!
//! `examples/tested_api.rs` is an application with such tests.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test with an impossible setup should fail at once with a clear message"
)]

mod bearer_request;
mod defect;
mod dpop_request;
mod endpoints;
mod extra_endpoints;
mod fault_injection;
mod injected_response;
mod introspection;
mod issuer_server;
mod issuer_state;
mod manual_clock;
mod offline_issuer;
mod opaque_tokens;
mod policy_violations;
mod proof_defect;
mod proof_maker;
mod rejected_requests;
mod request_guard;
mod route_walk;
mod signing_key;
mod slow_body;
mod test_issuer;
mod token_maker;
mod token_proof;

pub use bearer_request::BearerRequest;
pub use defect::{Defect, UnknownDefect};
pub use dpop_request::{DpopRequest, PUBLIC_URL};
pub use fault_injection::{Behavior, Endpoint};
pub use issuer_state::Requests;
pub use manual_clock::ManualClock;
pub use offline_issuer::OfflineIssuer;
pub use proof_defect::{ProofDefect, UnknownProofDefect};
pub use proof_maker::ProofMaker;
pub use route_walk::RouteWalk;
pub use signing_key::SigningKey;
#[cfg(test)]
pub(crate) use signing_key::pem;
pub use test_issuer::{TestIssuer, TestIssuerBuilder};
pub use token_maker::TokenMaker;
