//! Property tests: parsers never panic, and accept exactly what the standards allow.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

mod credentials;
mod differential;
mod hostile_input;
mod issuer_spellings;
mod key_sets;
mod mutations;
mod other_implementation;
mod proofs;
mod signature_vectors;
mod tokens;
