//! Verifier builder.

mod start;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cache::CacheLimits;
use super::resolver::IssuerResolver;
use crate::issuer::{Clock, KeyRefresh, Proxies, SystemClock, TrustedIssuer};
#[cfg(feature = "redis")]
use crate::memory::SharedMemoryUrl;
use crate::sender::DpopPolicy;
use crate::token::{
    Algorithms, Audiences, ClientIds, ClockTolerance, Expectations, GrantClaims, KeySet, Profile,
    Tenants,
};

/// Builder of a [`Verifier`](super::Verifier): issuers, audiences, and what is expected of tokens.
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
    /// For each of `named`, which has its own name and the audiences above.
    expected: Expectations,
    resolver: Option<IssuerResolver>,
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

impl Default for VerifierBuilder {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            trusted: Vec::new(),
            audiences: Vec::new(),
            expected: Expectations::new("", Audiences::NONE),
            resolver: None,
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
        self.expected.algorithms = algorithms;
        self
    }

    /// The token profile. By default [`Profile::Any`].
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.expected.profile = profile;
        self
    }

    /// Tolerated difference between the issuers' clocks and ours. By default 5 seconds.
    pub const fn clock_tolerance(mut self, tolerance: ClockTolerance) -> Self {
        self.expected.clock_tolerance = tolerance;
        self
    }

    /// Maximum age of a token. By default unlimited.
    pub const fn max_token_age(mut self, age: Duration) -> Self {
        self.expected.max_token_age = Some(age);
        self
    }

    /// How keys are fetched, how often, and how long they are used, for issuers without their own
    /// [`refresh`](TrustedIssuer::refresh).
    pub fn key_refresh(mut self, refresh: KeyRefresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// Time limit of one attempt to fetch keys. By default 5 seconds.
    pub const fn fetch_timeout(mut self, limit: Duration) -> Self {
        self.refresh.fetch_timeout = limit;
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
        self.expected.client_ids = Some(clients);
        self
    }

    /// Accepts tokens of these tenants where an issuer's metadata names a template for the issuers of
    /// its tenants, as Microsoft Entra ID does.
    ///
    /// ```
    /// use actix_resource_server::token::Tenants;
    /// use actix_resource_server::verifier::Verifier;
    ///
    /// let builder = Verifier::builder()
    ///     .issuer("https://login.microsoftonline.com/common/v2.0")
    ///     .tenants(Tenants::listed(["72f988bf-86f1-41af-91ab-2d7cd011db47"])?)
    ///     .audience("00001111-aaaa-2222-bbbb-3333cccc4444");
    /// # Ok::<(), actix_resource_server::token::InvalidTenant>(())
    /// ```
    pub fn tenants(mut self, tenants: Tenants) -> Self {
        self.expected.tenants = Some(tenants);
        self
    }

    /// Looks up issuers that are not known at the start. See [`IssuerResolver`].
    pub fn resolver(mut self, resolver: IssuerResolver) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Reads scopes, roles and permissions from these claims.
    pub fn grants(mut self, claims: GrantClaims) -> Self {
        self.expected.grants = claims;
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
}
