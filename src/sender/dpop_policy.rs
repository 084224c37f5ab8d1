//! What is expected of DPoP proofs.

use std::sync::Arc;
use std::time::Duration;

use super::dpop_nonce::NonceKeys;
use super::target_uri::PublicUrl;
use crate::token::{Algorithms, DpopMode};

/// What is expected of DPoP proofs.
///
/// ```
/// use std::time::Duration;
/// use actix_resource_server::sender::DpopPolicy;
///
/// let mut policy = DpopPolicy::new(["https://api.example".parse()?]);
/// policy.max_age = Duration::from_secs(30);
/// # Ok::<(), actix_resource_server::sender::InvalidPublicUrl>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DpopPolicy {
    /// Whether tokens may or must be bound to a DPoP key, unless their issuer has a mode of its own
    /// ([`Expectations::dpop`](crate::token::Expectations::dpop)).
    pub mode: DpopMode,
    /// The URLs that a proof's `htu` may begin with.
    pub public_urls: Vec<PublicUrl>,
    /// The algorithms that proofs may be signed with. Symmetric ones are ignored.
    pub algorithms: Algorithms,
    /// Maximum age of a proof, and lifetime of a nonce. By default 60 seconds.
    pub max_age: Duration,
    /// How far ahead of our clock a proof's `iat` may be. By default 10 seconds.
    pub tolerance: Duration,
    /// Keys for nonces; if there are any, each proof must have one.
    pub nonces: Option<Arc<NonceKeys>>,
}

impl DpopPolicy {
    /// Allows proofs for these URLs.
    pub fn new(public_urls: impl IntoIterator<Item = PublicUrl>) -> Self {
        Self {
            mode: DpopMode::Allowed,
            public_urls: public_urls.into_iter().collect(),
            algorithms: Algorithms::DEFAULT,
            max_age: Duration::from_secs(60),
            tolerance: Duration::from_secs(10),
            nonces: None,
        }
    }

    /// Whether the `DPoP` scheme is enabled, which needs a public URL.
    pub fn is_on(&self) -> bool {
        self.mode != DpopMode::Off && !self.public_urls.is_empty()
    }
}
