//! One attempt to obtain an issuer's keys: its metadata, unless that is known, and its key set.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::bearer_token_file::BearerTokenFile;
use super::clock::Clock;
use super::discovery::{Metadata, metadata_addresses, read_metadata};
use super::fault::IssuerFault;
use super::fetcher::{Condition, Fetch};
use super::issuer_keys::{HeldKeys, IssuerKeys};
use super::response::Content;
use super::schedule::lifetime;
use crate::token::{Expectations, KeyRules, KeySet, MonotonicTime, SkippedKey};

/// Obtains an issuer's keys, and caches what need not be fetched every time.
#[derive(Clone)]
pub(crate) struct KeyFetch {
    pub(super) issuer: Arc<IssuerKeys>,
    /// The key set's address; none where the metadata names it.
    address: Option<Url>,
    pub(super) clock: Arc<dyn Clock>,
    /// The file of the bearer token for metadata and keys.
    token_file: Option<BearerTokenFile>,
    metadata: Option<(Metadata, MonotonicTime)>,
    key_set: Option<KnownKeySet>,
}

/// Parameters of one attempt.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    now: MonotonicTime,
    /// Whether a request waits for it.
    asked: bool,
    /// Deadline; `None` without one.
    deadline: Option<Instant>,
}

/// The keys that an attempt obtained.
pub(super) struct Obtained {
    pub(super) keys: HeldKeys,
    /// Whether the attempt looked everywhere a key might be.
    pub(super) complete: bool,
}

/// The last key set that was usable, to be read again when the issuer says that nothing changed.
#[derive(Clone)]
struct KnownKeySet {
    /// An entity tag says nothing about the document at another address.
    address: Url,
    document: Vec<u8>,
    etag: Option<String>,
    cache_control: Option<String>,
}

impl KeyFetch {
    /// Fetches the keys of this issuer from `address` or, without one, from where its metadata says.
    pub(crate) const fn new(
        issuer: Arc<IssuerKeys>,
        address: Option<Url>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { issuer, address, clock, token_file: None, metadata: None, key_set: None }
    }

    /// Sends the bearer token of this file, which is read for each request.
    pub(crate) fn with_token_file(self, token_file: Option<PathBuf>) -> Self {
        Self { token_file: token_file.map(BearerTokenFile::new), ..self }
    }

    /// The same fetch with nothing remembered.
    pub(super) fn anew(&self) -> Self {
        Self { metadata: None, key_set: None, ..self.clone() }
    }

    /// One attempt, within the time limit as a whole. `asked` says that a request waits for a key
    /// that is not held.
    pub(super) async fn attempt(
        &mut self,
        fetch: &impl Fetch,
        now: MonotonicTime,
        asked: bool,
    ) -> Result<Obtained, IssuerFault> {
        let deadline = Instant::now().checked_add(self.issuer.refresh.fetch_timeout);
        let attempt = Attempt { now, asked, deadline };
        let (keys, metadata_is_old) = match self.obtain(fetch, attempt).await {
            Ok(obtained) => obtained,
            Err(fault) => {
                // Metadata that did not lead to a key set is not used again.
                self.metadata = None;
                return Err(fault);
            }
        };
        if !(asked && metadata_is_old && self.issuer.holds_the_same(&keys)) {
            // With old metadata, further keys may be at another address.
            return Ok(Obtained { keys, complete: !metadata_is_old });
        }
        // Nothing new at the known address. The keys may have moved.
        match self.obtain_elsewhere(fetch, attempt).await {
            Ok(moved) => Ok(Obtained { keys: moved.unwrap_or(keys), complete: true }),
            Err(_) => Ok(Obtained { keys, complete: false }),
        }
    }

    /// The keys, and whether their address was known from before.
    async fn obtain(
        &mut self,
        fetch: &impl Fetch,
        attempt: Attempt,
    ) -> Result<(HeldKeys, bool), IssuerFault> {
        if let Some(address) = self.address.clone() {
            let keys = self.keys_at(fetch, address, None, attempt).await?;
            return Ok((keys, false));
        }
        let known = self.known_metadata(attempt.now);
        let is_known = known.is_some();
        let metadata = match known {
            Some(metadata) => metadata,
            None => self.new_metadata(fetch, attempt).await?,
        };
        Ok((self.keys_of(fetch, metadata, attempt).await?, is_known))
    }

