//! Introspection of tokens: single flight, caching of answers, and what happens when nobody answers.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::watch;

use super::cache::{CachedToken, DigestKey, TokenDigest};
use super::{Checked, Pending, VerificationError, Verifier};
use crate::issuer::{
    Answer, Flight, IntrospectionFault, IntrospectionMode, IntrospectionStatus, Introspector,
    IssuerKeys, Priority, judge,
};
use crate::token::{InvalidToken, LONGEST_TOKEN, MonotonicTime, VerifiedToken, is_jwt};

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
    digests: DigestKey,
    /// Calls under way, so that requests with the same token share one.
    calls: Mutex<HashMap<TokenDigest, SharedCall>>,
    /// Numbers requests and calls in the order in which they start.
    sequence: AtomicU64,
    /// Tokens that were rejected a moment ago. Apart from the cache of verified tokens, so that
    /// unknown tokens cannot push out tokens in use.
    rejected: Cache<TokenDigest, (InvalidToken, MonotonicTime)>,
}

/// A call that requests with the same token share.
struct SharedCall {
    number: u64,
    started_at: MonotonicTime,
    result: watch::Receiver<Flight>,
}

/// The result of a call and when the call started.
struct Asked {
    answer: Arc<Answer>,
    started_at: MonotonicTime,
}

/// How long a rejected token is rejected without asking again.
const REJECTED_FOR: Duration = Duration::from_secs(5);

/// Rejected tokens that are remembered, about 1 MB.
const MOST_REJECTED: usize = 10_000;

/// Calls whose requests have all gone away are cleaned up when there are this many.
const MANY_CALLS: usize = 1024;

