//! Tests of what several files of this directory do together.

mod claims;
mod invalid_token;
mod keys;

#[cfg(feature = "service")]
mod inspection;
