//! A verifier, its refresher and a simulated issuer on one thread, under a clock that a test moves.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::verifier;
use crate::issuer::{
    Clock, Condition, Content, Fetch, Head, IssuerFault, IssuerKeys, KeyFetch, KeyRefresh,
    Refresher, Response, supervise,
};
use crate::testing::{ManualClock, SigningKey, TokenMaker};
use crate::token::{Algorithm, Audiences, Expectations, MonotonicTime, Timestamp};
use crate::verifier::{CacheLimits, TokenCache, VerificationError, Verifier};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";
const START: u64 = 1_800_000_000;

/// A key of the simulated issuer, by its number.
pub(super) type KeyNumber = u8;

/// A simulated issuer that may move its key set between two addresses.
#[derive(Clone)]
pub(super) struct SimulatedIssuer(Arc<Mutex<State>>);

pub(super) struct State {
    /// Whether keys have a `kid`.
    pub(super) named: bool,
    /// Which address the metadata names.
    pub(super) address: usize,
    /// The set at each address.
    pub(super) sets: [Vec<KeyNumber>; 2],
    pub(super) reachable: bool,
    pub(super) metadata_reachable: bool,
    /// The number of requests for metadata, and for key sets.
    pub(super) requests: (u64, u64),
    /// The requests that demanded a current document.
    pub(super) current: u64,
    /// The number of requests that panic from now on.
    pub(super) panics: u64,
}

impl SimulatedIssuer {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while it is held")
    }
}

impl State {
    pub(super) fn published(&mut self) -> &mut Vec<KeyNumber> {
        &mut self.sets[self.address]
    }

    fn document(&self, address: &Url) -> Option<Value> {
        if address.path().starts_with("/.well-known/") {
            let jwks_uri = format!("{ISSUER}/keys/{}", self.address);
            return self
                .metadata_reachable
                .then(|| json!({"issuer": ISSUER, "jwks_uri": jwks_uri}));
        }
        let set = &self.sets[usize::from(address.path().ends_with('1'))];
        let keys: Vec<Value> = set.iter().map(|number| public_jwk(*number, self.named)).collect();
        Some(json!({ "keys": keys }))
    }
}

impl Fetch for SimulatedIssuer {
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        let is_metadata = address.path().starts_with("/.well-known/");
        state.requests.0 += u64::from(is_metadata);
        state.requests.1 += u64::from(!is_metadata);
        state.current += u64::from(condition.current);
        if state.panics > 0 {
            state.panics -= 1;
            drop(state);
            panic!("as the test wants it");
        }
        let document = state.reachable.then(|| state.document(address)).flatten();
        let unreachable = || IssuerFault::Unreachable {
            address: address.to_string(),
            reason: "simulated".to_owned(),
        };
        let content = Content::Document(document.ok_or_else(unreachable)?.to_string().into_bytes());
        Ok(Response { content, head: Head::default() })
    }
}

pub(super) struct Simulation {
    pub(super) issuer: SimulatedIssuer,
    pub(super) verifier: Verifier,
    clock: Arc<ManualClock>,
}

impl Simulation {
    /// An issuer with one key, number 0, and a verifier that refreshes its keys. It must be made
    /// within an Actix runtime.
    pub(super) fn start(named: bool, cache: bool) -> Self {
        Self::start_with(named, cache, KeyRefresh::default())
    }

    pub(super) fn start_with(named: bool, cache: bool, refresh: KeyRefresh) -> Self {
        let state = State {
            named,
            address: 0,
            sets: [vec![0], vec![]],
            reachable: true,
            metadata_reachable: true,
            requests: (0, 0),
            current: 0,
            panics: 0,
        };
        let issuer = SimulatedIssuer(Arc::new(Mutex::new(state)));
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(START)));
        let audiences = Audiences::new([AUDIENCE]).expect("an audience");
        let keys = Arc::new(IssuerKeys::to_be_fetched(
            ISSUER.parse().expect("an issuer"),
            Expectations::new(ISSUER, audiences),
            refresh,
            true,
        ));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let fetch = KeyFetch::new(Arc::clone(&keys), None, shared);
        actix_rt::spawn(supervise(Refresher::new(fetch), issuer.clone()));
        let cache = cache.then(|| TokenCache::new(CacheLimits::default(), [7; 16])).flatten();
        let verifier = verifier(&[keys], cache, None, &clock);
        Self { issuer, verifier, clock }
    }

    /// Lets every task run until it waits for the clock.
    pub(super) async fn settle(&self) {
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass.
    pub(super) async fn pass(&self, time: Duration, step: Duration) {
        let mut left = time;
        while !left.is_zero() {
            let now = left.min(step);
            left -= now;
            self.clock.advance(now);
            self.settle().await;
        }
    }

    pub(super) async fn pass_seconds(&self, seconds: u64) {
        self.pass(Duration::from_secs(seconds), Duration::from_secs(1)).await;
    }

    /// Steps the wall clock.
    pub(super) fn step(&self, seconds: i64) {
        let wall = self.wall_seconds().saturating_add_signed(seconds);
        self.clock.set_wall_clock(Timestamp::from_seconds(wall));
    }

    pub(super) fn monotonic(&self) -> MonotonicTime {
        self.clock.monotonic()
    }

    fn wall_seconds(&self) -> u64 {
        self.clock.now().milliseconds() / 1000
    }

    /// Verifies a token, letting up to three seconds pass meanwhile.
    pub(super) async fn verify(&self, token: &str) -> Result<(), VerificationError> {
        let mut verdict = pin!(self.verifier.verify(token));
        for _ in 0..12 {
            let polled = std::future::poll_fn(|context| {
                Poll::Ready(match verdict.as_mut().poll(context) {
                    Poll::Ready(verdict) => Some(verdict),
                    Poll::Pending => None,
                })
            });
            if let Some(verdict) = polled.await {
                return verdict.map(drop);
            }
            self.settle().await;
            self.pass(Duration::from_millis(250), Duration::from_millis(250)).await;
        }
        panic!("no verdict after three seconds");
    }

    /// A token signed by this key, good for an hour by the wall clock from now.
    pub(super) fn token(&self, key: KeyNumber) -> String {
        let named = self.issuer.state().named;
        self.token_with(key, named.then(|| kid(key)).as_deref(), 3600)
    }

    /// A token signed by this key, under this name.
    pub(super) fn token_with(&self, key: KeyNumber, kid: Option<&str>, lifetime: i64) -> String {
        let now = i64::try_from(self.wall_seconds()).expect("a time of the test");
        let token = TokenMaker::new(ISSUER, &signing_key(key)).audience(AUDIENCE).at(now);
        let token = token.expires_in(lifetime).without_claim("iat");
        match kid {
            Some(kid) => token.header("kid", kid).encode(),
            None => token.without_header("kid").encode(),
        }
    }
}

pub(super) fn kid(key: KeyNumber) -> String {
    format!("key-{key}")
}

fn signing_key(key: KeyNumber) -> SigningKey {
    static KEYS: [OnceLock<SigningKey>; 256] = [const { OnceLock::new() }; 256];
    let generated = || SigningKey::generate(Algorithm::EdDsa).with_id(kid(key));
    KEYS[usize::from(key)].get_or_init(generated).clone()
}

fn public_jwk(key: KeyNumber, named: bool) -> Value {
    let mut jwk = signing_key(key).public_jwk();
    if !named {
        jwk.as_object_mut().expect("a JWK").remove("kid");
    }
    jwk
}
