//! Model test of introspection and the verified-token cache: random sequences of requests, revocations,
//! outages, late answers, evictions and time, judged by what the issuer has said.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::introspection_world::{Request, Said, Tokens, World};
use crate::issuer::IntrospectionMode;
use crate::token::InvalidToken;
use crate::verifier::{CacheLimits, VerificationError};

/// Small enough that tokens push each other out, large enough that they do not, or none.
const LIMITS: [Option<CacheLimits>; 3] = [
    Some(CacheLimits { entries: 3, bytes: 1 << 20 }),
    Some(CacheLimits { entries: 1000, bytes: 1 << 20 }),
    None,
];

/// The tolerance for clocks, as it is by default.
const TOLERANCE: u64 = 5;
/// How long a call may take.
const DEADLINE: u64 = 2;
/// How long a rejection is remembered.
const REJECTED_FOR: u64 = 5;
/// The longest pause of the circuit breaker.
const LONGEST_PAUSE: u64 = 15;

const OPAQUE: usize = 6;
const JWTS: usize = 3;

#[derive(Debug, Clone)]
enum Event {
    /// A request with this token arrives, and needs a fresh answer or not.
    Present(usize, bool),
    Revoke(usize),
    /// Time passes, in seconds.
    Pass(u64),
    /// The wall clock is set forward or back, in seconds.
    Step(i64),
    /// The issuer stops answering, or answers again.
    Down(bool),
    /// Answers of the issuer are held back from now on.
    Hold,
    /// The tasks of the requests under way get no time until then.
    Sleep,
    /// The answers that are held back arrive, while tasks that sleep go on sleeping.
    Deliver,
    /// The answers that are held back arrive, perhaps the last one first, and all tasks go on.
    Release(bool),
    /// Requests with every token arrive, which push each other out of a small cache.
    All,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (0..=OPAQUE + JWTS, prop::bool::weighted(0.25)).prop_map(|(token, fresh)| Event::Present(token, fresh)),
        2 => (0..OPAQUE + JWTS).prop_map(Event::Revoke),
        4 => (0..12_u64).prop_map(Event::Pass),
        1 => (0..100_u64).prop_map(Event::Pass),
        1 => (-200..200_i64).prop_map(Event::Step),
        2 => any::<bool>().prop_map(Event::Down),
        2 => Just(Event::Hold),
        2 => Just(Event::Sleep),
        2 => Just(Event::Deliver),
        3 => any::<bool>().prop_map(Event::Release),
        1 => Just(Event::All),
    ]
}

struct Model {
    world: World,
    mode: IntrospectionMode,
    cache: u64,
    stale: u64,
}

impl Model {
    fn apply(&mut self, event: Event) {
        match event {
            Event::Present(token, fresh) => self.world.present(token, fresh),
            Event::Revoke(token) => self.world.revoked[token] = true,
            Event::Pass(seconds) => {
                if self.world.exceeds_deadline(seconds) {
                    self.world.release(false);
                    self.judge_all();
                }
                self.world.pass(seconds);
            }
            Event::Step(seconds) => {
                self.world.release(false);
                self.judge_all();
                self.world.step(seconds);
            }
            Event::Down(is_down) => self.world.is_down = is_down,
            Event::Hold => self.world.is_holding = true,
            Event::Sleep => self.world.sleep(),
            Event::Deliver => self.world.deliver(),
            Event::Release(reversed) => self.world.release(reversed),
            Event::All => (0..OPAQUE + JWTS).for_each(|token| self.world.present(token, false)),
        }
        self.judge_all();
    }

    fn judge_all(&mut self) {
        for (request, verdict) in self.world.settle() {
            match verdict {
                Ok(subject) => {
                    assert_eq!(subject, request.token.to_string(), "of another token");
                    self.judge_acceptance(&request);
                }
                Err(VerificationError::Rejected(reason)) => self.judge_rejection(&request, &reason),
                Err(VerificationError::IntrospectionUnavailable { .. }) => {
                    self.judge_outage(&request);
                }
                Err(other) => panic!("token {}: {other}", request.token),
            }
        }
    }

    /// What the issuer has said about the token of a request.
    fn said(&self, request: &Request) -> impl DoubleEndedIterator<Item = &Said> {
        let token = request.token;
        self.world.said.iter().filter(move |said| said.token == token)
    }

