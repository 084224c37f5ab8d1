//! Table tests of keys and time: clock steps, floods of unknown keys, moved key sets.

use std::time::Duration;

use super::simulation::Simulation;
use crate::issuer::KeyRefresh;
use crate::token::InvalidToken;
use crate::verifier::VerificationError;

const HOUR: i64 = 3600;

fn is_unavailable(verdict: &Result<(), VerificationError>) -> bool {
    matches!(verdict, Err(VerificationError::KeysUnavailable { .. }))
}

fn is_rejected(verdict: &Result<(), VerificationError>) -> bool {
    matches!(verdict, Err(VerificationError::Rejected(_)))
}

fn is_expired(verdict: &Result<(), VerificationError>) -> bool {
    let expired = |reason: &InvalidToken| matches!(reason, InvalidToken::Expired { .. });
    matches!(verdict, Err(VerificationError::Rejected(reason)) if expired(reason))
}

async fn ready(named: bool) -> Simulation {
    let world = Simulation::start(named, true);
    world.settle().await;
    assert_eq!(world.verify(&world.token(0)).await, Ok(()));
    world
}

#[actix_web::test]
async fn a_withdrawn_key_is_gone_at_the_next_refresh_however_the_wall_clock_steps() {
    for step in [-2 * HOUR, 2 * HOUR, -30 * 24 * HOUR, 30 * 24 * HOUR, 0] {
        let world = ready(true).await;
        world.step(step);
        *world.issuer.state().published() = vec![1];
        world.pass_seconds(600).await;
        assert!(world.issuer.state().requests.1 >= 2, "{step}: refreshed");
        assert!(is_rejected(&world.verify(&world.token(0)).await), "{step}");
        assert_eq!(world.verify(&world.token(1)).await, Ok(()), "{step}");
    }
}

#[actix_web::test]
async fn a_step_of_the_wall_clock_makes_no_keys_too_old_and_fetches_nothing() {
    for step in [-2 * HOUR, 2 * HOUR, 30 * 24 * HOUR] {
        let world = ready(true).await;
        let before = world.issuer.state().requests;
        world.step(step);
        world.settle().await;
        assert_eq!(world.verify(&world.token(0)).await, Ok(()), "{step}");
        assert!(world.verifier.issuers()[0].is_ready(), "{step}");
        assert_eq!(world.issuer.state().requests, before, "{step}");
    }
}

#[actix_web::test]
async fn a_request_that_finds_no_usable_keys_asks_for_them() {
    let world = ready(true).await;
    world.issuer.state().reachable = false;
    world.pass(Duration::from_secs(3700), Duration::from_secs(10)).await;
    assert!(is_unavailable(&world.verify(&world.token(0)).await), "too old");
    // Just failed, so the next scheduled attempt is fifteen seconds away.
    world.issuer.state().reachable = true;
    let attempts = world.verifier.issuers()[0].attempts;
    let mut waited = 0;
    while world.verify(&world.token(0)).await.is_err() {
        world.pass_seconds(1).await;
        waited += 1;
        assert!(waited <= 15, "within the budget");
    }
    assert_eq!(world.verifier.issuers()[0].attempts, attempts + 1);
}

#[actix_web::test]
async fn a_request_without_keys_does_not_wait_for_the_schedule() {
    let retry = Duration::from_secs(600);
    let refresh = KeyRefresh { min_retry: retry, max_retry: retry, ..KeyRefresh::default() };
    let world = Simulation::start_with(true, true, refresh);
    world.issuer.state().reachable = false;
    world.settle().await;
    world.pass_seconds(2).await;
    assert_eq!(world.verifier.issuers()[0].failures, 1);
    world.issuer.state().reachable = true;
    assert_eq!(world.verify(&world.token(0)).await, Ok(()));
}

#[actix_web::test]
async fn a_flood_of_unknown_keys_delays_a_rotation_by_fifteen_seconds_and_rejects_no_good_token() {
    // At different moments between two attempts.
    for seconds in [90, 99, 108, 120] {
        rotate_after_flood(seconds).await;
    }
}

