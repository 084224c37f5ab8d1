//! Verifier of access tokens: the handle that an application holds.

mod builder;
mod cache;
mod expiry;
mod introspection;
mod key_sources;
mod pending;
mod presentation;
mod proof_counts;
mod replays;
mod trusted_issuers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use derive_more::{Display, Error, From};
use tokio::sync::watch;

pub use self::builder::{StartError, VerifierBuilder};
pub use self::cache::{CacheLimits, CacheStatus};
use self::cache::{CachedToken, TokenCache};
pub(crate) use self::expiry::expired;
pub(crate) use self::introspection::Freshness;
use self::introspection::Introspection;
pub(crate) use self::pending::{Pending, SeenKeys};
pub(crate) use self::presentation::SenderCheck;
use self::presentation::SenderChecks;
pub use self::presentation::{PresentationError, VerifiedPresentation};
pub use self::proof_counts::ProofCounts;
pub use self::replays::ProofMemoryStatus;
use self::trusted_issuers::TrustedIssuers;
#[cfg(feature = "service")]
use crate::issuer::IssuerDiagnostics;
use crate::issuer::{Clock, IssuerStatus};
#[cfg(feature = "service")]
use crate::token::{Algorithms, KeySet};
use crate::token::{
    Expectations, InvalidToken, KeyFingerprint, MonotonicTime, Timestamp, UnverifiedToken,
    VerifiedToken, is_jwt,
};

/// Verifies access tokens of the issuers it trusts. Cheap to clone; every clone shares the keys.
///
/// It needs no Actix: use it for websockets, gRPC, queues, or anything else that receives a token.
/// It must be called within a Tokio runtime, as Actix's is.
///
/// ```no_run
/// use actix_resource_server::verifier::Verifier;
///
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder()
///     .issuer("https://tenant.eu.auth0.com/")
///     .audience("https://api.example")
///     .start()?;
/// let token = verifier.verify(token).await?;
/// println!("{:?} may {}", token.claims().subject, token.claims().scopes.as_str());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuers: TrustedIssuers,
    /// None if it is turned off.
    cache: Option<TokenCache>,
    /// At the one issuer that has it.
    introspection: Option<Introspection>,
    clock: Arc<dyn Clock>,
    sender: SenderChecks,
    /// The refreshers stop when this is dropped.
    _running: watch::Sender<()>,
}

/// Why there is no verified token.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationError {
    /// The token is rejected: answer 401.
    #[display("{_0}")]
    Rejected(InvalidToken),
    /// The token may be valid, but its issuer's keys, or newer ones, cannot be fetched at the moment:
    /// answer 503.
    #[display("the keys of the token's issuer cannot be fetched at the moment")]
    #[from(ignore)]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The machine's clock does not show the time, so no token can be judged: answer 503.
    #[display("the time is not known: the machine's clock shows a time long ago")]
    #[from(ignore)]
    TimeUnknown {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer cannot be asked about the token, which may be active: answer 503.
    #[display("the token's issuer cannot be asked about it at the moment")]
    #[from(ignore)]
    IntrospectionUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// A fresh answer is required, and the token's issuer has no introspection: answer 500. The
    /// operator is at fault.
    #[display("a fresh answer is required, and the token's issuer has no introspection")]
    NoIntrospection,
}

/// The result of a check: a verdict, or keys to wait for.
type Checked<T> = Result<Result<T, InvalidToken>, Pending>;

impl Verifier {
    /// A builder of verifiers.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Verifies a bearer token, waiting for keys where that can help. A token that is bound to a key
    /// or certificate is rejected: see [`verify_presentation`](Self::verify_presentation).
    ///
    /// # Errors
    ///
    /// [`VerificationError`]: the token is rejected, or cannot be judged at the moment.
    pub async fn verify(&self, token: &str) -> Result<Arc<VerifiedToken>, VerificationError> {
        let verified = match self.check(token) {
            Ok(verdict) => verdict?,
            Err(pending) => self.finish(token, pending).await?,
        };
        self.check_bearer(&verified)?;
        Ok(verified)
    }

    /// The status of each issuer.
    pub fn issuers(&self) -> Vec<IssuerStatus> {
        let now = self.monotonic();
        let mut issuers: Vec<_> =
            self.0.issuers.iter().map(|issuer| IssuerStatus::of(issuer, now)).collect();
        issuers.sort_by(|a, b| a.issuer.cmp(&b.issuer));
        IssuerStatus::merge_sources(issuers)
    }

