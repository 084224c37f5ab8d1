//! Keeps one issuer's keys fresh, in the background, for as long as there is a verifier.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use url::Url;

use super::clock::Clock;
use super::clock_comparison::clock_ahead;
use super::discovery::{Metadata, metadata_addresses, read_metadata};
use super::fault::IssuerFault;
use super::fetcher::{Answer, Fetcher, Freshness};
use super::issuer_keys::{HeldKeys, IssuerKeys};
use super::schedule::{back_off, lifetime, refresh_after};
use crate::token::{KeySet, Timestamp};

/// Metadata is asked for again after this long: issuers move their key sets rarely, but they do.
const METADATA_LIFETIME: Duration = Duration::from_secs(3600);

/// What a refresher needs to know.
pub(super) struct Refresher {
    pub(super) issuer: Arc<IssuerKeys>,
    /// The key set's address, or nothing where the metadata names it.
    pub(super) address: Option<Url>,
    pub(super) clock: Arc<dyn Clock>,
    /// How old keys may get while the issuer cannot be reached.
    pub(super) oldest_keys: Duration,
}

/// What is remembered from one attempt to the next.
#[derive(Default)]
struct Memory {
    metadata: Option<(Metadata, Timestamp)>,
    etag: Option<String>,
    /// The key set's text, to make the keys anew when the issuer says that nothing changed.
    document: Option<Vec<u8>>,
    failures: u32,
    announced: Option<Announced>,
}

/// What the log was last told.
#[derive(PartialEq, Eq)]
enum Announced {
    Obtained(String),
    Failing(IssuerFault),
}

impl Refresher {
    /// Runs until it is dropped.
    pub(super) async fn run(self, fetcher: Fetcher) {
        let mut memory = Memory::default();
        loop {
            let now = self.clock.now();
            let earliest = self.issuer.earliest_attempt(now);
            if earliest > now {
                self.clock.sleep_until(earliest).await;
            }
            let started = self.clock.now();
            self.issuer.start(started);
            let next = match self.obtain(&fetcher, &mut memory, started).await {
                Ok((held, lifetime)) => {
                    memory.failures = 0;
                    self.announce_keys(&mut memory, &held);
                    let next = self.clock.now().plus(refresh_after(lifetime, jitter()));
                    self.issuer.succeed(held, next);
                    next
                }
                Err(fault) => {
                    // A metadata document that led nowhere is not believed a second time.
                    memory.metadata = None;
                    memory.failures = memory.failures.saturating_add(1);
                    self.announce_fault(&mut memory, &fault);
                    let next = self.clock.now().plus(back_off(memory.failures, jitter()));
                    self.issuer.fail(fault, next);
                    next
                }
            };
            tokio::select! {
                () = self.clock.sleep_until(next) => {}
                () = self.issuer.asked() => {}
            }
        }
    }

    /// One attempt, within the time limit as a whole.
    async fn obtain(
        &self,
        fetcher: &Fetcher,
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<(HeldKeys, Duration), IssuerFault> {
        let limit = fetcher.limit();
        let attempt = self.fetch_keys(fetcher, memory, now);
        match tokio::time::timeout(limit, attempt).await {
            Ok(result) => result,
            Err(_) => {
                let address = self.issuer.identifier.to_string();
                Err(IssuerFault::TimedOut { address, limit })
            }
        }
    }

    async fn fetch_keys(
        &self,
        fetcher: &Fetcher,
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<(HeldKeys, Duration), IssuerFault> {
        let mut expected = self.issuer.expected.clone();
        let address = match &self.address {
            Some(address) => address.clone(),
            None => {
                let metadata = self.metadata(fetcher, memory, now).await?;
                expected.issuer = metadata.issuer;
                metadata.jwks_uri
            }
        };
        let (document, etag, freshness) =
            match fetcher.get(&address, memory.etag.as_deref()).await? {
                Answer::Document { body, etag, freshness } => (body, etag, freshness),
                Answer::Unchanged(freshness) => {
                    let document = memory.document.take().unwrap_or_default();
                    (document, memory.etag.take(), freshness)
                }
            };
        let (keys, skipped) = KeySet::from_json(&document, expected.algorithms)?;
        for key in &skipped {
            log::debug!("issuer {}: {key}", self.issuer.identifier);
        }
        memory.document = Some(document);
        memory.etag = etag;
        let usable_until = now.plus(self.oldest_keys);
        let clock_ahead = clock_ahead(&freshness, self.clock.now());
        let held = HeldKeys { keys, expected, skipped, clock_ahead, usable_until };
        Ok((held, lifetime_of(&freshness)))
    }

    async fn metadata(
        &self,
        fetcher: &Fetcher,
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<Metadata, IssuerFault> {
        if let Some((metadata, read_at)) = &memory.metadata
            && now.since(*read_at) < METADATA_LIFETIME
        {
            return Ok(metadata.clone());
        }
        let metadata = discover(fetcher, &self.issuer).await?;
        memory.metadata = Some((metadata.clone(), now));
        Ok(metadata)
    }

    fn announce_keys(&self, memory: &mut Memory, held: &HeldKeys) {
        let ids: Vec<String> = held
            .keys
            .iter()
            .map(|key| crate::token::Printable::new(key.id().unwrap_or("(no kid)")).to_string())
            .collect();
        let ids = ids.join(", ");
        if matches!(memory.announced, Some(Announced::Failing(_))) {
            log::info!("issuer {}: reached again", self.issuer.identifier);
        }
        let obtained = Announced::Obtained(ids);
        if memory.announced.as_ref() != Some(&obtained)
            && let Announced::Obtained(ids) = &obtained
        {
            log::info!("issuer {}: {} keys held: {ids}", self.issuer.identifier, held.keys.len());
        }
        memory.announced = Some(obtained);
    }

    fn announce_fault(&self, memory: &mut Memory, fault: &IssuerFault) {
        let failing = Announced::Failing(fault.clone());
        if memory.announced.as_ref() != Some(&failing) {
            let held = if self.issuer.held(self.clock.now()).is_some() {
                "the keys held stay in use"
            } else {
                "no keys are held"
            };
            log::warn!("issuer {}: {fault}; {held}", self.issuer.identifier);
        }
        memory.announced = Some(failing);
    }
}

/// Asks each address that the issuer's metadata may have, until one has it.
pub(crate) async fn discover(
    fetcher: &Fetcher,
    issuer: &IssuerKeys,
) -> Result<Metadata, IssuerFault> {
    let mut first_fault = None;
    for address in metadata_addresses(&issuer.identifier) {
        match fetcher.get(&address, None).await {
            Ok(Answer::Document { body, .. }) => return read_metadata(&body, &issuer.identifier),
            // Not here, then: perhaps at the next form of the address.
            Err(fault @ IssuerFault::Status { status: 400..=499, .. }) => {
                first_fault.get_or_insert(fault);
            }
            Ok(Answer::Unchanged(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(first_fault.unwrap_or(IssuerFault::MetadataIncomplete { member: "issuer" }))
}

fn lifetime_of(freshness: &Freshness) -> Duration {
    lifetime(freshness.cache_control.as_deref(), freshness.age.as_deref())
}

/// A random number from 0 to 1.
fn jitter() -> f64 {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter, which is a nuisance and no danger.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}