async fn rotate_after_flood(seconds: u64) {
    let world = ready(true).await;
    let junk = |n: u64| world.token_with(9, Some(&format!("junk-{n}")), 3600);
    for second in 0..seconds {
        let verdict = world.verify(&junk(second)).await;
        assert!(verdict.is_err());
        world.pass_seconds(1).await;
    }
    world.issuer.state().published().push(1);
    let rotated_at = world.monotonic();
    loop {
        let verdict = world.verify(&world.token(1)).await;
        if verdict.is_ok() {
            break;
        }
        let Err(VerificationError::KeysUnavailable { retry_after }) = verdict else {
            panic!("{verdict:?}: its key is published");
        };
        assert!((1..=25).contains(&retry_after.as_secs()), "{retry_after:?}");
        drop(world.verify(&junk(1000)).await);
        world.pass_seconds(1).await;
    }
    let took = world.monotonic().since(rotated_at);
    assert!(took <= Duration::from_millis(15_500), "{took:?}");
}

#[actix_web::test]
async fn a_key_without_a_name_that_is_replaced_is_fetched_at_once() {
    let world = ready(false).await;
    world.pass_seconds(2).await;
    *world.issuer.state().published() = vec![1];
    assert_eq!(world.verify(&world.token(1)).await, Ok(()), "asked once");
    assert!(!matches!(world.verify(&world.token(0)).await, Ok(())), "the old one is gone");
    // Within the budget: a flood of bad signatures costs no more than one of unknown keys.
    let before = world.issuer.state().requests.1;
    for _ in 0..60 {
        drop(world.verify(&world.token(0)).await);
        world.pass_seconds(1).await;
    }
    let requests = world.issuer.state().requests.1 - before;
    assert!((2..=8).contains(&requests), "{requests}");
}

#[actix_web::test]
async fn a_bad_signature_under_a_named_key_asks_nobody() {
    let world = ready(true).await;
    let before = world.issuer.state().requests;
    let forged = world.token_with(9, Some("key-0"), 3600);
    assert!(is_rejected(&world.verify(&forged).await));
    assert_eq!(world.issuer.state().requests, before);
}

#[actix_web::test]
async fn keys_that_move_are_found_at_their_new_address() {
    let world = ready(true).await;
    world.pass_seconds(2).await;
    {
        // The old address goes on answering the old set.
        let mut state = world.issuer.state();
        (state.address, state.sets[1]) = (1, vec![0, 1]);
    }
    assert_eq!(world.verify(&world.token(1)).await, Ok(()));
}

#[actix_web::test]
async fn a_key_is_undecided_while_other_news_at_the_old_address_hide_that_the_keys_moved() {
    let world = ready(true).await;
    world.pass_seconds(2).await;
    {
        let mut state = world.issuer.state();
        state.address = 1;
        state.sets = [vec![0, 1], vec![0, 1, 2]];
    }
    let verdict = world.verify(&world.token(2)).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    world.pass_seconds(2).await;
    assert_eq!(world.verify(&world.token(2)).await, Ok(()));
}

#[actix_web::test]
async fn a_key_is_undecided_while_the_metadata_cannot_say_where_the_keys_are() {
    let world = ready(true).await;
    world.pass_seconds(2).await;
    {
        let mut state = world.issuer.state();
        (state.address, state.sets[1]) = (1, vec![0, 1]);
        state.metadata_reachable = false;
    }
    let verdict = world.verify(&world.token(1)).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(world.verify(&world.token(0)).await, Ok(()), "its key was confirmed");
    assert_eq!(world.verifier.issuers()[0].fault, None);
    world.issuer.state().metadata_reachable = true;
    world.pass_seconds(16).await;
    assert_eq!(world.verify(&world.token(1)).await, Ok(()));
}

#[actix_web::test]
async fn metadata_that_led_nowhere_is_forgotten() {
    let world = ready(true).await;
    {
        let mut state = world.issuer.state();
        (state.address, state.sets) = (1, [vec![], vec![0, 1]]);
    }
    // The old address has no usable keys any more: one failure, and the new address is found.
    world.pass_seconds(600).await;
    assert_eq!(world.verifier.issuers()[0].failures, 1);
    assert_eq!(world.verify(&world.token(1)).await, Ok(()));
    assert_eq!(world.issuer.state().requests.0, 2);
}

