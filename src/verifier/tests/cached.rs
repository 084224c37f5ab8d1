//! Table tests of the cache. `World::check` compares every verdict with that of a verifier without one.

use std::sync::Barrier;
use std::thread;

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::world::{AUDIENCE, ISSUERS, Key, OLDEST_KEYS, START, Said, World, sign};
use crate::token::{InvalidToken, Printable};
use crate::verifier::{CacheLimits, Freshness};

const A: Key = (1, "a");
const B: Key = (2, "b");

fn claims() -> Value {
    json!({"iss": ISSUERS[0], "aud": AUDIENCE, "exp": START + 100, "nbf": START, "sub": "someone"})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn is_good(said: &Said) -> bool {
    matches!(said, Said::Good(_))
}

/// The verdict on a token that the cache knows already.
#[track_caller]
fn known(world: &World, key: Key, claims: &Value) -> String {
    let token = sign(key, claims);
    assert!(is_good(&world.check(&token)), "{claims}");
    let (hits, misses) = world.lookups();
    assert!(is_good(&world.check(&token)), "{claims}");
    assert_eq!(world.lookups(), (hits + 1, misses), "found: {claims}");
    token
}

#[test]
fn a_token_that_expires_in_the_cache_is_expired() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    for (seconds, verdict) in [
        (104, None),
        (105, Some(InvalidToken::Expired { seconds: 5 })),
        (500, Some(InvalidToken::Expired { seconds: 400 })),
        (50, None),
    ] {
        world.set_clock(seconds);
        let said = world.check(&token);
        let refused = verdict.map(Said::Refused);
        assert_eq!(Some(said).filter(|said| !is_good(said)), refused, "{seconds} seconds");
    }
    assert_eq!(world.lookups().1, 1, "it was found every time but the first");
}

#[test]
fn a_clock_that_steps_back_makes_known_tokens_too_young() {
    let world = World::usual();
    let not_before = known(&world, A, &claims());
    let issued_at = known(&world, A, &with("iat", START));
    world.set_clock(-6);
    assert_eq!(world.check(&not_before), Said::Refused(InvalidToken::NotYetValid { seconds: 6 }));
    assert_eq!(world.check(&issued_at), Said::Refused(InvalidToken::NotYetValid { seconds: 6 }));
    let mut only_issued = with("iat", START);
    only_issued.as_object_mut().expect("an object").remove("nbf");
    world.set_clock(0);
    let issued_at = known(&world, A, &only_issued);
    world.set_clock(-300);
    assert!(is_good(&world.check(&issued_at)));
    world.set_clock(-301);
    let refusal = InvalidToken::IssuedInTheFuture { seconds: 301 };
    assert_eq!(world.check(&issued_at), Said::Refused(refusal));
}

#[test]
fn a_token_that_grows_too_old_in_the_cache_is_too_old() {
    let age = std::time::Duration::from_secs(30);
    let world = World::new(CacheLimits::default(), |expected| expected.max_token_age = Some(age));
    world.publish(0, &[A]);
    let token = known(&world, A, &with("iat", START));
    world.set_clock(35);
    assert_eq!(world.check(&token), Said::Refused(InvalidToken::TooOld { seconds: 35 }));
}

#[test]
fn a_key_that_is_withdrawn_takes_its_tokens_along_and_no_others() {
    let world = World::usual();
    world.publish(0, &[A, B]);
    let by_a = known(&world, A, &claims());
    let by_b = known(&world, B, &claims());
    world.publish(0, &[B]);
    let unknown = InvalidToken::UnknownKey { kid: Printable::new("a") };
    assert_eq!(world.check(&by_a), Said::Waits(ISSUERS[0].to_owned(), Some(unknown)));
    assert!(is_good(&world.check(&by_b)));
    assert_eq!(world.cached.cache_status().expect("a cache").entries, 1, "dropped, not only shut");
    world.publish(0, &[A, B]);
    assert!(is_good(&world.check(&by_a)));
}

#[test]
fn another_key_under_the_same_name_is_another_key() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    world.publish(0, &[(9, "a")]);
    let refusal = InvalidToken::SignatureInvalid { kid: Printable::new("a") };
    assert_eq!(world.check(&token), Said::Refused(refusal));
}

#[test]
fn a_token_without_a_name_stays_good_under_more_keys_while_its_own_is_there() {
    let world = World::usual();
    let token = known(&world, (1, ""), &claims());
    world.publish(0, &[(1, ""), A, B]);
    assert!(is_good(&world.check(&token)));
    world.publish(0, &[B, (9, "c")]);
    let refusal = InvalidToken::SignatureInvalid { kid: Printable::new("(no kid)") };
    assert_eq!(
        world.check(&token),
        Said::Waits(ISSUERS[0].to_owned(), Some(refusal)),
        "a nameless key may be new"
    );
}

