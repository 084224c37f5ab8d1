//! How many requests a caller may make: by address before anything is looked at, by subject after the
//! token has been verified. Off unless configured, and then it costs a request nothing.

mod caller_store;
mod client_address;
mod limiter;
mod per_address;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use self::limiter::Limiter;
use super::settings::RateLimits;
use crate::token::VerifiedToken;

pub(super) use per_address::AddressRateLimit;

/// Judges the bearers of verified tokens: by subject or, for lack of one, by client. Tokens that name
/// neither cannot be told apart and are not limited here.
pub(super) fn subject_rate_limit(
    limits: &RateLimits,
) -> Option<impl Fn(&VerifiedToken) -> Result<(), Duration> + Send + Sync + 'static> {
    let limiter = Limiter::new(limits.per_subject?, limits);
    // Names may be long; two keyed hashes of them are as good and always short.
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
