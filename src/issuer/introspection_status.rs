//! Status of introspection at one issuer.

use super::introspection::IntrospectionFault;

/// Calls to an issuer's introspection endpoint and their results since the start.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct IntrospectionStatus {
    /// Calls that found an active token.
    pub active: u64,
    /// Calls that found an inactive token.
    pub inactive: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls that the rate limit did not allow.
    pub rate_limited: u64,
    /// Calls that were not made because the circuit breaker was open.
    pub held_back: u64,
    /// Stale active answers that were used.
    pub stale: u64,
    /// Requests that waited for the call of another request.
    pub shared: u64,
    /// Whether the circuit breaker is open.
    pub is_open: bool,
    /// Whether the issuer rejected this server's credentials at the last call.
    pub client_rejected: bool,
    /// Why the last call failed; `None` if it did not.
    pub fault: Option<IntrospectionFault>,
    /// Duration of all calls, in seconds.
    pub seconds_total: f64,
    /// Calls that took at most [`LATENCY_BUCKETS`], each cumulative.
    pub latency: [u64; LATENCY_BUCKETS.len()],
}

impl IntrospectionStatus {
    /// Calls that were made.
    pub const fn calls(&self) -> u64 {
        self.active.saturating_add(self.inactive).saturating_add(self.failures)
    }
}

/// Upper limits of [`IntrospectionStatus::latency`], in seconds.
pub const LATENCY_BUCKETS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5];
