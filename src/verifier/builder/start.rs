//! Start of a verifier: its issuers, their keys, introspection, and the background thread.

use std::sync::Arc;

use tokio::sync::watch;

use super::VerifierBuilder;
use crate::issuer::{
    Introspection as IntrospectionSettings, Introspector, InvalidIssuer, IssuerIdentifier,
    IssuerKeys, KeyFetch, KeySource, NewRefreshers, Refresher, TrustedIssuer,
    refresh_in_background, tls_from_machine,
};
use crate::memory::LocalMemory;
#[cfg(feature = "redis")]
use crate::memory::RedisMemory;
use crate::secure_url::{is_plain_http, redacted, secure_url_or};
use crate::token::{Audiences, DpopMode, Expectations};
use crate::verifier::cache::{CacheLimits, TokenCache};
use crate::verifier::introspection::Introspection;
use crate::verifier::proof_counts::ProofCounters;
use crate::verifier::replays::Replays;
use crate::verifier::resolver::resolved_issuers::ResolvedIssuers;
use crate::verifier::sender_checks::SenderChecks;
use crate::verifier::start_error::StartError;
use crate::verifier::trusted_issuers::TrustedIssuers;
use crate::verifier::{Inner, Verifier};

impl VerifierBuilder {
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
        if trusted.is_empty() && self.resolver.is_none() {
            return Err(StartError::NoIssuer);
        }
        let modes = trusted.iter().map(|issuer| issuer.expected.dpop.unwrap_or(self.dpop.mode));
        let modes: Vec<_> = modes.chain(self.resolver.as_ref().map(|_| self.dpop.mode)).collect();
        if modes.contains(&DpopMode::Required) && self.dpop.public_urls.is_empty() {
            return Err(StartError::NoPublicUrl);
        }
        let mut issuers = TrustedIssuers::default();
        let mut refreshers = Vec::new();
        let (mut introspection, mut worker) = (None, None);
        for (number, mut issuer) in (0..).zip(trusted) {
            let text = issuer.identifier.to_string();
            let asked = issuer.introspection.take();
            if let Some(asked) = &asked {
                let refresh = issuer.refresh.as_ref().unwrap_or(&self.refresh);
                asked.check(matches!(issuer.source, KeySource::Discovery), &refresh.plain_http)?;
            }
            let (keys, refresher) = self.prepare(issuer, asked.as_ref())?;
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
        let (new_refreshers, further) = NewRefreshers::channel();
        if !refreshers.is_empty() || worker.is_some() || self.resolver.is_some() {
            refresh_in_background(
                refreshers,
                worker,
                tls_from_machine(self.ca_file.as_deref())?,
                std::mem::take(&mut self.proxies),
                further,
                stopped,
            )?;
        }
        let resolved = self.resolver.take().map(|resolver| {
            let preparing = Self {
                refresh: self.refresh.clone(),
                clock: Arc::clone(&self.clock),
                token_file: self.token_file.clone(),
                dpop: self.dpop.clone(),
                ..Self::default()
            };
            let prepare = Box::new(move |issuer| preparing.prepare(issuer, None));
            ResolvedIssuers::new(resolver, prepare, new_refreshers, Arc::clone(&self.clock))
        });
        // Each issuer has its mode by now; this one is for challenges and metadata.
        self.dpop.mode = DpopMode::common(modes).unwrap_or_default();
        let cache = cache_within(self.cache);
        let replays = if self.dpop.is_on() { Some(self.replays()?) } else { None };
        let sender = SenderChecks { dpop: self.dpop, replays, counts: ProofCounters::default() };
        let clock = self.clock;
        let _running = running;
        let inner = Inner { issuers, cache, introspection, resolved, clock, sender, _running };
        Ok(Verifier(Arc::new(inner)))
    }

    fn replays(&self) -> Result<Replays, StartError> {
        #[cfg(feature = "redis")]
        if let Some(url) = &self.shared_memory {
            let clock = Arc::clone(&self.clock);
            return Ok(Replays::shared(RedisMemory::start(url, move || clock.monotonic())?));
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
        let audiences = match (self.audiences.is_empty(), &self.expected.client_ids) {
            (true, Some(_)) => Audiences::NONE,
            _ => Audiences::new(self.audiences.iter().cloned())?,
        };
        let expected = Expectations { issuer, audiences, ..self.expected.clone() };
        Ok(TrustedIssuer { identifier, source, expected, refresh: None, introspection: None })
    }

    fn prepare(
        &self,
        issuer: TrustedIssuer,
        introspection: Option<&IntrospectionSettings>,
    ) -> Result<(Arc<IssuerKeys>, Option<Refresher>), StartError> {
        let TrustedIssuer { identifier, source, mut expected, refresh, .. } = issuer;
        expected.dpop.get_or_insert(self.dpop.mode);
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
                "issuer {identifier}: its keys are fetched over plain http, so anyone who controls \
                 the network to it can forge its tokens"
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
    use std::time::Duration;

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
                "the issuer http://issuer.example/ is not https (http is accepted only for loopback \
                 hosts)",
            ),
            (
                builder().issuer(ISSUER).audience("api").fetch_timeout(Duration::ZERO),
                "no keys can be obtained without time, bytes and keys",
            ),
            (
                at("http://issuer.example/jwks"),
                "the key set address http://issuer.example/jwks is not https (http is accepted \
                 only for loopback hosts)",
            ),
        ];
        for (builder, text) in table {
            assert_eq!(fault(builder), text);
        }
    }
}
