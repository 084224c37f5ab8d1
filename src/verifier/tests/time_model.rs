//! Model test of keys and time: random clock steps, rotations, outages, floods and requests, compared
//! with a simple reference.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::simulation::{KeyNumber, Simulation};
use crate::issuer::KeyRefresh;
use crate::token::MonotonicTime;
use crate::verifier::VerificationError;

#[derive(Debug, Clone)]
enum Event {
    /// Time passes, in seconds.
    Pass(u64),
    /// The wall clock is set forward or back, in seconds.
    Step(i64),
    /// The issuer adds a key; without names it replaces the only one.
    Rotate,
    /// The issuer withdraws its oldest key, unless that is the only one.
    Withdraw,
    /// The key set moves to another address; the old one keeps answering the old set.
    Move,
    /// The issuer becomes unreachable, or reachable.
    Reachable(bool),
    /// For so many seconds, a token with an unknown key arrives every second.
    Flood(u64),
    /// A token arrives, signed by the newest key but so many.
    Request(usize),
    /// An expired token arrives.
    Expired,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..40_u64).prop_map(Event::Pass),
        2 => (0..4000_u64).prop_map(Event::Pass),
        3 => (-100_000..100_000_i64).prop_map(Event::Step),
        3 => Just(Event::Rotate),
        3 => Just(Event::Withdraw),
        1 => Just(Event::Move),
        2 => any::<bool>().prop_map(Event::Reachable),
        1 => (0..40_u64).prop_map(Event::Flood),
        8 => (0..3_usize).prop_map(Event::Request),
        1 => Just(Event::Expired),
    ]
}

/// The reference: who published what, and when.
struct Reference {
    world: Simulation,
    newest: KeyNumber,
    withdrawn_at: HashMap<KeyNumber, MonotonicTime>,
    has_moved: bool,
    /// Since when the issuer has been reachable without a break; none while it is not.
    reachable_since: Option<MonotonicTime>,
    /// When attempts were counted, and how many there were.
    attempts: Vec<(MonotonicTime, u64)>,
}

const LONG_STEP: Duration = Duration::from_secs(15);

impl Reference {
    async fn start(named: bool) -> Self {
        let world = Simulation::start(named, true);
        world.settle().await;
        let reachable_since = Some(world.monotonic());
        let (withdrawn_at, attempts) = (HashMap::new(), Vec::new());
        Self { world, newest: 0, withdrawn_at, has_moved: false, reachable_since, attempts }
    }

    async fn apply(&mut self, event: Event) {
        match event {
            Event::Pass(seconds) => {
                let step = if seconds < 60 { Duration::from_secs(1) } else { LONG_STEP };
                self.world.pass(Duration::from_secs(seconds), step).await;
            }
            Event::Step(seconds) => {
                let before = self.world.issuer.state().requests;
                self.world.step(seconds);
                self.world.settle().await;
                assert_eq!(self.world.issuer.state().requests, before, "no time passed");
            }
            Event::Rotate => {
                self.newest += 1;
                let named = self.world.issuer.state().named;
                if !named {
                    self.withdraw_oldest();
                }
                self.world.issuer.state().published().push(self.newest);
            }
            Event::Withdraw => {
                if self.world.issuer.state().published().len() > 1 {
                    self.withdraw_oldest();
                }
            }
            Event::Move => {
                let mut state = self.world.issuer.state();
                let set = state.published().clone();
                state.address = 1 - state.address;
                *state.published() = set;
                self.has_moved = true;
            }
            Event::Reachable(reachable) => {
                self.world.issuer.state().reachable = reachable;
                let since = self.reachable_since.unwrap_or(self.world.monotonic());
                self.reachable_since = reachable.then_some(since);
            }
            Event::Flood(seconds) => {
                for second in 0..seconds {
                    let kid = self.world.issuer.state().named.then(|| format!("junk-{second}"));
                    let junk = self.world.token_with(200, kid.as_deref(), 3600);
                    assert!(self.world.verify(&junk).await.is_err());
                    self.world.pass_seconds(1).await;
                    self.count_attempts();
                }
            }
            Event::Request(age) => self.request(age).await,
            Event::Expired => {
                let expired = self.world.token_with(self.newest, Some("key-0"), -100);
                let verdict = self.world.verify(&expired).await;
                assert!(matches!(verdict, Err(VerificationError::Rejected(_))), "{verdict:?}");
            }
        }
        self.count_attempts();
    }