#[actix_web::test]
async fn fetches_that_requests_ask_for_bypass_caches_and_scheduled_ones_do_not() {
    let world = ready(true).await;
    world.pass_seconds(600).await;
    assert!(world.issuer.state().requests.1 >= 2);
    assert_eq!(world.issuer.state().current, 0);
    drop(world.verify(&world.token_with(9, Some("junk"), 3600)).await);
    // RFC 9111 section 5.2.1.4: the key set and the metadata.
    assert_eq!(world.issuer.state().current, 2);
}

#[actix_web::test]
async fn what_needs_no_key_is_judged_in_an_outage_too() {
    let world = Simulation::start(true, true);
    world.issuer.state().reachable = false;
    world.settle().await;
    let before = world.issuer.state().requests;
    let expired = world.token_with(0, Some("unknown"), -60);
    assert!(is_expired(&world.verify(&expired).await), "no keys at all");
    assert_eq!(world.issuer.state().requests, before, "and none asked for");

    let world = ready(true).await;
    let lasting = world.token_with(0, Some("key-0"), 3600);
    assert_eq!(world.verify(&lasting).await, Ok(()), "remembered");
    world.issuer.state().reachable = false;
    world.pass(Duration::from_secs(3700), Duration::from_secs(10)).await;
    let before = world.issuer.state().requests;
    assert!(is_expired(&world.verify(&lasting).await), "keys too old, and the token expired");
    assert!(is_expired(&world.verify(&expired).await), "an unknown key, and the token expired");
    assert_eq!(world.issuer.state().requests, before);
}

#[actix_web::test]
async fn without_the_time_no_token_is_judged() {
    let world = ready(true).await;
    world.step(-i64::MAX);
    let verdict = world.verify(&world.token(0)).await;
    assert!(matches!(verdict, Err(VerificationError::TimeUnknown { .. })), "{verdict:?}");
}

#[actix_web::test]
async fn a_refresher_that_panics_starts_anew() {
    let world = Simulation::start(true, true);
    world.issuer.state().panics = 1;
    let verdict = world.verify(&world.token(0)).await;
    assert!(is_unavailable(&verdict), "told at once, not after a timeout: {verdict:?}");
    assert_eq!(world.verifier.issuers()[0].failures, 1);
    // The restart waits by the machine's clock.
    tokio::time::sleep(Duration::from_millis(600)).await;
    world.pass_seconds(3).await;
    assert_eq!(world.verify(&world.token(0)).await, Ok(()));
}

#[actix_web::test]
async fn the_largest_numbers_do_not_stop_refreshing() {
    let refresh = KeyRefresh {
        max_retry: Duration::MAX,
        max_lifetime: Duration::MAX,
        max_key_age: Duration::MAX,
        metadata_lifetime: Duration::MAX,
        max_attempt_gap: Duration::MAX,
        max_retry_after: Duration::MAX,
        fetch_timeout: Duration::MAX,
        ..KeyRefresh::default()
    };
    let world = Simulation::start_with(true, true, refresh);
    world.issuer.state().reachable = false;
    world.pass_seconds(10).await;
    world.issuer.state().reachable = true;
    world.pass(Duration::from_secs(100), Duration::from_secs(1)).await;
    assert_eq!(world.verify(&world.token(0)).await, Ok(()));
}

#[actix_web::test]
async fn a_key_added_while_an_attempt_is_under_way_is_found() {
    let world = ready(true).await;
    world.pass_seconds(2).await;
    let (verifier, first) = (world.verifier.clone(), world.token_with(9, Some("junk"), 3600));
    let joined = actix_rt::spawn(async move { verifier.verify(&first).await.map(drop) });
    // The attempt has read the key set, and reads the metadata again, when the key is added.
    while world.issuer.state().requests.1 < 2 {
        tokio::task::yield_now().await;
    }
    world.issuer.state().published().push(1);
    assert_eq!(world.verify(&world.token(1)).await, Ok(()), "a second attempt");
    assert!(joined.await.expect("no panic").is_err());
}

#[actix_web::test]
async fn an_attempt_that_a_request_asks_for_keeps_the_shortest_gap() {
    let world = ready(true).await;
    let before = world.monotonic();
    drop(world.verify(&world.token_with(9, Some("junk"), 3600)).await);
    assert_eq!(world.issuer.state().requests.1, 2, "asked once");
    assert!(world.monotonic().since(before) >= Duration::from_secs(1));
}
