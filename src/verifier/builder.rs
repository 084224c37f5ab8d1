//! Verifier builder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use derive_more::{Display, Error, From};
use tokio::sync::watch;
use url::Url;

use super::cache::{CacheLimits, TokenCache};
use super::introspection::Introspection;
use super::presentation::SenderChecks;
use super::proof_counts::ProofCounters;
use super::replays::Replays;
use super::trusted_issuers::TrustedIssuers;
use super::{Inner, Verifier};
use crate::issuer::{
    Clock, ContradictoryKeyRefresh, InsecureUrl, Introspector, InvalidIntrospection, InvalidIssuer,
    IssuerIdentifier, IssuerKeys, KeyFetch, KeyRefresh, KeySource, NoTls, Proxies, Refresher,
    SystemClock, TrustedIssuer, refresh_in_background, tls_from_machine,
};
use crate::memory::LocalMemory;
#[cfg(feature = "redis")]
use crate::memory::{RedisMemory, SharedMemoryUrl};
use crate::secure_url::{is_plain_http, redacted, secure_url_or};
use crate::sender::{DpopMode, DpopPolicy};
use crate::token::{
    Algorithms, Audiences, ClientIds, ClockTolerance, Expectations, GrantClaims, KeySet,
    NoAudience, Profile,
};

/// Builder of a [`Verifier`]: issuers, audiences, and what is expected of tokens.
///
/// The expectations apply to every issuer added by [`issuer`](Self::issuer) and
/// [`issuer_with_keys`](Self::issuer_with_keys). An issuer with its own expectations is added by
/// [`trust`](Self::trust).
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct VerifierBuilder {
    named: Vec<(String, Option<KeySet>)>,
    trusted: Vec<TrustedIssuer>,
    audiences: Vec<String>,
    algorithms: Algorithms,
    profile: Profile,
    clock_tolerance: ClockTolerance,
    max_token_age: Option<Duration>,
    client_ids: Option<ClientIds>,
    grants: GrantClaims,
    refresh: KeyRefresh,
    cache: CacheLimits,
    clock: Arc<dyn Clock>,
    ca_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    proxies: Proxies,
    dpop: DpopPolicy,
    proof_entries: usize,
    #[cfg(feature = "redis")]
    shared_memory: Option<SharedMemoryUrl>,
}

/// Why a verifier cannot start. Whoever configured it is at fault, except for missing resources.
#[derive(Debug, Display, Error, From)]
#[non_exhaustive]
pub enum StartError {
    /// No issuer is trusted, so no token could be accepted.
    #[display("no issuer is configured")]
    NoIssuer,
    /// No audience is given, so tokens for any API would be accepted.
    #[display("{_0}")]
    NoAudience(NoAudience),
    /// An issuer's name is not an issuer identifier.
    #[display("the issuer {issuer} is {fault}")]
    #[from(ignore)]
    InvalidIssuer {
        /// The name as given.
        issuer: String,
        /// What is wrong with it.
        #[error(source)]
        fault: InvalidIssuer,
    },
    /// An issuer is added twice, possibly with and without a trailing slash.
    #[display("the issuer {issuer} is configured twice")]
    #[from(ignore)]
    IssuerTwice {
        /// The name as given the second time.
        issuer: String,
    },
    /// A key set's address is neither https nor http on an allowed host, so the keys could be replaced
    /// in transit.
    #[display("the key set address {address} is {fault}")]
    #[from(ignore)]
    InsecureAddress {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        #[error(source)]
        fault: InsecureUrl,
    },
    /// Introspection is not configured completely.
    #[display("{_0}")]
    Introspection(InvalidIntrospection),
    /// Two issuers have introspection. An opaque token does not name its issuer, so only one can be
    /// asked about it.
    #[display("the issuer {issuer} is the second with introspection; only one may have it")]
    #[from(ignore)]
    IntrospectionTwice {
        /// The second issuer.
        issuer: String,
    },
    /// The operating system gives no randomness, which introspection needs.
    #[display("introspection cannot start: there is no randomness")]
    NoIntrospectionDigests,
    /// The settings for fetching keys contradict each other.
    #[display("{_0}")]
    KeyRefresh(ContradictoryKeyRefresh),
    /// The operating system provides no thread or event loop for refreshing keys.
    #[display("keys cannot be refreshed in the background: {_0}")]
    NoThread(std::io::Error),
    /// TLS cannot be set up.
    #[display("{_0}")]
    NoTls(NoTls),
    /// The operating system gives no randomness, which the memory of used proofs needs.
    #[display("used proofs cannot be remembered: there is no randomness")]
    NoRandomness,
    /// DPoP is required, and no URL is known that proofs could be for.
    #[display("DPoP is required, and there is no public URL that a proof could name")]
    NoPublicUrl,
}

