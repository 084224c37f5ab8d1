//! Property tests: parsers never panic, and accept exactly what the standards allow.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by panicking when it is not so"
)]

mod credentials;
mod differential;
mod hostile_input;
mod key_sets;
mod mutations;
mod signature_vectors;
mod tokens;
