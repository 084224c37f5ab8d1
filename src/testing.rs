//! An issuer in a box: for this crate's tests, for users' tests, and for trying things out.
//!
//! Behind the feature `testing`; put it into `[dev-dependencies]`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that asks for what cannot be should end at once, with a clear message"
)]

mod behaviour;
mod defect;
mod dripping;
mod endpoints;
mod issuer_state;
mod manual_clock;
mod more_endpoints;
mod signing_key;
mod test_issuer;
mod token_maker;

pub use behaviour::{Behaviour, Endpoint};
pub use defect::{Defect, UnknownDefect};
pub use issuer_state::Requests;
pub use manual_clock::ManualClock;
pub use signing_key::SigningKey;
pub use test_issuer::{TestIssuer, TestIssuerBuilder};
pub use token_maker::TokenMaker;
