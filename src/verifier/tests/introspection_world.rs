//! Test fixture: a verifier with introspection, and an issuer whose answers a test holds back.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::json;

use super::verifier;
use super::world::{AUDIENCE, ISSUERS, START, sign};
use crate::issuer::{
    Answer, Clock, Introspection as Settings, IntrospectionClient, IntrospectionFault,
    IntrospectionMode, IntrospectionWorker, Introspector, IssuerFault, IssuerKeys, TestCall,
};
use crate::testing::ManualClock;
use crate::token::{
    Algorithm, Algorithms, Audiences, Expectations, KeySet, MonotonicTime, Timestamp,
    VerificationKey,
};
use crate::verifier::cache::TokenCache;
use crate::verifier::introspection::Introspection;
use crate::verifier::{CacheLimits, VerificationError, Verifier};

const ISSUER: &str = ISSUERS[0];

/// What the issuer said about a token, and when.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// Its place in the order of all events.
    pub(super) order: u64,
    pub(super) at: u64,
    pub(super) wall: u64,
    pub(super) token: usize,
    /// None if it did not answer.
    pub(super) active: Option<bool>,
    /// When a request had the answer, in the order of all events.
    pub(super) arrived: Option<u64>,
}

/// A request and the state of the world when it arrived.
pub(super) struct Request {
    pub(super) token: usize,
    pub(super) fresh: bool,
    pub(super) order: u64,
    pub(super) at: u64,
    pub(super) wall: u64,
    /// How many stale answers were used before.
    pub(super) stale: u64,
    /// How many answers were held back.
    pub(super) calls: usize,
    /// Whether it is not polled.
    sleeps: bool,
    verdict: Pin<Box<dyn Future<Output = Result<String, VerificationError>>>>,
}

/// The tokens: opaque ones and JWTs, each with its number as the subject, and when they expire.
pub(super) struct Tokens {
    pub(super) texts: Vec<String>,
    pub(super) expire_at: Vec<u64>,
    pub(super) opaque: usize,
}

pub(super) struct World {
    pub(super) verifier: Verifier,
    pub(super) tokens: Tokens,
    pub(super) said: Vec<Said>,
    pub(super) revoked: Vec<bool>,
    pub(super) is_down: bool,
    pub(super) is_holding: bool,
    worker: IntrospectionWorker,
    /// Calls under way, with the places of their answers.
    held: Vec<(TestCall, usize)>,
    held_since: Option<u64>,
    /// The places of answers for requests that are not polled.
    late: Vec<usize>,
    requests: Vec<Request>,
    clock: Arc<ManualClock>,
    order: u64,
}

impl Tokens {
    /// Opaque tokens and JWTs that expire so many seconds after the start.
    pub(super) fn new(opaque: &[u64], jwts: &[u64]) -> Self {
        let expire_at: Vec<_> = opaque.iter().chain(jwts).map(|seconds| START + seconds).collect();
        let texts = expire_at.iter().enumerate().map(|(number, exp)| match number < opaque.len() {
            true => format!("opaque_{number}"),
            false => sign(
                (1, "a"),
                &json!({"iss": ISSUER, "aud": AUDIENCE, "exp": exp, "sub": number.to_string()}),
            ),
        });
        Self { texts: texts.collect(), opaque: opaque.len(), expire_at }
    }
}