    /// The status of the verified-token cache; none if it is turned off.
    pub fn cache_status(&self) -> Option<CacheStatus> {
        self.0.cache.as_ref().map(TokenCache::status)
    }

    /// The status, keys and expectations of each issuer, for explaining verdicts.
    #[cfg(feature = "service")]
    pub(crate) fn diagnostics(&self) -> Vec<IssuerDiagnostics> {
        let now = self.monotonic();
        let mut issuers: Vec<_> =
            self.0.issuers.iter().map(|issuer| IssuerDiagnostics::of(issuer, now)).collect();
        issuers.sort_by(|a, b| a.status.issuer.cmp(&b.status.issuer));
        issuers
    }

    /// Replaces the configured keys of an issuer for these algorithms, and returns whether they
    /// differ. Tokens that were verified with a removed key are rejected from now on.
    #[cfg(feature = "service")]
    pub(crate) fn replace_keys(&self, issuer: &str, algorithms: Algorithms, keys: KeySet) -> bool {
        let mut sources = self.0.issuers.sources(issuer).iter();
        let source = sources.find_map(|number| {
            let source = self.0.issuers.numbered(*number)?;
            let is_meant = !source.is_refreshed() && source.expected.algorithms == algorithms;
            is_meant.then_some(source)
        });
        source.is_some_and(|source| source.replace(keys, self.monotonic()))
    }

