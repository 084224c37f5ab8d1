//! Reasons for which there is no verified token.

use std::time::Duration;

use derive_more::{Display, Error, From};

use crate::token::InvalidToken;

/// Why there is no verified token.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationError {
    /// The token is rejected: answer 401.
    #[from]
    Rejected(InvalidToken),
    /// The token may be valid, but its issuer's keys, or newer ones, cannot be fetched at the moment:
    /// answer 503.
    #[display("the keys of the token's issuer cannot be fetched at the moment")]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The machine's clock does not show the time, so no token can be judged: answer 503.
    #[display("the time is not known: the machine's clock shows a time long ago")]
    TimeUnknown {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer cannot be asked about the token, which may be active: answer 503.
    #[display("the token's issuer cannot be asked about it at the moment")]
    IntrospectionUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// A fresh answer is required, and the token's issuer has no introspection: answer 500. The
    /// operator is at fault.
    #[display("a fresh answer is required, and the token's issuer has no introspection")]
    NoIntrospection,
}
