//! Model test of the cache: random sequences of events, compared with a verifier without one.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::world::{AUDIENCE, ISSUERS, Key, OLDEST_KEYS, START, World, sign};
use crate::verifier::CacheLimits;

/// What tokens are signed with, and under which name.
const KEYS: [Key; 4] = [(1, "a"), (2, "a"), (2, "b"), (1, "")];

/// Few sets of few keys, so that each is seen again, as it was or with another key of the name.
const KEY_SETS: [&[Key]; 6] =
    [&[(1, "a")], &[(2, "a")], &[(1, "a"), (2, "b")], &[(1, "")], &[(1, ""), (2, "")], &[]];

/// Small enough that tokens push each other out, or large enough that they do not.
const LIMITS: [CacheLimits; 2] =
    [CacheLimits { entries: 3, bytes: 1 << 20 }, CacheLimits { entries: 1000, bytes: 1 << 20 }];

#[derive(Debug, Clone)]
enum Event {
    /// A token arrives; the one with this number, modulo their count.
    Token(usize),
    /// The wall clock is set, forwards or back.
    Clock(i64),
    /// Time passes, which the wall clock does not show.
    Passing(u64),
    /// An issuer publishes these keys.
    Keys(usize, &'static [Key]),
    /// An issuer publishes its keys again, and writes its name with a slash or without.
    Name(usize, bool),
    /// An issuer cannot be reached.
    Outage(usize),
}

prop_compose! {
    fn token()(
        key in select(&KEYS[..]), issuer in 0..ISSUERS.len(), audience in select(&[AUDIENCE, "x"][..]),
        expires_in in 0..300_u64, starts_in in 0..20_u64, subject in "[ab]", slash in prop::bool::weighted(0.9),
    ) -> String {
        let name = if slash { ISSUERS[issuer] } else { ISSUERS[issuer].trim_end_matches('/') };
        sign(key, &json!({
            "iss": name, "aud": audience, "sub": subject, "exp": START + expires_in,
            "nbf": START + starts_in, "iat": START + starts_in,
        }))
    }
}

/// One of the tokens with one character changed, as often as not: it must not pass as the other.
fn tokens() -> impl Strategy<Value = Vec<String>> {
    let changed = (token(), any::<prop::sample::Index>(), "[A-Za-z0-9_-]").prop_map(
        |(mut token, place, character)| {
            let place = place.index(token.len());
            token.replace_range(place..=place, &character);
            token
        },
    );
    (vec(token(), 1..6), vec(changed, 0..2)).prop_map(|(good, changed)| [good, changed].concat())
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (0..8_usize).prop_map(Event::Token),
        3 => (-50..350_i64).prop_map(Event::Clock),
        1 => (-2_000_000..2_000_000_i64).prop_map(Event::Clock),
        1 => (0..OLDEST_KEYS + 100).prop_map(Event::Passing),
        3 => (0..ISSUERS.len(), select(&KEY_SETS[..]))
            .prop_map(|(issuer, keys)| Event::Keys(issuer, keys)),
        2 => (0..ISSUERS.len(), any::<bool>())
            .prop_map(|(issuer, slash)| Event::Name(issuer, slash)),
        1 => (0..ISSUERS.len()).prop_map(Event::Outage),
    ]
}

proptest! {
    #[test]
    fn a_cache_changes_no_verdict(
        limits in select(&LIMITS[..]), tokens in tokens(), events in vec(event(), 1..80),
        oldest in select(&[None, Some(40)][..]),
    ) {
        let oldest = oldest.map(std::time::Duration::from_secs);
        let world = World::new(limits, |expected| expected.max_token_age = oldest);
        let mut published = [KEY_SETS[0]; ISSUERS.len()];
        world.publish(0, published[0]);
        for event in events {
            match event {
                // It compares the two verifiers.
                Event::Token(number) => drop(world.check(&tokens[number % tokens.len()])),
                Event::Clock(seconds) => world.set_clock(seconds),
                Event::Passing(seconds) => world.pass(seconds),
                Event::Outage(issuer) => world.fail(issuer),
                Event::Keys(issuer, keys) => {
                    published[issuer] = keys;
                    world.publish(issuer, keys);
                }
                Event::Name(issuer, slash) => {
                    let name = ISSUERS[issuer];
                    let name = if slash { name } else { name.trim_end_matches('/') };
                    world.publish_as(issuer, published[issuer], name);
                }
            }
        }
    }
}