#[test]
fn the_same_keys_again_keep_the_cache_warm() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    let (_, misses) = world.lookups();
    // The same set again, a further key, and the first key alone again.
    for keys in [&[A] as &[Key], &[A, B], &[A]] {
        world.publish(0, keys);
        assert!(is_good(&world.check(&token)));
    }
    assert_eq!(world.lookups().1, misses);
}

#[test]
fn an_issuer_that_changes_its_name_takes_its_tokens_along() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    world.publish_as(0, &[A], "https://one.example");
    assert_eq!(world.check(&token), Said::Refused(InvalidToken::IssuerMismatch));
}

#[test]
fn keys_that_are_too_old_decide_nothing_for_known_tokens_either() {
    let world = World::usual();
    let token = known(&world, A, &with("exp", START + 10 * OLDEST_KEYS));
    world.fail(0);
    assert!(is_good(&world.check(&token)));
    world.pass(OLDEST_KEYS);
    assert_eq!(world.check(&token), Said::Waits(ISSUERS[0].to_owned(), None));
    world.publish(0, &[A]);
    assert!(is_good(&world.check(&token)));
}

#[test]
fn a_key_of_one_issuer_is_none_of_another() {
    let world = World::usual();
    world.publish(1, &[B]);
    known(&world, A, &claims());
    let refusal = InvalidToken::UnknownKey { kid: Printable::new("a") };
    let token = sign(A, &with("iss", ISSUERS[1]));
    assert_eq!(world.check(&token), Said::Waits(ISSUERS[1].to_owned(), Some(refusal)));
}

#[test]
fn keys_that_arrive_between_check_and_wait_are_used_without_another_fetch() {
    let keys: [&[Key]; 2] = [&[A], &[]];
    for before in keys {
        let world = World::new(CacheLimits::default(), |_| {});
        if !before.is_empty() {
            world.publish(0, before);
        }
        let token = sign(B, &claims());
        let checked = world.cached.check_for(&token, Freshness::Cached);
        let Err(pending) = checked else { panic!("undecided") };
        world.publish(0, &[A, B]);
        let attempts = world.cached.issuers()[0].attempts;
        let verdict = world.cached.finish_for(&token, pending, Freshness::Cached).now_or_never();
        assert!(verdict.is_some_and(|verdict| verdict.is_ok()), "at once");
        assert_eq!(world.cached.issuers()[0].attempts, attempts);
    }
}

#[test]
fn a_verifier_with_other_settings_knows_nothing() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    let other = World::new(CacheLimits::default(), |expected| {
        expected.audiences = crate::token::Audiences::new(["another"]).expect("one");
    });
    other.publish(0, &[A]);
    assert_eq!(other.check(&token), Said::Refused(InvalidToken::AudienceMismatch));
    assert_eq!(other.lookups(), (0, 1));
}

#[test]
fn a_known_token_vouches_for_no_other() {
    let world = World::usual();
    let token = known(&world, A, &claims());
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut changed = token.clone().into_bytes();
            changed[place] ^= 1 << bit;
            let changed = String::from_utf8(changed).expect("seven bits");
            assert!(!is_good(&world.check(&changed)), "bit {bit} at {place}: {changed}");
        }
    }
    assert_eq!(world.cached.cache_status().expect("a cache").entries, 1, "the bad do not enter");
}

#[test]
fn threads_that_see_a_token_first_at_the_same_time_agree() {
    let world = World::usual();
    let tokens: Vec<_> = (0..50).map(|number| sign(A, &with("jti", number.to_string()))).collect();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for token in &tokens {
                    barrier.wait();
                    assert!(is_good(&world.check(token)));
                }
            });
        }
    });
    let status = world.cached.cache_status().expect("a cache");
    assert_eq!((status.entries, status.hits + status.misses), (50, 400));
}

#[test]
fn a_cache_that_is_off_changes_nothing() {
    for limits in [CacheLimits::OFF, CacheLimits { entries: 0, ..CacheLimits::default() }] {
        let world = World::new(limits, |_| {});
        world.publish(0, &[A]);
        let token = sign(A, &claims());
        assert!(is_good(&world.check(&token)) && is_good(&world.check(&token)));
        assert_eq!(world.cached.cache_status(), None);
    }
}
