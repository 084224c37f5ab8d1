//! What must hold whatever bytes arrive, said once for two readers: libFuzzer, and the tests that
//! run everywhere.
//!
//! Each function takes the bytes of one kind of input, asserts what must be true of the answer, and
//! tells whether the input was accepted. Where it can, it compares the answer with a second reading
//! of the same bytes, written here in the plainest way or taken from `jsonwebtoken`.

mod authorization;
mod claims;
mod header;
mod key_set;
mod metadata;
mod reading;
mod token;

pub use authorization::authorization;
pub use claims::claims;
pub use header::header;
pub use key_set::key_set;
pub use metadata::metadata;
pub use token::token;