    /// The wall-clock time by the verifier's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn monotonic(&self) -> MonotonicTime {
        self.0.clock.monotonic()
    }

    /// The tolerance for the clock of a token's issuer.
    pub(crate) fn clock_tolerance(&self, token: &VerifiedToken) -> Duration {
        let issuer = self.0.issuers.named(&token.claims().issuer);
        issuer.map_or(Duration::ZERO, |(_, issuer)| issuer.expected.clock_tolerance.duration())
    }

    /// The issuer that a token names, if it is one of those trusted; as it is configured. The token
    /// need not be genuine.
    pub(crate) fn trusted_issuer(&self, token: &str) -> Option<&str> {
        if let Some(introspection) = &self.0.introspection
            && !is_jwt(token)
        {
            return Some(introspection.issuer.identifier.as_str());
        }
        let unverified = UnverifiedToken::parse(token).ok()?;
        let (_, issuer) = self.0.issuers.named(&unverified.unverified_claims().issuer)?;
        Some(issuer.identifier.as_str())
    }

    /// Waits until the first attempt to fetch keys has finished for every issuer, successful or not.
    pub async fn first_attempts(&self) {
        for issuer in self.0.issuers.iter().filter(|issuer| issuer.is_refreshed()) {
            issuer.first_attempt().await;
        }
    }

    /// Verifies a token with the current keys, or returns what to wait for.
    ///
    /// For a token that was verified with the current keys, only the time is checked. If the keys
    /// have changed since, everything is checked again except a signature under a key that is still
    /// there. What the token is bound to is not checked here.
    pub(crate) fn check(&self, token: &str) -> Checked<Arc<VerifiedToken>> {
        self.check_for(token, Freshness::Cached)
    }

    /// [`check`](Self::check) with an answer of the issuer that is this fresh.
    pub(crate) fn check_for(
        &self,
        token: &str,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        let now = self.now();
        if now == Timestamp::UNKNOWN {
            return Err(Pending::Time);
        }
        let remembering =
            self.0.cache.as_ref().and_then(|cache| Some((cache, cache.digest(token)?)));
        let Some((cache, digest)) = remembering else {
            if self.is_to_be_introspected(token) {
                return self.check_opaque(token);
            }
            return match self.check_now(token, now, None)? {
                Ok(new) => self.confirmed(new, freshness),
                Err(rejection) => Ok(Err(rejection)),
            };
        };
        let known = cache.find(&digest);
        match &known {
            Some(known) if known.key.is_none() => {
                return self.check_opaque_again(known, freshness);
            }
            Some(known) => {
                if let Some(checked) = self.check_again(known, now) {
                    let is_valid = matches!(checked, Ok(Ok(_)));
                    if is_valid && self.must_confirm(known, freshness) {
                        return Err(Pending::Introspection(Some(known.clone())));
                    }
                    return checked;
                }
            }
            None if self.is_to_be_introspected(token) => return self.check_opaque(token),
            None => {}
        }
        let checked = self.check_now(token, now, known.as_ref().and_then(|known| known.key));
        match checked {
            Ok(Ok(mut new)) => {
                if let Some(known) = &known {
                    new.active_until = known.active_until;
                }
                cache.keep(digest, new.clone());
                self.confirmed(new, freshness)
            }
            refused => {
                if known.is_some() {
                    cache.forget(&digest);
                }
                refused.map(|verdict| verdict.map(|new| new.token))
            }
        }
    }

    /// The verdict on a JWT that is valid otherwise.
    fn confirmed(&self, new: CachedToken, freshness: Freshness) -> Checked<Arc<VerifiedToken>> {
        if self.must_confirm(&new, freshness) {
            return Err(Pending::Introspection(Some(new)));
        }
        Ok(Ok(new.token))
    }

    /// The verdict on a token that was good before, unless its issuer's keys have changed.
    fn check_again(
        &self,
        known: &CachedToken,
        now: Timestamp,
    ) -> Option<Checked<Arc<VerifiedToken>>> {
        let issuer = self.0.issuers.numbered(known.issuer)?;
        let judged = |expected: &Expectations| {
            let times = known.token.claims().check_times(expected, now);
            times.map(|()| Arc::clone(&known.token))
        };
        issuer.reading(self.monotonic(), |held| match held {
            None => Some(match judged(&issuer.expected) {
                Ok(_) => Err(Pending::Keys(SeenKeys { source: Arc::clone(issuer), seen: None })),
                Err(rejection) => Ok(Err(rejection)),
            }),
            Some(held) if held.generation == known.generation => Some(Ok(judged(&held.expected))),
            Some(_) => None,
        })
    }

    /// Verifies a token whose signature is known to be valid under `signed_by` at most.
    fn check_now(
        &self,
        token: &str,
        now: Timestamp,
        signed_by: Option<KeyFingerprint>,
    ) -> Checked<CachedToken> {
        let unverified = match UnverifiedToken::parse(token) {
            Ok(unverified) => unverified,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match self.0.issuers.sources(&unverified.unverified_claims().issuer) {
            [] => Ok(Err(InvalidToken::IssuerMismatch)),
            [number] => self.check_with(*number, unverified, now, signed_by),
            numbers => self.check_with_any(numbers, token, now, signed_by),
        }
    }

    /// Verifies a token with one source of its issuer's keys.
    fn check_with(
        &self,
        number: u32,
        unverified: UnverifiedToken<'_>,
        now: Timestamp,
        signed_by: Option<KeyFingerprint>,
    ) -> Checked<CachedToken> {
        let Some(issuer) = self.0.issuers.numbered(number) else {
            return Ok(Err(InvalidToken::IssuerMismatch));
        };
        issuer.reading(self.monotonic(), |held| {
            let Some(held) = held else {
                return match unverified.check_without_key(&issuer.expected, now) {
                    Ok(()) => {
                        Err(Pending::Keys(SeenKeys { source: Arc::clone(issuer), seen: None }))
                    }
                    Err(rejection) => Ok(Err(rejection)),
                };
            };
            let header = unverified.header();
            let names_key = header.key_id().is_some_and(|id| held.keys.has_id(id));
            match unverified.verify_of_any_binding(&held.keys, &held.expected, now, signed_by) {
                Ok((token, key)) => {
                    let (token, generation) = (Arc::new(token), held.generation);
                    let (key, active_until) = (Some(key), MonotonicTime::default());
                    Ok(Ok(CachedToken { token, key, issuer: number, generation, active_until }))
                }
                Err(rejection)
                    if issuer.is_refreshed() && !names_key && rejection.is_of_the_key() =>
                {
                    let (source, seen) = (Arc::clone(issuer), Some(held.generation));
                    Err(Pending::NewerKeys(vec![SeenKeys { source, seen }], rejection))
                }
                Err(rejection) => Ok(Err(rejection)),
            }
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verifier").field("issuers", &self.issuers()).finish()
    }
}

#[cfg(test)]
mod tests;