impl Default for VerifierBuilder {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            trusted: Vec::new(),
            audiences: Vec::new(),
            algorithms: Algorithms::DEFAULT,
            profile: Profile::default(),
            clock_tolerance: ClockTolerance::default(),
            max_token_age: None,
            client_ids: None,
            grants: GrantClaims::default(),
            refresh: KeyRefresh::default(),
            cache: CacheLimits::default(),
            clock: Arc::new(SystemClock),
            ca_file: None,
            token_file: None,
            proxies: Proxies::default(),
            dpop: DpopPolicy::new([]),
            proof_entries: 1_000_000,
            #[cfg(feature = "redis")]
            shared_memory: None,
        }
    }
}

impl VerifierBuilder {
    /// Trusts this issuer, with the keys that its metadata names.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.named.push((issuer.into(), None));
        self
    }

    /// Trusts this issuer, with these keys only: nothing is fetched.
    pub fn issuer_with_keys(mut self, issuer: impl Into<String>, keys: KeySet) -> Self {
        self.named.push((issuer.into(), Some(keys)));
        self
    }

    /// Trusts an issuer with its own expectations.
    pub fn trust(mut self, issuer: TrustedIssuer) -> Self {
        self.trusted.push(issuer);
        self
    }

    /// Accepts tokens for this audience. May be called several times.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts only these algorithms. By default [`Algorithms::DEFAULT`], which the issuer's metadata may
    /// extend.
    pub const fn algorithms(mut self, algorithms: Algorithms) -> Self {
        self.algorithms = algorithms;
        self
    }

    /// The token profile. By default [`Profile::Any`].
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Tolerated difference between the issuers' clocks and ours. By default 5 seconds.
    pub const fn clock_tolerance(mut self, tolerance: ClockTolerance) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// Maximum age of a token. By default unlimited.
    pub const fn max_token_age(mut self, age: Duration) -> Self {
        self.max_token_age = Some(age);
        self
    }

    /// How keys are fetched, how often, and how long they are used, for issuers without their own
    /// [`refresh`](TrustedIssuer::refresh).
    pub fn key_refresh(mut self, refresh: KeyRefresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// Time limit of one attempt to fetch keys. By default 5 seconds.
    pub const fn fetch_limit(mut self, limit: Duration) -> Self {
        self.refresh.fetch_limit = limit;
        self
    }

    /// Limits of the verified-token cache, which saves checking a signature again. Verdicts are the
    /// same with and without it. By default 100 000 tokens or 64 MiB.
    pub const fn cache(mut self, limits: CacheLimits) -> Self {
        self.cache = limits;
        self
    }

    /// What is expected of DPoP proofs (RFC 9449). By default there is no public URL that a proof
    /// could name, so DPoP is off and tokens bound to a key are rejected.
    pub fn dpop(mut self, policy: DpopPolicy) -> Self {
        self.dpop = policy;
        self
    }

    /// How many used proofs are remembered in this process at most. By default a million, which take
    /// up to 48 MB; memory grows with use.
    pub const fn proof_memory(mut self, entries: usize) -> Self {
        self.proof_entries = entries;
        self
    }

    /// Remembers used proofs in this Redis or Valkey server, for all replicas, in place of this
    /// process.
    #[cfg(feature = "redis")]
    pub fn shared_memory(mut self, url: SharedMemoryUrl) -> Self {
        self.shared_memory = Some(url);
        self
    }

    /// Accepts only tokens of these clients. Without an [`audience`](Self::audience), the tokens must
    /// not have `aud`, as those of Amazon Cognito.
    pub fn client_ids(mut self, clients: ClientIds) -> Self {
        self.client_ids = Some(clients);
        self
    }

    /// Reads scopes, roles and permissions from these claims.
    pub fn grants(mut self, claims: GrantClaims) -> Self {
        self.grants = claims;
        self
    }

    /// Trusts the root certificates of this PEM file too when keys are fetched.
    pub fn key_fetch_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Sends the bearer token of this file when metadata and keys are fetched from the origin of the
    /// issuer, or of the configured key set. The file is read for each request.
    pub fn key_fetch_token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token_file = Some(path.into());
        self
    }

    /// Reaches issuers through these proxies. By default there is none; environment variables are not
    /// read.
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Uses this clock. By default the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the verifier. Fetching keys begins at once, on a background thread that ends with the
    /// last clone of the verifier.
    ///
    /// # Errors
    ///
    /// [`StartError`] for an invalid configuration, or if the operating system provides no thread.
    pub fn start(mut self) -> Result<Verifier, StartError> {
        let mut trusted = std::mem::take(&mut self.trusted);
        for (issuer, keys) in std::mem::take(&mut self.named) {
            let source = keys.map_or(KeySource::Discovery, KeySource::Held);
            trusted.push(self.named_issuer(issuer, source)?);
        }
        if trusted.is_empty() {
            return Err(StartError::NoIssuer);
        }
        if self.dpop.mode == DpopMode::Required && !self.dpop.is_on() {
            return Err(StartError::NoPublicUrl);
        }
        let mut issuers = TrustedIssuers::default();
        let mut refreshers = Vec::new();
        let (mut introspection, mut worker) = (None, None);
        for (number, mut issuer) in (0..).zip(trusted) {
            let text = issuer.identifier.to_string();
            let asked = issuer.introspection.take();
            let endpoint = asked.as_ref().and_then(|asked| asked.endpoint.clone());
            if let Some(asked) = &asked {
                asked.check(matches!(issuer.source, KeySource::Discovery))?;
            }
            let (keys, refresher) = self.prepare(issuer, endpoint)?;
            if let Some(asked) = asked {
                if introspection.is_some() {
                    return Err(StartError::IntrospectionTwice { issuer: text });
                }
                let (handle, its_worker) =
                    Introspector::new(Arc::clone(&keys), asked, Arc::clone(&self.clock));
                let handle = Introspection::new(number, Arc::clone(&keys), handle);
                introspection = Some(handle.ok_or(StartError::NoIntrospectionDigests)?);
                worker = Some(its_worker);
            }
            if !issuers.add(keys) {
                return Err(StartError::IssuerTwice { issuer: text });
            }
            refreshers.extend(refresher);
        }
        let (running, stopped) = watch::channel(());
        if !refreshers.is_empty() || worker.is_some() {
            refresh_in_background(
                refreshers,
                worker,
                tls_from_machine(self.ca_file.as_deref())?,
                std::mem::take(&mut self.proxies),
                stopped,
            )?;
        }
        let cache = cache_within(self.cache);
        let replays = if self.dpop.is_on() { Some(self.replays()?) } else { None };
        let sender = SenderChecks { dpop: self.dpop, replays, counts: ProofCounters::default() };
        let clock = self.clock;
        let _running = running;
        let inner = Inner { issuers, cache, introspection, clock, sender, _running };
        Ok(Verifier::from_inner(inner))
    }

    fn replays(&self) -> Result<Replays, StartError> {
        #[cfg(feature = "redis")]
        if let Some(url) = &self.shared_memory {
            let clock = Arc::clone(&self.clock);
            return Ok(Replays::Shared(RedisMemory::start(url, move || clock.now())?));
        }
        LocalMemory::new(self.proof_entries).map(Replays::local).ok_or(StartError::NoRandomness)
    }

    fn named_issuer(&self, issuer: String, source: KeySource) -> Result<TrustedIssuer, StartError> {
        let identifier = match &source {
            KeySource::Discovery => IssuerIdentifier::over_http(&issuer, &self.refresh.plain_http),
            _ => IssuerIdentifier::opaque(issuer.as_str()),
        };
        let identifier = match identifier {
            Ok(identifier) => identifier,
            Err(fault) => return Err(StartError::InvalidIssuer { issuer, fault }),
        };
        let expected = Expectations {
            issuer,
            audiences: match (self.audiences.is_empty(), &self.client_ids) {
                (true, Some(_)) => Audiences::NONE,
                _ => Audiences::new(self.audiences.iter().cloned())?,
            },
            algorithms: self.algorithms,
            profile: self.profile,
            clock_tolerance: self.clock_tolerance,
            max_token_age: self.max_token_age,
            client_ids: self.client_ids.clone(),
            grants: self.grants.clone(),
        };
        Ok(TrustedIssuer { identifier, source, expected, refresh: None, introspection: None })
    }

    fn prepare(
        &self,
        issuer: TrustedIssuer,
        introspection: Option<Url>,
    ) -> Result<(Arc<IssuerKeys>, Option<Refresher>), StartError> {
        let TrustedIssuer { identifier, source, expected, refresh, .. } = issuer;
        let refresh = refresh.unwrap_or_else(|| self.refresh.clone());
        let plain_http = &refresh.plain_http;
        let address = match source {
            KeySource::Held(keys) => {
                let now = self.clock.monotonic();
                let keys = IssuerKeys::fixed(identifier, keys, expected, now);
                return Ok((Arc::new(keys.with_introspection(introspection)), None));
            }
            KeySource::Address(address) => match secure_url_or(address.as_str(), plain_http) {
                Ok(address) => Some(address),
                Err(fault) => {
                    let address = redacted(&address);
                    return Err(StartError::InsecureAddress { address, fault });
                }
            },
            KeySource::Discovery if identifier.url().is_none() => {
                let issuer = identifier.to_string();
                return Err(StartError::InvalidIssuer { issuer, fault: InvalidIssuer::NotAUrl });
            }
            KeySource::Discovery => None,
        };
        if identifier.is_plain_http() || address.as_ref().is_some_and(is_plain_http) {
            log::warn!(
                "issuer {identifier}: its keys are fetched over plain http, so whoever controls the \
                 network to it can issue tokens"
            );
        }
        if let Some(fault) = refresh.contradictions().next() {
            return Err(StartError::KeyRefresh(fault));
        }
        let discovered = address.is_none();
        let keys = IssuerKeys::to_be_fetched(identifier, expected, refresh, discovered);
        let keys = Arc::new(keys.with_introspection(introspection));
        let fetch = KeyFetch::new(Arc::clone(&keys), address, Arc::clone(&self.clock))
            .with_token_file(self.token_file.clone());
        Ok((keys, Some(Refresher::new(fetch))))
    }
}

