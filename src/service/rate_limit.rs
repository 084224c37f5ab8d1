//! Rate limits: by client address before a request is processed, by subject after its token has been
//! verified. A limit that is not configured costs a request nothing.

mod caller_store;
mod client_address;
mod limiter;
mod per_address;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use self::limiter::Limiter;
use super::settings::RateLimits;
use crate::token::VerifiedToken;

pub(super) use client_address::caller;
pub(super) use per_address::AddressRateLimit;

/// The limit by subject or, in a token without one, by client. A token with neither is not limited.
pub(super) fn subject_rate_limit(
    limits: &RateLimits,
) -> Option<impl Fn(&VerifiedToken) -> Result<(), Duration> + Send + Sync + 'static> {
    let limiter = Limiter::new(limits.per_subject?, limits);
    // Names may be long; 128 bits of keyed hashes stand for them.
    let hashers = [RandomState::new(), RandomState::new()];
    Some(move |token: &VerifiedToken| {
        let claims = token.claims();
        let Some(name) = claims.subject.as_deref().or(claims.client_id.as_deref()) else {
            return Ok(());
        };
        let [high, low] = hashers.each_ref().map(|hasher| hasher.hash_one((&claims.issuer, name)));
        limiter.check(u128::from(high) << 64 | u128::from(low))
    })
}
