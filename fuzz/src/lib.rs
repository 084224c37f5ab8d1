//! Fuzz targets, shared by libFuzzer and the property tests.
//!
//! Each function takes the bytes of one kind of input, asserts the invariants of the result, and
//! returns whether the input was accepted. Where possible, it compares the result with a reference: a
//! simple implementation here, or `jsonwebtoken`.

mod authorization;
mod claims;
mod header;
mod key_set;
mod metadata;
mod proof;
mod reading;
mod token;

pub use authorization::authorization;
pub use claims::claims;
pub use header::header;
pub use key_set::key_set;
pub use metadata::metadata;
pub use proof::proof;
pub use token::token;
