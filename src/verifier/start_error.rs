//! Reasons for which a verifier cannot start.

use derive_more::{Display, Error, From};

use crate::issuer::{
    ContradictoryKeyRefresh, InsecureUrl, InvalidIntrospection, InvalidIssuer, NoTls,
};
use crate::token::NoAudience;

/// Why a verifier cannot start. The operator is at fault, except for missing resources.
#[derive(Debug, Display, Error, From)]
#[non_exhaustive]
pub enum StartError {
    /// No issuer is trusted, so no token could be accepted.
    #[display("no issuer is configured")]
    NoIssuer,
    /// No audience is given, so tokens for any API would be accepted.
    NoAudience(NoAudience),
    /// An issuer's name is not an issuer identifier.
    #[display("the issuer {issuer} is {fault}")]
    #[from(ignore)]
    InvalidIssuer {
        /// The name as given.
        issuer: String,
        /// What is wrong with it.
        #[error(source)]
        fault: InvalidIssuer,
    },
    /// An issuer is added twice, possibly with and without a trailing slash.
    #[display("the issuer {issuer} is configured twice")]
    #[from(ignore)]
    IssuerTwice {
        /// The name as given the second time.
        issuer: String,
    },
    /// A key set's address is neither https nor http on an allowed host, so the keys could be replaced
    /// in transit.
    #[display("the key set address {address} is {fault}")]
    #[from(ignore)]
    InsecureAddress {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        #[error(source)]
        fault: InsecureUrl,
    },
    /// Introspection is not configured completely.
    Introspection(InvalidIntrospection),
    /// Two issuers have introspection. An opaque token does not name its issuer, so only one can be
    /// asked about it.
    #[display("the issuer {issuer} is the second with introspection; only one may have it")]
    #[from(ignore)]
    IntrospectionTwice {
        /// The second issuer.
        issuer: String,
    },
    /// The operating system gives no randomness, which introspection needs.
    #[display("introspection cannot start: there is no randomness")]
    NoIntrospectionDigests,
    /// The settings for fetching keys contradict each other.
    KeyRefresh(ContradictoryKeyRefresh),
    /// The operating system provides no thread or event loop for refreshing keys.
    #[display("keys cannot be refreshed in the background: {_0}")]
    NoThread(std::io::Error),
    /// TLS cannot be set up.
    NoTls(NoTls),
    /// The operating system gives no randomness, which the memory of used proofs needs.
    #[display("used proofs cannot be remembered: there is no randomness")]
    NoRandomness,
    /// DPoP is required, and no URL is known that proofs could be for.
    #[display("DPoP is required, and there is no public URL that a proof could name")]
    NoPublicUrl,
}