    /// Reads the metadata again; fetches the keys again if it names another address or issuer.
    async fn obtain_elsewhere(
        &mut self,
        fetch: &impl Fetch,
        attempt: Attempt,
    ) -> Result<Option<HeldKeys>, IssuerFault> {
        let before = self.known_metadata(attempt.now);
        let metadata = self.new_metadata(fetch, attempt).await?;
        if before.as_ref() == Some(&metadata) {
            return Ok(None);
        }
        self.keys_of(fetch, metadata, attempt).await.map(Some)
    }

    /// The keys at the address that the metadata names; none if it names none.
    async fn keys_of(
        &mut self,
        fetch: &impl Fetch,
        metadata: Metadata,
        attempt: Attempt,
    ) -> Result<HeldKeys, IssuerFault> {
        if let Some(address) = metadata.jwks_uri.clone() {
            return self.keys_at(fetch, address, Some(metadata), attempt).await;
        }
        if self.issuer.held(attempt.now).is_some_and(|held| !held.is_empty()) {
            // As with a key set without usable keys: they do not replace those that are held.
            return Err(IssuerFault::MetadataIncomplete { member: "jwks_uri" });
        }
        let expected = Expectations { issuer: metadata.issuer, ..self.issuer.expected.clone() };
        let lifetime = lifetime(&self.issuer.refresh, None, Duration::ZERO);
        let no_keys = (KeySet::new(Vec::new()), Vec::new());
        Ok(self.obtained(no_keys, expected, lifetime, attempt.now))
    }

    async fn keys_at(
        &mut self,
        fetch: &impl Fetch,
        address: Url,
        metadata: Option<Metadata>,
        attempt: Attempt,
    ) -> Result<HeldKeys, IssuerFault> {
        let (known, age) = self.key_set(fetch, address, attempt).await?;
        let refresh = &self.issuer.refresh;
        let mut expected = self.issuer.expected.clone();
        if let Some(metadata) = metadata {
            expected.algorithms = expected.algorithms.announced(metadata.signing_algorithms);
            expected.issuer = metadata.issuer;
        }
        let rules = KeyRules {
            algorithms: expected.algorithms,
            rsa: refresh.rsa,
            max_keys: refresh.max_keys,
        };
        let keys = KeySet::from_json(&known.document, rules)?;
        let lifetime = lifetime(refresh, known.cache_control.as_deref(), age);
        self.key_set = Some(known);
        Ok(self.obtained(keys, expected, lifetime, attempt.now))
    }

    fn obtained(
        &self,
        (keys, skipped): (KeySet, Vec<SkippedKey>),
        expected: Expectations,
        lifetime: Duration,
        now: MonotonicTime,
    ) -> HeldKeys {
        HeldKeys {
            keys,
            expected,
            skipped,
            generation: 0,
            obtained_at: now,
            fresh_until: now.plus(lifetime),
            usable_until: now.plus(self.issuer.refresh.max_key_age),
        }
    }

    /// The key set, and its age in caches (`Age`).
    async fn key_set(
        &self,
        fetch: &impl Fetch,
        address: Url,
        attempt: Attempt,
    ) -> Result<(KnownKeySet, Duration), IssuerFault> {
        let known = self.key_set.as_ref().filter(|known| known.address == address);
        let etag = known.and_then(|known| known.etag.as_deref());
        let token = self.token(&address)?;
        let response = fetch.get(&address, attempt.condition(etag, token.as_deref())).await?;
        let head = response.head;
        let now = self.clock.now();
        self.issuer.set_clock_skew(head.clock_skew(now));
        let (document, known) = match response.content {
            Content::Document(document) => (document, None),
            Content::Unchanged => {
                (known.map(|known| known.document.clone()).unwrap_or_default(), known)
            }
            Content::Nothing { status } => {
                return Err(head.fault(&address, status, now));
            }
        };
        // A 304 response updates the stored header fields; what it leaves out stays (RFC 9111
        // section 4.3.4).
        let or_known = |said: Option<String>, field: fn(&KnownKeySet) -> &Option<String>| {
            said.or_else(|| field(known?).clone())
        };
        let etag = or_known(head.etag, |known| &known.etag);
        let cache_control = or_known(head.cache_control, |known| &known.cache_control);
        Ok((KnownKeySet { address, document, etag, cache_control }, head.age))
    }

