//! Gate in front of the introspection endpoint: rate limit, circuit breaker, and counters.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::breaker::Breaker;
use super::fault::IntrospectionFault;
pub(crate) use super::rate::Priority;
use super::rate::RateLimit;
use crate::issuer::IntrospectionStatus;
use crate::issuer::introspection_status::LATENCY_BUCKETS;
use crate::token::MonotonicTime;

/// Decides whether the issuer may be asked, and records the results.
#[derive(Debug)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug)]
struct State {
    rate: RateLimit,
    breaker: Breaker,
    status: IntrospectionStatus,
    /// When it was last logged that the issuer rejects the request about one token.
    rejection_logged_at: Option<MonotonicTime>,
}

/// The shortest time between two log entries about rejected requests, which callers can cause.
const REJECTION_LOG_INTERVAL: Duration = Duration::from_secs(60);

impl Gate {
    /// A gate that lets this many calls per second through.
    pub(crate) fn new(calls_per_second: u32) -> Self {
        Self(Mutex::new(State {
            rate: RateLimit::new(calls_per_second),
            breaker: Breaker::default(),
            status: IntrospectionStatus::default(),
            rejection_logged_at: None,
        }))
    }

    /// Whether a call may be made now; otherwise the time until one may.
    pub(crate) fn enter(&self, priority: Priority, now: MonotonicTime) -> Result<(), Duration> {
        let mut state = self.state();
        if let Err(wait) = state.breaker.enter(now) {
            state.status.held_back = state.status.held_back.saturating_add(1);
            return Err(wait);
        }
        if let Err(wait) = state.rate.take(priority, now) {
            state.breaker.undecided();
            state.status.rate_limited = state.status.rate_limited.saturating_add(1);
            return Err(wait);
        }
        Ok(())
    }

    /// Records the result of a call that took `elapsed`, and returns whether the state of this
    /// server's credentials changed.
    pub(crate) fn record(
        &self,
        result: Result<bool, &IntrospectionFault>,
        now: MonotonicTime,
        elapsed: Duration,
    ) -> Option<Change> {
        let mut state = self.state();
        let State { breaker, status, rejection_logged_at, .. } = &mut *state;
        let was_open = breaker.is_open();
        let was_rejected = status.client_rejected;
        status.seconds_total += elapsed.as_secs_f64();
        for (bucket, limit) in status.latency.iter_mut().zip(LATENCY_BUCKETS) {
            if elapsed.as_secs_f64() <= limit {
                *bucket = bucket.saturating_add(1);
            }
        }
        match result {
            Ok(is_active) => {
                breaker.succeeded();
                status.client_rejected = false;
                status.fault = None;
                let counter = if is_active { &mut status.active } else { &mut status.inactive };
                *counter = counter.saturating_add(1);
            }
            // A caller must not be able to open the breaker for all with a token of its own making.
            Err(fault @ IntrospectionFault::RequestRejected { .. }) => {
                breaker.undecided();
                status.fault = Some(fault.clone());
                status.failures = status.failures.saturating_add(1);
                let is_due = |at: &MonotonicTime| now.since(*at) >= REJECTION_LOG_INTERVAL;
                if rejection_logged_at.as_ref().is_none_or(is_due) {
                    *rejection_logged_at = Some(now);
                    return Some(Change::RequestRejected);
                }
            }
            Err(fault) => {
                breaker.failed(now, fault.retry_after(), fault.is_ours());
                status.client_rejected = fault.is_ours();
                status.fault = Some(fault.clone());
                status.failures = status.failures.saturating_add(1);
            }
        }
        status.is_open = breaker.is_open();
        match (was_rejected, status.client_rejected, was_open, status.is_open) {
            (false, true, ..) => Some(Change::ClientRejected),
            (_, false, false, true) => Some(Change::Opened),
            (_, _, true, false) => Some(Change::Recovered),
            _ => None,
        }
    }

    /// Closes the breaker and clears the fault, since the credentials have changed.
    pub(crate) fn forget_failures(&self) {
        let mut state = self.state();
        state.breaker = Breaker::default();
        let status = &mut state.status;
        (status.is_open, status.client_rejected, status.fault) = (false, false, None);
    }

    /// Whether the issuer rejected this server's credentials at the last call.
    pub(crate) fn rejects_client(&self) -> bool {
        self.state().status.client_rejected
    }

    /// Counts a request that shares the call of another one.
    pub(crate) fn shared(&self) {
        let mut state = self.state();
        state.status.shared = state.status.shared.saturating_add(1);
    }

    /// Counts a stale answer that was used.
    pub(crate) fn used_stale(&self) {
        let mut state = self.state();
        state.status.stale = state.status.stale.saturating_add(1);
    }

    /// Status for metrics and readiness.
    pub(crate) fn status(&self) -> IntrospectionStatus {
        self.state().status.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change of state that operators should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The issuer rejects this server's credentials.
    ClientRejected,
    /// The breaker opened.
    Opened,
    /// The issuer rejects the request about one token; not reported again for a minute.
    RequestRejected,
    /// The issuer answers again.
    Recovered,
}
