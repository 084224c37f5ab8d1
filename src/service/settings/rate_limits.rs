//! Settings of the rate limits.

use std::num::NonZeroU32;

use super::catalog::rate_limits::{
    RATE_LIMIT_BURST, RATE_LIMIT_CALLERS, RATE_LIMIT_PER_ADDRESS, RATE_LIMIT_PER_SUBJECT,
    TRUSTED_PROXIES,
};
use super::network::Network;
use super::reader::{Reader, whole_number};

/// Settings of the rate limits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests per minute and client address; unlimited if none.
    pub per_address: Option<NonZeroU32>,
    /// Requests per minute and token subject; unlimited if none.
    pub per_subject: Option<NonZeroU32>,
    /// Requests allowed at once.
    pub burst: NonZeroU32,
    /// Callers remembered per limit.
    pub callers: usize,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<Network>,
}

pub(super) fn read(reader: &mut Reader) -> Option<RateLimits> {
    let per_address = reader.optional(&RATE_LIMIT_PER_ADDRESS, requests);
    let per_subject = reader.optional(&RATE_LIMIT_PER_SUBJECT, requests);
    let burst = reader.required(&RATE_LIMIT_BURST, requests);
    let callers = reader.number(&RATE_LIMIT_CALLERS, 1024..=10_000_000);
    let trusted_proxies = reader.list(&TRUSTED_PROXIES, str::parse);
    Some(RateLimits { per_address, per_subject, burst: burst?, callers: callers?, trusted_proxies })
}

fn requests(text: &str) -> Result<NonZeroU32, String> {
    whole_number(text, 1..=1_000_000, "")
}