    fn judge_acceptance(&self, request: &Request) {
        let Request { token, fresh, order, at, wall, stale, .. } = request;
        let exp = self.world.tokens.expire_at[*token];
        let earliest = self.world.wall().min(*wall);
        assert!(earliest < exp + TOLERANCE, "token {token} is accepted after exp");
        let is_jwt = *token >= self.world.tokens.opaque;
        if is_jwt && !fresh && self.mode == IntrospectionMode::Opaque {
            return;
        }
        let active: Vec<_> = self.said(request).filter(|said| said.active == Some(true)).collect();
        let is_new = active.iter().any(|said| said.order > *order);
        if is_new {
            return;
        }
        assert!(!fresh, "token {token} is accepted without asking after the request came");
        let last = active.last().unwrap_or_else(|| panic!("token {token} was never active"));
        let mut inactive = self.said(request).filter(|said| said.active == Some(false));
        let is_outdated = inactive.any(|said| {
            said.order > last.order && said.arrived.is_some_and(|arrived| arrived < *order)
        });
        assert!(!is_outdated, "token {token} is accepted by an answer that a later one replaced");
        let is_cached = *at < last.at + self.cache;
        let is_shared = *at <= last.at + DEADLINE;
        if is_cached || is_shared {
            return;
        }
        assert!(*at < last.at + self.cache + self.stale, "token {token} is older than stale");
        assert!(self.world.stale_answers() > *stale, "a stale answer is used and not counted");
        assert!(self.is_excused(request), "token {token}: stale, and the issuer could be asked");
    }

    fn judge_rejection(&self, request: &Request, reason: &InvalidToken) {
        let Request { token, order, at, wall, .. } = request;
        let lately = |said: &&Said| said.order > *order || said.at + REJECTED_FOR + DEADLINE >= *at;
        match reason {
            InvalidToken::Inactive => {
                let known =
                    self.said(request).filter(lately).any(|said| said.active == Some(false));
                assert!(known, "token {token} is called inactive, which the issuer has not said");
            }
            InvalidToken::Expired { .. } => {
                let exp = self.world.tokens.expire_at[*token];
                let was = self.said(request).filter(lately).any(|said| said.wall + DEADLINE >= exp);
                let is = self.world.wall().max(*wall) >= exp;
                assert!(was || is, "token {token} is called expired at {wall}, exp {exp}");
            }
            other => panic!("token {token}: {other}"),
        }
    }

    fn judge_outage(&self, request: &Request) {
        assert!(self.is_excused(request), "token {}: 503 without an outage", request.token);
    }

    /// Whether a call failed after the request came or lately, so that calls pause, or one is under way
    /// that decides whether they go on.
    fn is_excused(&self, request: &Request) -> bool {
        let failed = self.world.said.iter().rfind(|said| said.active.is_none());
        let is_probing = request.calls > 0
            || self.world.said.last().is_some_and(|said| said.order > request.order);
        failed.is_some_and(|said| {
            said.order > request.order
                || said.at + LONGEST_PAUSE + DEADLINE >= request.at
                || is_probing
        })
    }
}

proptest! {
    #[test]
    fn no_verdict_is_older_than_the_settings_allow(
        limits in select(&LIMITS[..]), events in vec(event(), 1..100),
        opaque in vec(20..400_u64, OPAQUE), jwts in vec(20..400_u64, JWTS),
        mode in select(&[IntrospectionMode::Opaque, IntrospectionMode::Always][..]),
        cache in select(&[0, 5, 30][..]), stale in select(&[0, 20][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let _entered = runtime.enter();
        let world = World::new(limits, Tokens::new(&opaque, &jwts), mode, cache, stale);
        let mut model = Model { world, mode, cache, stale };
        events.into_iter().for_each(|event| model.apply(event));
    }
}

fn judge(events: impl IntoIterator<Item = Event>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let tokens = Tokens::new(&[300; OPAQUE], &[300; JWTS]);
    let (mode, cache, stale) = (IntrospectionMode::Always, 30, 0);
    let world = World::new(LIMITS[1], tokens, mode, cache, stale);
    let mut model = Model { world, mode, cache, stale };
    events.into_iter().for_each(|event| model.apply(event));
}

#[test]
fn an_answer_counts_once_the_task_that_asked_has_it() {
    for token in [0, OPAQUE] {
        judge([
            Event::Present(token, false),
            Event::Revoke(token),
            Event::Hold,
            Event::Present(token, true),
            Event::Sleep,
            Event::Deliver,
            Event::Present(token, false),
            Event::Release(false),
            Event::Present(token, false),
        ]);
    }
}

#[test]
fn a_task_that_was_late_does_not_bring_back_a_token_that_was_rejected_meanwhile() {
    for token in [0, OPAQUE] {
        judge([
            Event::Hold,
            Event::Present(token, false),
            Event::Sleep,
            Event::Deliver,
            Event::Revoke(token),
            Event::Present(token, true),
            Event::Release(false),
            Event::Present(token, false),
            Event::Pass(6),
            Event::Present(token, false),
        ]);
    }
}
