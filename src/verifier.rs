//! Verifier of access tokens: the handle that an application holds.

mod builder;
mod cache;
mod check;
mod expiry;
mod introspected_token;
mod introspection;
mod key_sources;
mod pending;
mod presentation;
mod presentation_error;
mod proof_counts;
mod replays;
mod resolver;
mod sender_checks;
mod start_error;
mod trusted_issuers;
mod verification_error;
mod waiting;

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

pub use self::builder::VerifierBuilder;
use self::cache::TokenCache;
pub use self::cache::{CacheLimits, CacheStatus};
pub(crate) use self::expiry::expired;
pub(crate) use self::introspection::Freshness;
use self::introspection::Introspection;
pub(crate) use self::pending::Pending;
pub use self::presentation::VerifiedPresentation;
pub use self::presentation_error::PresentationError;
pub use self::proof_counts::ProofCounts;
pub use self::replays::ProofMemoryStatus;
use self::resolver::resolved_issuers::ResolvedIssuers;
pub use self::resolver::{IssuerResolver, ResolverLimits, ResolverUnavailable};
pub(crate) use self::sender_checks::SenderCheck;
use self::sender_checks::SenderChecks;
pub use self::start_error::StartError;
use self::trusted_issuers::TrustedIssuers;
pub use self::verification_error::VerificationError;
#[cfg(feature = "service")]
use crate::issuer::IssuerDiagnostics;
use crate::issuer::{Clock, IssuerStatus};
#[cfg(feature = "service")]
use crate::token::{Algorithms, KeySet};
use crate::token::{MonotonicTime, Timestamp, UnverifiedToken, VerifiedToken, is_jwt};

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
    /// None without a resolver.
    resolved: Option<ResolvedIssuers>,
    clock: Arc<dyn Clock>,
    sender: SenderChecks,
    /// Stops the refreshers when it is dropped.
    _running: watch::Sender<()>,
}

impl Verifier {
    /// A builder of verifiers.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// Verifies a bearer token, waiting for keys where that can help. A token that is bound to a key
    /// or certificate is rejected: see [`verify_presentation`](Self::verify_presentation).
    ///
    /// # Errors
    ///
    /// [`VerificationError`]: the token is rejected, or cannot be judged at the moment.
    pub async fn verify(&self, token: &str) -> Result<Arc<VerifiedToken>, VerificationError> {
        self.verify_bearer(token, Freshness::Cached).await
    }

    /// The status of each issuer but those that a resolver returned.
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
            let is_meant = !source.is_refreshed && source.expected.algorithms == algorithms;
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
        for issuer in self.0.issuers.iter().filter(|issuer| issuer.is_refreshed) {
            issuer.first_attempt().await;
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verifier").field("issuers", &self.issuers()).finish()
    }
}

#[cfg(test)]
mod tests;
