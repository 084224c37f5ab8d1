//! One attempt to obtain an issuer's keys: its metadata, where that is not known, and its key set.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::clock::Clock;
use super::discovery::{Metadata, metadata_addresses, read_metadata};
use super::fault::IssuerFault;
use super::fetcher::Fetcher;
use super::issuer_keys::{HeldKeys, IssuerKeys};
use super::response::Content;
use super::schedule::lifetime;
use crate::secure_url::redacted;
use crate::token::{KeyRules, KeySet, Timestamp};

/// Finds an issuer's keys, and remembers what need not be fetched every time.
pub(crate) struct KeyFetch {
    pub(super) issuer: Arc<IssuerKeys>,
    /// The key set's address, or nothing where the metadata names it.
    address: Option<Url>,
    pub(super) clock: Arc<dyn Clock>,
    memory: Memory,
}

/// What is remembered from one attempt to the next.
#[derive(Default)]
struct Memory {
    metadata: Option<(Metadata, Timestamp)>,
    key_set: Option<KnownKeySet>,
}

/// The last key set that was usable, to be made anew when the issuer says that nothing changed.
struct KnownKeySet {
    /// An entity tag says nothing about what lies at another address.
    address: Url,
    document: Vec<u8>,
    etag: Option<String>,
    cache_control: Option<String>,
}

impl KeyFetch {
    /// Fetches the keys of this issuer from `address` or, without one, from where its metadata
    /// says.
    pub(crate) fn new(
        issuer: Arc<IssuerKeys>,
        address: Option<Url>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { issuer, address, clock, memory: Memory::default() }
    }

    /// One attempt, within the fetcher's time limit as a whole.
    pub(super) async fn attempt(
        &mut self,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Result<HeldKeys, IssuerFault> {
        let limit = fetcher.limit();
        let result = match tokio::time::timeout(limit, self.find(fetcher, now)).await {
            Ok(result) => result,
            Err(_) => {
                let address = self.issuer.identifier.to_string();
                Err(IssuerFault::TimedOut { address, limit })
            }
        };
        if result.is_err() {
            // A metadata document that led nowhere is not believed a second time.
            self.memory.metadata = None;
        }
        result
    }

    async fn find(&mut self, fetcher: &Fetcher, now: Timestamp) -> Result<HeldKeys, IssuerFault> {
        let mut expected = self.issuer.expected.clone();
        let address = match &self.address {
            Some(address) => address.clone(),
            None => {
                let metadata = self.metadata(fetcher, now).await?;
                expected.algorithms = expected.algorithms.announced(metadata.signing_algorithms);
                expected.issuer = metadata.issuer;
                metadata.jwks_uri
            }
        };
        let (known, age) = self.key_set(fetcher, address).await?;
        let refresh = &self.issuer.refresh;
        let rules = KeyRules {
            algorithms: expected.algorithms,
            rsa: refresh.rsa,
            max_keys: refresh.most_keys,
        };
        let (keys, skipped) = KeySet::from_json(&known.document, rules)?;
        let lifetime = lifetime(refresh, known.cache_control.as_deref(), age);
        self.memory.key_set = Some(known);
        Ok(HeldKeys {
            keys,
            expected,
            skipped,
            generation: 0,
            obtained_at: now,
            fresh_until: now.plus(lifetime),
            usable_until: now.plus(refresh.oldest_keys),
        })
    }

    /// The key set, and how long it lay in a cache on its way.
    async fn key_set(
        &self,
        fetcher: &Fetcher,
        address: Url,
    ) -> Result<(KnownKeySet, Duration), IssuerFault> {
        let known = self.memory.key_set.as_ref().filter(|known| known.address == address);
        let response = fetcher.get(&address, known.and_then(|known| known.etag.as_deref())).await?;
        let head = response.head;
        let now = self.clock.now();
        self.issuer.heard(head.clock_skew(now));
        let (document, known) = match response.content {
            Content::Document(document) => (document, None),
            Content::Unchanged => {
                (known.map(|known| known.document.clone()).unwrap_or_default(), known)
            }
            Content::Nothing { status } => {
                let retry_after = head.retry_after(now);
                let address = redacted(&address);
                return Err(IssuerFault::Status { address, status, retry_after });
            }
        };
        // What an answer without a body leaves unsaid holds on (RFC 9111 section 4.3.4).
        let or_known = |said: Option<String>, field: fn(&KnownKeySet) -> &Option<String>| {
            said.or_else(|| field(known?).clone())
        };
        let etag = or_known(head.etag, |known| &known.etag);
        let cache_control = or_known(head.cache_control, |known| &known.cache_control);
        Ok((KnownKeySet { address, document, etag, cache_control }, head.age))
    }

    async fn metadata(
        &mut self,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Result<Metadata, IssuerFault> {
        if let Some((metadata, read_at)) = &self.memory.metadata
            && now.since(*read_at) < self.issuer.refresh.metadata_lifetime
        {
            return Ok(metadata.clone());
        }
        let metadata = self.discover(fetcher).await?;
        self.memory.metadata = Some((metadata.clone(), now));
        Ok(metadata)
    }

    /// Asks each address that the issuer's metadata may have, until one has it.
    async fn discover(&self, fetcher: &Fetcher) -> Result<Metadata, IssuerFault> {
        let identifier = &self.issuer.identifier;
        let mut first_fault = None;
        for address in metadata_addresses(identifier) {
            let response = fetcher.get(&address, None).await?;
            let now = self.clock.now();
            self.issuer.heard(response.head.clock_skew(now));
            let status = match response.content {
                Content::Document(body) => return read_metadata(&body, identifier),
                Content::Nothing { status } => status,
                Content::Unchanged => 304,
            };
            let retry_after = response.head.retry_after(now);
            let fault = IssuerFault::Status { address: redacted(&address), status, retry_after };
            // Not here, then: perhaps at the next form of the address. But whoever says that it is
            // asked too often means it (RFC 6585 section 4).
            if !(400..500).contains(&status) || status == 429 {
                return Err(fault);
            }
            first_fault.get_or_insert(fault);
        }
        Err(first_fault.unwrap_or(IssuerFault::MetadataIncomplete { member: "issuer" }))
    }
}
