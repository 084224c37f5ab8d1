//! Test fixture: issuers whose keys a test replaces, a clock that it sets, and two verifiers of both,
//! one with a cache and one without.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::verifier;
use crate::issuer::{Clock, HeldKeys, IssuerFault, IssuerKeys, KeyRefresh};
use crate::testing::ManualClock;
use crate::token::{
    Algorithm, Algorithms, Audiences, Expectations, InvalidToken, KeySet, Timestamp,
    VerificationKey,
};
use crate::verifier::cache::TokenCache;
use crate::verifier::pending::Pending;
use crate::verifier::{CacheLimits, Freshness, Verifier};

pub(super) const START: u64 = 1_700_000_000;
pub(super) const AUDIENCE: &str = "https://api.example";
pub(super) const ISSUERS: [&str; 2] = ["https://one.example/", "https://two.example/"];
/// How long keys are used that are not refreshed.
pub(super) const OLDEST_KEYS: u64 = 1000;

/// A key of the test: which secret, and under which `kid`.
pub(super) type Key = (u8, &'static str);

/// What a verifier said, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Good(String),
    Refused(InvalidToken),
    DoesNotKnowTheTime,
    /// It asks the issuer about the token.
    Asks,
    /// The issuer that it waits for, and the rejection unless that helps.
    Waits(String, Option<InvalidToken>),
}

pub(super) struct World {
    pub(super) cached: Verifier,
    pub(super) uncached: Verifier,
    issuers: Vec<Arc<IssuerKeys>>,
    clock: Arc<ManualClock>,
}

impl World {
    /// Two issuers without keys, and what is expected of their tokens.
    pub(super) fn new(limits: CacheLimits, change: impl Fn(&mut Expectations)) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(START)));
        let issuers = ISSUERS.map(|name| {
            let expected = expectations(name, &change);
            let identifier = name.parse().expect("an issuer");
            let refresh = KeyRefresh::default();
            Arc::new(IssuerKeys::to_be_fetched(identifier, expected, refresh, false))
        });
        let cached = verifier(&issuers, TokenCache::new(limits, [7; 16]), None, &clock);
        let uncached = verifier(&issuers, None, None, &clock);
        Self { cached, uncached, issuers: issuers.to_vec(), clock }
    }

    /// The usual world: the first issuer has one key.
    pub(super) fn usual() -> Self {
        let world = Self::new(CacheLimits::default(), |_| {});
        world.publish(0, &[(1, "a")]);
        world
    }

    /// The issuer publishes exactly these keys.
    pub(super) fn publish(&self, issuer: usize, keys: &[Key]) {
        self.publish_as(issuer, keys, ISSUERS[issuer]);
    }

    /// The same, and from now on the issuer writes its name like this.
    pub(super) fn publish_as(&self, issuer: usize, keys: &[Key], name: &str) {
        let issuer = &self.issuers[issuer];
        let now = self.clock.monotonic();
        let secret = |(seed, kid): &Key| {
            VerificationKey::from_secret(Algorithm::Hs256, &[*seed; 32])
                .expect("long enough")
                .with_id((!kid.is_empty()).then(|| (*kid).to_owned()))
        };
        let held = HeldKeys {
            keys: KeySet::new(keys.iter().map(secret).collect()),
            expected: Expectations { issuer: name.to_owned(), ..issuer.expected.clone() },
            skipped: Vec::new(),
            generation: 0,
            obtained_at: now,
            fresh_until: now.plus(Duration::from_secs(60)),
            usable_until: now.plus(Duration::from_secs(OLDEST_KEYS)),
        };
        issuer.start(now);
        issuer.succeed(held, true, now, now.plus(Duration::from_secs(60)));
    }

    /// The issuer cannot be reached.
    pub(super) fn fail(&self, issuer: usize) {
        let issuer = &self.issuers[issuer];
        let now = self.clock.monotonic();
        issuer.start(now);
        issuer.fail(IssuerFault::Interrupted, now, now);
    }

    /// The wall clock shows this many seconds after the start, or before it.
    pub(super) fn set_clock(&self, seconds: i64) {
        let wall = START.saturating_add_signed(seconds);
        self.clock.set_wall_clock(Timestamp::from_seconds(wall));
    }

    /// This many seconds pass, which the wall clock does not show.
    pub(super) fn pass(&self, seconds: u64) {
        let wall = self.clock.now();
        self.clock.advance(Duration::from_secs(seconds));
        self.clock.set_wall_clock(wall);
    }

    /// What the verifier with the cache says, after making sure that the other one says the same.
    pub(super) fn check(&self, token: &str) -> Said {
        let said = said(&self.cached, token);
        assert_eq!(said, self.check_uncached(token), "with and without a cache: {token}");
        said
    }

    pub(super) fn check_uncached(&self, token: &str) -> Said {
        said(&self.uncached, token)
    }

    /// How often a token was found in the cache, and how often not.
    pub(super) fn lookups(&self) -> (u64, u64) {
        let status = self.cached.cache_status().expect("a cache");
        (status.hits, status.misses)
    }
}

fn said(verifier: &Verifier, token: &str) -> Said {
    match verifier.check_for(token, Freshness::Cached) {
        Ok(Ok(token)) => Said::Good(token.claims_json().to_owned()),
        Ok(Err(refusal)) => Said::Refused(refusal),
        Err(Pending::Time) => Said::DoesNotKnowTheTime,
        Err(Pending::Introspection(_) | Pending::Issuer(_)) => Said::Asks,
        Err(Pending::Keys(keys)) => Said::Waits(keys.source.identifier.to_string(), None),
        Err(Pending::NewerKeys(sources, rejection)) => {
            let issuer = sources.first().expect("a source");
            Said::Waits(issuer.source.identifier.to_string(), Some(rejection))
        }
    }
}

fn expectations(issuer: &str, change: &impl Fn(&mut Expectations)) -> Expectations {
    let mut expected = Expectations::new(issuer, Audiences::new([AUDIENCE]).expect("one"));
    expected.algorithms = Algorithms::only([Algorithm::Hs256]);
    change(&mut expected);
    expected
}

/// A token with these claims, signed by this key.
pub(super) fn sign((seed, kid): Key, claims: &Value) -> String {
    let kid = if kid.is_empty() { String::new() } else { format!(r#","kid":"{kid}""#) };
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256"{kid}}}"#));
    let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[seed; 32]), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