    fn withdraw_oldest(&mut self) {
        let key = self.world.issuer.state().published().remove(0);
        self.withdrawn_at.insert(key, self.world.monotonic());
    }

    async fn request(&mut self, age: usize) {
        let age = KeyNumber::try_from(age).unwrap_or_default();
        let key = self.newest.saturating_sub(age);
        let verdict = self.world.verify(&self.world.token(key)).await;
        let withdrawn_at = self.withdrawn_at.get(&key).copied();
        match (verdict, withdrawn_at) {
            (Ok(()), None) => {}
            (Ok(()), Some(withdrawn_at)) => self.check_lifetime(withdrawn_at),
            (Err(VerificationError::KeysUnavailable { .. }), _) => self.check_recovery(key).await,
            (Err(VerificationError::Rejected(_)), Some(_)) => {}
            (Err(fault), _) => panic!("a good token of key {key}: {fault}"),
        }
    }

    /// A withdrawn key is gone at the next refresh, or when the keys are too old.
    fn check_lifetime(&self, withdrawn_at: MonotonicTime) {
        let refresh = KeyRefresh::default();
        let late = LONG_STEP + Duration::from_secs(5);
        let since = self.world.monotonic().since(withdrawn_at);
        let always_reachable = self.reachable_since.is_some_and(|since| since <= withdrawn_at);
        // Refreshed after four fifths of the lifetime, a failure just before the withdrawal may add
        // a wait. In an outage the keys of the last fetch last until they are too old.
        let in_use = if always_reachable { refresh.default_lifetime } else { refresh.max_key_age };
        // A set that has moved may be found only when the metadata is read again; until then each
        // fetch of the old address brings the withdrawn key.
        let found = if self.has_moved { refresh.metadata_lifetime } else { Duration::ZERO };
        let most = found + in_use;
        assert!(since <= most + late, "a withdrawn key was accepted for {since:?}");
    }

    /// What is undecided is decided soon, if the issuer can be reached: the longest wait after a
    /// failure is past, and the longest gap passes.
    async fn check_recovery(&mut self, key: KeyNumber) {
        let reachable = self.reachable_since.map(|since| self.world.monotonic().since(since));
        if reachable.is_none_or(|time| time < Duration::from_secs(20)) {
            return;
        }
        for _ in 0..18 {
            self.world.pass_seconds(1).await;
            self.count_attempts();
            let verdict = self.world.verify(&self.world.token(key)).await;
            let withdrawn = self.withdrawn_at.contains_key(&key);
            match verdict {
                Ok(()) => return,
                Err(VerificationError::Rejected(_)) if withdrawn => return,
                Err(VerificationError::KeysUnavailable { .. }) => {}
                Err(fault) => panic!("a good token of key {key}: {fault}"),
            }
        }
        panic!("key {key} is undecided for too long");
    }

    fn count_attempts(&mut self) {
        let attempts = self.world.verifier.issuers()[0].attempts;
        self.attempts.push((self.world.monotonic(), attempts));
        let minute_ago = |(time, _): &&(MonotonicTime, u64)| {
            self.world.monotonic().since(*time) <= Duration::from_secs(60)
        };
        let before = self.attempts.iter().find(minute_ago).map_or(0, |(_, attempts)| *attempts);
        assert!(attempts - before <= 20, "{} attempts in a minute", attempts - before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_clock_flood_outage_or_move_keeps_a_bad_key_or_rejects_a_good_token(
        named in prop::bool::weighted(0.8), events in vec(event(), 1..40),
    ) {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut reference = Reference::start(named).await;
            for event in events {
                reference.apply(event).await;
            }
        });
    }
}