/// A token cache with a random digest key. Without randomness there is none: its digests could be
/// predicted.
fn cache_within(limits: CacheLimits) -> Option<TokenCache> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    TokenCache::new(limits, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(builder: VerifierBuilder) -> String {
        builder.start().expect_err("no verifier").to_string()
    }

    #[test]
    fn a_configuration_that_makes_no_sense_does_not_start() {
        const ISSUER: &str = "https://issuer.example/";
        let audiences = || Audiences::new(["api"]).expect("an audience");
        let at = |address: &str| {
            let identifier = ISSUER.parse().expect("an issuer");
            let source = KeySource::Address(address.parse().expect("a URL"));
            Verifier::builder().trust(TrustedIssuer::with_source(identifier, audiences(), source))
        };
        let builder = Verifier::builder;
        let table = [
            (builder().audience("api"), "no issuer is configured"),
            (builder().issuer(ISSUER), "at least one audience is needed, and none may be empty"),
            (
                builder().issuer(ISSUER).issuer("https://issuer.example").audience("api"),
                "the issuer https://issuer.example is configured twice",
            ),
            (
                builder().issuer("http://issuer.example/").audience("api"),
                "the issuer http://issuer.example/ is not https (http is accepted for loopback \
                 hosts alone)",
            ),
            (
                builder().issuer(ISSUER).audience("api").fetch_limit(Duration::ZERO),
                "no keys can be obtained without time, bytes and keys",
            ),
            (
                at("http://issuer.example/jwks"),
                "the key set address http://issuer.example/jwks is not https (http is accepted \
                 for loopback hosts alone)",
            ),
        ];
        for (builder, text) in table {
            assert_eq!(fault(builder), text);
        }
    }
}
