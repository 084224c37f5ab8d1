//! Key rotation under load.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use actix_resource_server::testing::{SigningKey, TestIssuer};
use actix_resource_server::token::{Algorithm, Algorithms};
use futures_util::future::{join, join_all};

use crate::test_app::{AUDIENCE, TestApp};
use crate::timed_app::TimedApp;

fn issuer() -> TestIssuer {
    TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("an issuer")
}

#[actix_web::test]
async fn rotation_under_load_goes_unnoticed() {
    rotate_under_load(Algorithm::Es256, [Algorithm::Es256; 4]).await;
}

#[actix_web::test]
async fn rotation_to_a_post_quantum_algorithm_goes_unnoticed() {
    rotate_under_load(Algorithm::Rs256, [Algorithm::MlDsa44]).await;
}

async fn rotate_under_load<const N: usize>(first: Algorithm, next: [Algorithm; N]) {
    let issuer = TestIssuer::builder().algorithms([first]).start().expect("an issuer");
    let allowed = Algorithms::only(next.into_iter().chain([first]));
    let app = TestApp::with_verifier(issuer, |verifier| {
        verifier.fetch_timeout(Duration::from_secs(60)).algorithms(allowed)
    })
    .await;
    app.resource.verifier().first_attempts().await;
    let keys = RefCell::new(vec![app.issuer.signing_key()]);
    let is_over = Cell::new(false);
    let (answered, count) = (RefCell::new(Vec::new()), Cell::new(0_usize));
    // Eight callers without pauses; each uses all keys in turn, including a new one at once.
    let caller = |n: usize| {
        let (app, keys, is_over, answered, count) = (&app, &keys, &is_over, &answered, &count);
        async move {
            for turn in n.. {
                let key = {
                    let keys = keys.borrow();
                    keys[(keys.len() - 1).saturating_sub(turn % 2)].clone()
                };
                let token = app.issuer.token_with(&key).audience(AUDIENCE).claim("turn", turn);
                let status = app.get_with_token("/api/private", &token.encode()).await.status;
                count.set(count.get() + 1);
                if status != 200 {
                    answered.borrow_mut().push((turn, status));
                }
                if is_over.get() {
                    break;
                }
            }
        }
    };
    // Four rotations and the initial fetch use up the budget of a minute. Each follows
    // immediately after the fetch that the previous one caused.
    let rotations = async {
        for algorithm in next {
            let key = SigningKey::generate(algorithm);
            app.issuer.publish(key.clone());
            keys.borrow_mut().push(key.clone());
            let is_held = || {
                let issuers = app.resource.verifier().issuers();
                let mut ids = issuers[0].keys.iter().filter_map(|held| held.id.as_ref());
                ids.any(|id| id.to_string() == key.id())
            };
            while !is_held() {
                actix_web::rt::time::sleep(Duration::from_millis(2)).await;
            }
        }
        let after = count.get() + 100;
        while count.get() < after {
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
        }
        is_over.set(true);
    };
    join(join_all((0..8).map(caller)), rotations).await;
    assert_eq!(*answered.borrow(), [], "of {}", count.get());
    let requests = app.issuer.requests();
    assert!((2..=5).contains(&requests.key_set), "{requests:?}");
}

#[actix_web::test]
async fn removed_key_is_rejected_after_a_refresh_even_for_cached_tokens() {
    let issuer = issuer();
    let (old, new) = (issuer.signing_key(), issuer.rotate());
    let app = TimedApp::start(issuer).await;
    // The same tokens each time, because the cache key covers every byte.
    let lasting =
        |key| app.issuer.token_with(key).audience(AUDIENCE).expires_in(1_000_000).encode();
    let (with_old, with_new) = (lasting(&old), lasting(&new));
    for _ in 0..3 {
        assert_eq!(app.call_with(&with_old).await.status, 200);
        assert_eq!(app.call_with(&with_new).await.status, 200);
    }
    assert_eq!(hits(&app), 4, "remembered");
    app.issuer.withdraw(old.id());
    assert_eq!(app.call_with(&with_old).await.status, 200, "not asked yet");
    let passed = app.advance_until("a refresh", |app| app.status().keys.len() == 1).await;
    assert!(passed <= 300, "max-age=300, and it took {passed} s");
    for _ in 0..3 {
        // It could be a new key, so an attempt is requested.
        app.advance(2);
        let refused = app.call_with(&with_old).await;
        assert_eq!((refused.status, refused.error().as_deref()), (401, Some("invalid_token")));
        assert_eq!(app.call_with(&with_new).await.status, 200);
    }
}

#[actix_web::test]
async fn key_replaced_under_the_same_kid_is_rejected_after_a_refresh() {
    let app = TimedApp::start(issuer()).await;
    let old = app.issuer.signing_key();
    let token = app.long_lived_token().encode();
    for _ in 0..3 {
        assert_eq!(app.call_with(&token).await.status, 200);
    }
    assert_eq!(hits(&app), 2, "remembered");
    let impostor = SigningKey::generate(Algorithm::Es256);
    app.issuer.set_jwks(serde_json::json!({"keys": [impostor.with_id(old.id()).public_jwk()]}));
    let before = app.status().successes;
    app.advance_until("a refresh", |app| app.status().successes > before).await;
    assert_eq!(app.call_with(&token).await.status, 401, "replaced, never merged");
}

/// Number of cache hits.
fn hits(app: &TimedApp) -> u64 {
    app.resource.verifier().cache_status().map_or(0, |status| status.hits)
}