impl World {
    /// Must be called within a Tokio runtime.
    pub(super) fn new(
        limits: Option<CacheLimits>,
        tokens: Tokens,
        mode: IntrospectionMode,
        cache: u64,
        stale: u64,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(START - 1000)));
        clock.advance(Duration::from_secs(1000));
        let audiences = Audiences::new([AUDIENCE]).expect("an audience");
        let mut expected = Expectations::new(ISSUER, audiences);
        expected.algorithms = Algorithms::only([Algorithm::Hs256]);
        let key = VerificationKey::from_secret(Algorithm::Hs256, &[1; 32]).expect("long enough");
        let keys = KeySet::new(vec![key.with_id(Some("a".to_owned()))]);
        let mut settings = Settings::new(IntrospectionClient::with_secret("api", "secret"));
        settings.mode = mode;
        settings.endpoint = Some("https://one.example/introspect".parse().expect("a URL"));
        settings.cache = Duration::from_secs(cache);
        settings.stale = Duration::from_secs(stale);
        settings.rate = 100_000;
        let identifier = ISSUER.parse().expect("an issuer");
        let keys = IssuerKeys::fixed(identifier, keys, expected, clock.monotonic());
        let keys = Arc::new(keys.with_introspection(Some(&settings)));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let (handle, worker) = Introspector::new(Arc::clone(&keys), settings, shared);
        let cache = limits.and_then(|limits| TokenCache::new(limits, [7; 16]));
        let introspection = Introspection::new(0, Arc::clone(&keys), handle);
        let verifier = verifier(&[keys], cache, introspection, &clock);
        let revoked = vec![false; tokens.texts.len()];
        Self {
            verifier,
            tokens,
            said: Vec::new(),
            revoked,
            is_down: false,
            is_holding: false,
            worker,
            held: Vec::new(),
            held_since: None,
            late: Vec::new(),
            requests: Vec::new(),
            clock,
            order: 0,
        }
    }

    /// A request arrives with this token. The index of one past the last is that of an unknown token.
    pub(super) fn present(&mut self, token: usize, fresh: bool) {
        let text = self.tokens.texts.get(token).cloned().unwrap_or_else(|| "unknown".to_owned());
        let verifier = self.verifier.clone();
        let verdict = async move {
            let verified = match fresh {
                true => verifier.verify_fresh(&text).await?,
                false => verifier.verify(&text).await?,
            };
            Ok(verified.claims().subject.clone().unwrap_or_default())
        };
        let (order, at, wall) = (self.next(), self.now(), self.wall());
        let (stale, verdict) = (self.stale_answers(), Box::pin(verdict));
        let calls = self.held.len();
        let sleeps = false;
        self.requests.push(Request {
            token,
            fresh,
            order,
            at,
            wall,
            stale,
            calls,
            sleeps,
            verdict,
        });
    }

    /// Lets calls and requests go on as far as they can; returns the requests that ended.
    pub(super) fn settle(&mut self) -> Vec<(Request, Result<String, VerificationError>)> {
        let mut ended = Vec::new();
        loop {
            let mut is_quiet = true;
            for mut request in std::mem::take(&mut self.requests) {
                if request.sleeps {
                    self.requests.push(request);
                    continue;
                }
                match request.verdict.as_mut().now_or_never() {
                    Some(verdict) => {
                        is_quiet = false;
                        ended.push((request, verdict));
                    }
                    None => self.requests.push(request),
                }
            }
            while let Some(call) = self.worker.next_call() {
                is_quiet = false;
                self.answer(call);
            }
            if is_quiet {
                return ended;
            }
        }
    }

    /// The issuer judges the token now; the answer may arrive later.
    fn answer(&mut self, call: TestCall) {
        let unknown = self.tokens.texts.len();
        let place = self.tokens.texts.iter().position(|text| *text == call.token);
        let token = place.unwrap_or(unknown);
        let is_active = place.is_some_and(|place| {
            // The issuer's clock is right.
            let now = START + self.now() - 1000;
            !self.revoked[place] && now < self.tokens.expire_at[place]
        });
        let active = (!self.is_down).then_some(is_active);
        let (order, at, wall) = (self.next(), self.now(), self.wall());
        let place = self.said.len();
        self.said.push(Said { order, at, wall, token, active, arrived: None });
        if self.is_holding {
            self.held_since.get_or_insert(at);
            self.held.push((call, place));
        } else {
            self.end(&call, place);
        }
    }

    fn end(&mut self, call: &TestCall, place: usize) {
        let arrived = self.next();
        let said = &mut self.said[place];
        let (token, order) = (said.token, said.order);
        let gets_it = |request: &Request| {
            let has_joined = !request.fresh || request.order < order;
            request.token == token && has_joined && !request.sleeps
        };
        if self.requests.iter().any(gets_it) {
            said.arrived = Some(arrived);
        } else {
            self.late.push(place);
        }
        let result = match said.active {
            Some(true) => Ok(Answer::Active(
                json!({"active": true, "aud": AUDIENCE, "sub": token.to_string(),
                    "exp": self.tokens.expire_at[token]})
                .to_string(),
            )),
            Some(false) => Ok(Answer::Inactive),
            None => Err(IntrospectionFault::Http(IssuerFault::Interrupted)),
        };
        self.worker.end_call(call, result);
    }

    /// The tasks of the requests under way get no time until the next [`release`](Self::release).
    pub(super) fn sleep(&mut self) {
        self.held_since = self.held_since.or_else(|| {
            let is_waiting = !self.requests.is_empty();
            is_waiting.then(|| self.now())
        });
        self.requests.iter_mut().for_each(|request| request.sleeps = true);
    }

    /// The answers that are held back arrive, the last one first if `reversed`, and all tasks go on.
    pub(super) fn release(&mut self, reversed: bool) {
        self.requests.iter_mut().for_each(|request| request.sleeps = false);
        (self.is_holding, self.held_since) = (false, None);
        for place in std::mem::take(&mut self.late) {
            self.said[place].arrived = Some(self.next());
        }
        let mut held = std::mem::take(&mut self.held);
        if reversed {
            held.reverse();
        }
        held.iter().for_each(|(call, place)| self.end(call, *place));
    }

    /// Lets the answers that are held back arrive, while tasks that sleep go on sleeping.
    pub(super) fn deliver(&mut self) {
        self.is_holding = false;
        let held = std::mem::take(&mut self.held);
        held.iter().for_each(|(call, place)| self.end(call, *place));
    }

    /// Whether answers have been held back for longer than a call may take, once so many seconds pass.
    pub(super) fn exceeds_deadline(&self, seconds: u64) -> bool {
        self.held_since.is_some_and(|since| self.now() + seconds > since + 2)
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Steps the wall clock.
    pub(super) fn step(&self, seconds: i64) {
        let wall = self.wall().saturating_add_signed(seconds);
        self.clock.set_wall_clock(Timestamp::from_seconds(wall));
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.monotonic().since(MonotonicTime::default()).as_secs()
    }

    pub(super) fn wall(&self) -> u64 {
        self.clock.now().milliseconds() / 1000
    }

    pub(super) fn stale_answers(&self) -> u64 {
        self.verifier.introspection_status().expect("introspection").2.stale
    }

    fn next(&mut self) -> u64 {
        self.order += 1;
        self.order
    }
}
