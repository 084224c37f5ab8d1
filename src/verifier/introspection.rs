//! Introspection of tokens: single flight, cached answers, and stale answers during outages.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::watch;

use super::cache::{DigestKey, TokenDigest};
use crate::issuer::{
    Answer, Clock, Flight, IntrospectionFault, IntrospectionMode, Introspector, IssuerKeys,
    Priority,
};
use crate::token::{InvalidToken, MonotonicTime};

/// How recent the issuer's answer about a token must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// An answer in the cache is enough.
    Cached,
    /// The issuer must be asked after the request arrived.
    Now,
}

/// Introspection at the one issuer of a verifier that has it.
pub(super) struct Introspection {
    /// The issuer's number among those of the verifier.
    pub(super) number: u32,
    pub(super) issuer: Arc<IssuerKeys>,
    pub(super) introspector: Introspector,
    pub(super) digests: DigestKey,
    /// Calls under way, so that requests with the same token share one.
    calls: Mutex<HashMap<TokenDigest, SharedCall>>,
    /// Numbers requests and calls in the order in which they start.
    sequence: AtomicU64,
    /// Recently rejected tokens. Separate from the verified-token cache, so that unknown tokens cannot
    /// evict tokens in use.
    pub(super) rejected: Cache<TokenDigest, (InvalidToken, MonotonicTime)>,
}

/// A call that requests with the same token share.
struct SharedCall {
    number: u64,
    started_at: MonotonicTime,
    result: watch::Receiver<Flight>,
}

/// The result of a call and when the call started.
pub(super) struct Asked {
    pub(super) answer: Arc<Answer>,
    pub(super) started_at: MonotonicTime,
}

/// How long a rejected token is rejected without asking again.
pub(super) const REJECTED_FOR: Duration = Duration::from_secs(5);

/// Rejected tokens that are remembered, about 1 MB.
const MOST_REJECTED: usize = 10_000;

/// Finished calls without waiting requests are removed when there are this many.
const MANY_CALLS: usize = 1024;

/// `Retry-After` when the issuer does not say.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Introspection {
    /// Introspection at this issuer; `None` if there is no randomness.
    pub(super) fn new(
        number: u32,
        issuer: Arc<IssuerKeys>,
        introspector: Introspector,
    ) -> Option<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        Some(Self {
            number,
            issuer,
            introspector,
            digests: DigestKey::new(random)?,
            calls: Mutex::default(),
            sequence: AtomicU64::new(0),
            rejected: Cache::new(MOST_REJECTED),
        })
    }

    pub(super) fn is_always(&self) -> bool {
        self.introspector.settings.mode == IntrospectionMode::Always
    }

    /// Asks the issuer, or joins a call under way. Fresh requests join only calls that started later
    /// than they did.
    pub(super) async fn ask(
        &self,
        token: &str,
        digest: TokenDigest,
        freshness: Freshness,
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<Asked, Duration> {
        let arrived = self.sequence.fetch_add(1, Ordering::Relaxed);
        loop {
            let (joined, started_at, mut result) = {
                let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
                match calls.get(&digest).filter(|call| call.is_under_way()) {
                    Some(call) => {
                        self.introspector.gate.shared();
                        let is_late = freshness == Freshness::Cached || call.number > arrived;
                        (is_late, call.started_at, call.result.clone())
                    }
                    None => {
                        let started_at = clock.monotonic();
                        self.introspector.gate.enter(priority, started_at)?;
                        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
                        let result = self.introspector.start(token);
                        if calls.len() >= MANY_CALLS {
                            calls.retain(|_, call| call.is_under_way());
                        }
                        let call = SharedCall { number, started_at, result: result.clone() };
                        calls.insert(digest, call);
                        (true, started_at, result)
                    }
                }
            };
            let outcome = self.outcome(&mut result).await;
            self.forget_finished(&digest);
            if joined {
                return outcome
                    .map(|answer| Asked { answer, started_at })
                    .map_err(|fault| fault.retry_after().unwrap_or(RETRY_AFTER));
            }
        }
    }

    /// Waits for the result of a call, for little longer than its deadline.
    async fn outcome(
        &self,
        result: &mut watch::Receiver<Flight>,
    ) -> Result<Arc<Answer>, Arc<IntrospectionFault>> {
        let limit = self.introspector.settings.deadline.saturating_add(Duration::from_secs(1));
        let finished = result.wait_for(Option::is_some);
        match tokio::time::timeout(limit, finished).await {
            Ok(Ok(flight)) => match &*flight {
                Some(result) => result.clone(),
                None => Err(Arc::new(IntrospectionFault::Stopped)),
            },
            Ok(Err(_)) | Err(_) => Err(Arc::new(IntrospectionFault::Stopped)),
        }
    }

    fn forget_finished(&self, digest: &TokenDigest) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.get(digest).is_some_and(|call| !call.is_under_way()) {
            calls.remove(digest);
        }
    }

    /// The reason for which the token was recently rejected.
    pub(super) fn rejected(
        &self,
        digest: &TokenDigest,
        now: MonotonicTime,
    ) -> Option<InvalidToken> {
        let (reason, until) = self.rejected.get(digest)?;
        (now < until).then_some(reason)
    }

    /// Whether the token was rejected by a call that started no earlier than this.
    pub(super) fn rejected_since(&self, digest: &TokenDigest, started_at: MonotonicTime) -> bool {
        let since = started_at.plus(REJECTED_FOR);
        self.rejected.get(digest).is_some_and(|(_, until)| until >= since)
    }
}

impl SharedCall {
    /// Whether a result is still to come.
    fn is_under_way(&self) -> bool {
        self.result.borrow().is_none() && self.result.has_changed().is_ok()
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Introspection").field("issuer", &self.issuer.identifier).finish()
    }
}
