//! Whatever bytes arrive, the parsers answer and do not panic; and what they accept is what the
//! standards accept.

mod credentials;
mod key_sets;
mod tokens;
