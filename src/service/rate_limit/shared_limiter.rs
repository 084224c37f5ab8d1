//! Rate limiter of one process or of all replicas.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::limiter::Limiter;
use crate::access::Throttled;
use crate::issuer::{Clock, SystemClock};
use crate::memory::{Bucket, RedisCounters, SharedMemoryUrl};
use crate::service::settings::RateLimits;

/// Limits each caller, by the shared memory if there is one and it can be reached.
pub(super) struct SharedLimiter(Arc<Inner>);

struct Inner {
    local: Limiter,
    shared: Option<RedisCounters>,
    name: &'static str,
    bucket: Bucket,
}

impl SharedLimiter {
    /// A limiter whose buckets have this name in the shared memory.
    pub(super) fn new(
        name: &'static str,
        per_minute: NonZeroU32,
        limits: &RateLimits,
        shared: Option<&SharedMemoryUrl>,
    ) -> Self {
        let start = |url| RedisCounters::start(url, || SystemClock.monotonic());
        let shared = shared.and_then(|url| {
            let started = start(url).inspect_err(|fault| {
                log::error!("rate limits are counted in this process alone: no thread: {fault}");
            });
            started.ok()
        });
        let bucket = Bucket { per_minute: per_minute.get(), burst: limits.burst.get() };
        let local = Limiter::new(per_minute, limits);
        Self(Arc::new(Inner { local, shared, name, bucket }))
    }

    /// Whether replicas must give the same caller the same number.
    pub(super) fn is_shared(&self) -> bool {
        self.0.shared.is_some()
    }

    /// Counts a request of this caller. The error is the time to wait before the next one.
    pub(super) fn check(&self, caller: u128) -> Throttled {
        if !self.is_shared() {
            return Throttled::Decided(self.0.local.check(caller));
        }
        let inner = Arc::clone(&self.0);
        Throttled::Waiting(Box::pin(async move { inner.check(caller).await }))
    }
}

impl Inner {
    async fn check(&self, caller: u128) -> Result<(), Duration> {
        let Some(shared) = &self.shared else { return self.local.check(caller) };
        match shared.take(&format!("{}:{caller:032x}", self.name), self.bucket).await {
            Ok(None) => Ok(()),
            Ok(Some(wait)) => Err(wait),
            Err(_) => self.local.check(caller),
        }
    }
}
