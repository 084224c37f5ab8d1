//! Whatever bytes arrive, the parsers answer and do not panic; and what they accept is what the
//! standards accept.
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