    /// The bearer token to send to this address.
    fn token(&self, address: &Url) -> Result<Option<String>, IssuerFault> {
        let Some(file) = &self.token_file else { return Ok(None) };
        let configured = [self.issuer.identifier.url(), self.address.as_ref()];
        file.token_for(address, configured.into_iter().flatten())
    }

    /// The metadata that is remembered, unless it is too old.
    fn known_metadata(&self, now: MonotonicTime) -> Option<Metadata> {
        let (metadata, read_at) = self.metadata.as_ref()?;
        (now.since(*read_at) < self.issuer.refresh.metadata_lifetime).then(|| metadata.clone())
    }

    async fn new_metadata(
        &mut self,
        fetch: &impl Fetch,
        attempt: Attempt,
    ) -> Result<Metadata, IssuerFault> {
        let metadata = self.discover(fetch, attempt).await?;
        self.issuer.introspection.learn(&metadata.issuer, &metadata.introspection);
        self.metadata = Some((metadata.clone(), attempt.now));
        Ok(metadata)
    }

    /// Tries each address at which the metadata may be, until one has it. The first fault is reported,
    /// since the other addresses are guesses.
    async fn discover(
        &self,
        fetch: &impl Fetch,
        attempt: Attempt,
    ) -> Result<Metadata, IssuerFault> {
        let mut first_fault = None;
        for address in metadata_addresses(&self.issuer.identifier) {
            let fault = match self.metadata_at(fetch, &address, attempt).await {
                Ok(metadata) => return Ok(metadata),
                Err(fault) => fault,
            };
            let is_last = is_of_all_addresses(&fault);
            let fault = first_fault.get_or_insert(fault);
            if is_last {
                return Err(fault.clone());
            }
        }
        Err(first_fault.unwrap_or(IssuerFault::MetadataIncomplete { member: "issuer" }))
    }

    async fn metadata_at(
        &self,
        fetch: &impl Fetch,
        address: &Url,
        attempt: Attempt,
    ) -> Result<Metadata, IssuerFault> {
        let token = self.token(address)?;
        let response = fetch.get(address, attempt.condition(None, token.as_deref())).await?;
        let (head, now) = (response.head, self.clock.now());
        self.issuer.set_clock_skew(head.clock_skew(now));
        let status = match response.content {
            Content::Document(body) => {
                let plain_http = &self.issuer.refresh.plain_http;
                let has_tenants = self.issuer.expected.tenants.is_some();
                let identifier = &self.issuer.identifier;
                let metadata = read_metadata(&body, identifier, plain_http, has_tenants)?;
                let introspection = &self.issuer.introspection;
                let is_usable = metadata.jwks_uri.is_some()
                    || introspection.is_usable_with(&metadata.introspection);
                let missing = IssuerFault::MetadataIncomplete { member: "jwks_uri" };
                return if is_usable { Ok(metadata) } else { Err(missing) };
            }
            Content::Nothing { status } => status,
            Content::Unchanged => 304,
        };
        Err(head.fault(address, status, now))
    }
}

impl Attempt {
    const fn condition<'a>(self, etag: Option<&'a str>, token: Option<&'a str>) -> Condition<'a> {
        Condition { etag, current: self.asked, deadline: self.deadline, token }
    }
}

/// Whether the other addresses of the metadata would have the same fault. An issuer that is asked
/// too often is not asked again at once (RFC 6585 section 4).
const fn is_of_all_addresses(fault: &IssuerFault) -> bool {
    matches!(
        fault,
        IssuerFault::Status { status: 429, .. }
            | IssuerFault::Unreachable { .. }
            | IssuerFault::Certificate { .. }
            | IssuerFault::ClientCertificate { .. }
            | IssuerFault::TimedOut { .. }
    )
}