/// `Retry-After` when the issuer does not say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

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

    fn is_always(&self) -> bool {
        self.introspector.settings.mode == IntrospectionMode::Always
    }

    /// Asks the issuer, or joins a call under way. Fresh requests join only calls that started later
    /// than they did.
    async fn ask(
        &self,
        token: &str,
        digest: TokenDigest,
        freshness: Freshness,
        priority: Priority,
        verifier: &Verifier,
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
                        let started_at = verifier.monotonic();
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

    /// The reason for which the token was rejected a moment ago.
    fn rejected(&self, digest: &TokenDigest, now: MonotonicTime) -> Option<InvalidToken> {
        let (reason, until) = self.rejected.get(digest)?;
        (now < until).then_some(reason)
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

impl Verifier {
    /// Verifies a token, and has its issuer confirm that it is active now (RFC 7662).
    ///
    /// # Errors
    ///
    /// [`VerificationError`], also if the issuer has no introspection.
    pub async fn verify_fresh(&self, token: &str) -> Result<Arc<VerifiedToken>, VerificationError> {
        let verified = match self.check_for(token, Freshness::Now) {
            Ok(verdict) => verdict?,
            Err(pending) => self.finish_for(token, pending, Freshness::Now).await?,
        };
        self.check_bearer(&verified)?;
        Ok(verified)
    }

    /// The issuer with introspection, its mode, and the calls so far; `None` without introspection.
    pub fn introspection_status(&self) -> Option<(&str, IntrospectionMode, IntrospectionStatus)> {
        let introspection = self.0.introspection.as_ref()?;
        let Introspection { issuer, introspector, .. } = introspection;
        let status = introspector.gate.status();
        Some((issuer.identifier.as_str(), introspector.settings.mode, status))
    }

    /// Whether the token is not a JWT and there is an issuer to ask about it.
    pub(crate) fn is_to_be_introspected(&self, token: &str) -> bool {
        self.0.introspection.is_some() && !is_jwt(token) && token.len() <= LONGEST_TOKEN
    }

    /// The verdict on an opaque token that is not in the cache, if it was rejected a moment ago.
    pub(super) fn check_opaque(&self, token: &str) -> Checked<Arc<VerifiedToken>> {
        let rejected = self.0.introspection.as_ref().and_then(|introspection| {
            let digest = introspection.digests.digest(token)?;
            introspection.rejected(&digest, self.monotonic())
        });
        match rejected {
            Some(reason) => Ok(Err(reason)),
            None => Err(Pending::Introspection(None)),
        }
    }

    /// The verdict on an opaque token from the cache.
    pub(super) fn check_opaque_again(
        &self,
        known: &CachedToken,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        if freshness == Freshness::Now || self.monotonic() >= known.active_until {
            return Err(Pending::Introspection(Some(known.clone())));
        }
        let expected = match self.0.issuers.numbered(known.issuer) {
            Some(issuer) => &issuer.expected,
            None => return Ok(Err(InvalidToken::IssuerMismatch)),
        };
        let times = known.token.claims().check_times(expected, self.now());
        Ok(times.map(|()| Arc::clone(&known.token)))
    }

    /// Whether a JWT whose signature and claims are valid must also be introspected.
    pub(super) fn must_confirm(&self, known: &CachedToken, freshness: Freshness) -> bool {
        if freshness == Freshness::Now {
            return true;
        }
        let Some(introspection) = &self.0.introspection else { return false };
        introspection.is_always()
            && self.monotonic() >= known.active_until
            && self.is_of(known, introspection)
    }

    /// Whether the token is of the issuer with introspection, under keys of any source.
    fn is_of(&self, known: &CachedToken, introspection: &Introspection) -> bool {
        known.issuer == introspection.number
            || self
                .0
                .issuers
                .numbered(known.issuer)
                .is_some_and(|issuer| issuer.identifier == introspection.issuer.identifier)
    }

    /// Asks the issuer about a token: an opaque one, or a JWT that is valid otherwise.
    pub(super) async fn introspect(
        &self,
        token: &str,
        known: Option<CachedToken>,
        freshness: Freshness,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        let introspection = self.0.introspection.as_ref().filter(|introspection| {
            known.as_ref().is_none_or(|known| self.is_of(known, introspection))
        });
        let introspection = introspection.ok_or(VerificationError::NoIntrospection)?;
        let digest = introspection.digests.digest(token).ok_or_else(unavailable)?;
        let is_known = known.as_ref().is_some_and(|known| known.was_active());
        let priority = if is_known { Priority::Known } else { Priority::Unknown };
        let asked = introspection.ask(token, digest, freshness, priority, self).await;
        match asked {
            Ok(asked) => self.settle(introspection, token, digest, known, &asked),
            Err(retry_after) => known
                .filter(|_| freshness == Freshness::Cached && is_known)
                .and_then(|known| self.stale(introspection, &known))
                .ok_or(VerificationError::IntrospectionUnavailable { retry_after }),
        }
    }

    /// Turns an answer into a verdict, and remembers it.
    fn settle(
        &self,
        introspection: &Introspection,
        token: &str,
        digest: TokenDigest,
        known: Option<CachedToken>,
        asked: &Asked,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        let now = self.now();
        let endpoint = introspection.issuer.introspection.get();
        let mut expected = introspection.issuer.expected.clone();
        if let Some(endpoint) = endpoint {
            expected.issuer.clone_from(&endpoint.issuer);
        }
        let jwt = known.filter(|known| known.key.is_some());
        let verdict = match (&*asked.answer, &jwt) {
            // The claims of a JWT are its own; the answer only confirms it.
            (Answer::Active(_), Some(jwt)) => Ok(Arc::clone(&jwt.token)),
            (answer, _) => judge(answer, &expected, now).map(Arc::new),
        };
        let cache = self.0.cache.as_ref();
        let cache = cache.and_then(|cache| Some((cache, cache.digest(token)?)));
        match verdict {
            Ok(verified) => {
                let rest = verified.claims().expires_at.rest(now);
                let lifetime = introspection.introspector.settings.cache.min(rest);
                let active_until = asked.started_at.plus(lifetime);
                if let Some((cache, digest)) = cache {
                    let (key, generation, issuer) = match jwt {
                        Some(jwt) => (jwt.key, jwt.generation, jwt.issuer),
                        None => (None, 0, introspection.number),
                    };
                    let token = Arc::clone(&verified);
                    let cached = CachedToken { token, key, issuer, generation, active_until };
                    cache.keep(digest, cached);
                }
                Ok(verified)
            }
            Err(reason) => {
                if let Some((cache, digest)) = cache {
                    cache.forget(&digest);
                }
                let until = asked.started_at.plus(REJECTED_FOR);
                introspection.rejected.insert(digest, (reason.clone(), until));
                Err(reason.into())
            }
        }
    }

    /// An older active answer, if the settings allow it.
    fn stale(
        &self,
        introspection: &Introspection,
        known: &CachedToken,
    ) -> Option<Arc<VerifiedToken>> {
        let settings = &introspection.introspector.settings;
        if self.monotonic() >= known.active_until.plus(settings.stale) {
            return None;
        }
        let expected = &introspection.issuer.expected;
        known.token.claims().check_times(expected, self.now()).ok()?;
        introspection.introspector.gate.used_stale();
        Some(Arc::clone(&known.token))
    }
}

const fn unavailable() -> VerificationError {
    VerificationError::IntrospectionUnavailable { retry_after: RETRY_AFTER }
}
