//! Rate limits: by client address before a request is processed, by subject after its token has been
//! verified. A limit that is not configured costs a request nothing.
//!
//! With a shared memory, all replicas count together; while it is unreachable, each counts alone.

mod caller_store;
mod client_address;
mod limiter;
mod per_address;
mod shared_limiter;

use std::hash::{BuildHasher, RandomState};

use aws_lc_rs::digest::{Context, SHA256};

use self::shared_limiter::SharedLimiter;
use super::settings::RateLimits;
use crate::access::Throttled;
use crate::memory::SharedMemoryUrl;
use crate::token::VerifiedToken;

pub(super) use client_address::caller;
pub(super) use per_address::AddressRateLimit;

/// The limit by subject or, in a token without one, by client. A token with neither is not limited.
pub(super) fn subject_rate_limit(
    limits: &RateLimits,
    shared: Option<&SharedMemoryUrl>,
) -> Option<impl Fn(&VerifiedToken) -> Throttled + Send + Sync + 'static> {
    let limiter = SharedLimiter::new("subject", limits.per_subject?, limits, shared);
    // Names may be long; 128 bits of keyed hashes stand for them.
    let hashers = [RandomState::new(), RandomState::new()];
    Some(move |token: &VerifiedToken| {
        let claims = token.claims();
        let Some(name) = claims.subject.as_deref().or(claims.client_id.as_deref()) else {
            return Throttled::Decided(Ok(()));
        };
        if limiter.is_shared() {
            return limiter.check(same_everywhere(&claims.issuer, name));
        }
        let [high, low] = hashers.each_ref().map(|hasher| hasher.hash_one((&claims.issuer, name)));
        limiter.check(u128::from(high) << 64 | u128::from(low))
    })
}

/// The first half of SHA-256, which is the same in each replica.
fn same_everywhere(issuer: &str, name: &str) -> u128 {
    let mut hash = Context::new(&SHA256);
    hash.update(issuer.as_bytes());
    // No issuer contains it.
    hash.update(&[0]);
    hash.update(name.as_bytes());
    let hash = hash.finish();
    hash.as_ref().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}
