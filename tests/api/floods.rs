//! Floods of requests that cause few or no fetches.

use std::time::Duration;

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use actix_resource_server::token::Algorithm;
use actix_resource_server::verifier::VerificationError;
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;

use crate::test_app::TestApp;
use crate::timed_app::TimedApp;

fn issuer() -> TestIssuer {
    TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("an issuer")
}

#[actix_web::test]
async fn cold_start_flood_causes_one_discovery_and_one_fetch() {
    let issuer = issuer();
    // The key set is slow, so that all requests wait for it.
    let keys = json!({"keys": [issuer.signing_key().public_jwk()]});
    issuer.respond(
        Endpoint::KeySet,
        Behavior::json(&keys).with_byte_interval(Duration::from_millis(2)),
    );
    let app =
        TestApp::with_verifier(issuer, |verifier| verifier.fetch_timeout(Duration::from_secs(60)))
            .await;
    let token = app.token().encode();
    let requests = (0..500).map(|_| app.get_with_token("/api/private", &token));
    let answers = join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 500);
    let requests = app.issuer.requests();
    assert_eq!((requests.discovery, requests.key_set), (1, 1));
}

#[actix_web::test]
async fn bad_signatures_under_known_key_cause_no_fetch() {
    let app = TestApp::with_issuer(issuer()).await;
    assert_eq!(app.get_with_token("/api/private", &app.token().encode()).await.status, 200);
    let before = app.issuer.requests();
    for _ in 0..10 {
        let bad = (0..100).map(|n| app.token().claim("n", n).broken_signature().encode());
        let requests = bad.map(|token| {
            let app = &app;
            async move { app.get_with_token("/api/private", &token).await.status }
        });
        assert_eq!(join_all(requests).await, [401; 100]);
    }
    assert_eq!(app.issuer.requests(), before);
}

#[actix_web::test]
async fn unknown_keys_do_not_wait_once_the_budget_is_spent() {
    let app = TimedApp::start(issuer()).await;
    app.wait_until("keys", |app| app.status().is_ready()).await;
    let unknown = |n: usize| app.long_lived_token().header("kid", format!("unknown-{n}"));

    // Each of the first two triggers an attempt, one second after the previous one.
    for attempts in 2..=3 {
        let call = app.call(unknown(attempts));
        let time = app.advance_until("an attempt", |app| app.status().attempts == attempts as u64);
        let (answer, _) = futures_util::future::join(call, time).await;
        assert_eq!((answer.status, answer.error().as_deref()), (401, Some("invalid_token")));
    }
    assert_eq!(app.issuer.requests().key_set, 3);

    // The next attempt is allowed in two seconds. From here on the clock is stopped and the issuer never responds, so waiting for either would take
    // a minute. No request waits: each verdict is ready at the first poll.
    app.issuer.respond(Endpoint::KeySet, Behavior::Hang);
    let verifier = app.resource.verifier();
    for n in 0..1000 {
        let verdict = verifier.verify(&unknown(n).encode()).now_or_never().map(|it| it.map(drop));
        assert!(
            matches!(verdict, Some(Err(VerificationError::KeysUnavailable { .. }))),
            "{verdict:?}"
        );
        let good = verifier.verify(&app.long_lived_token().encode()).now_or_never();
        assert!(good.is_some_and(|verdict| verdict.is_ok()), "good tokens go on");
    }
    // The same over HTTP, concurrently.
    let calls = (0..200).map(|n| {
        let token = if n % 2 == 0 { app.long_lived_token() } else { unknown(n) };
        app.call(token)
    });
    for (n, answer) in join_all(calls).await.into_iter().enumerate() {
        assert_eq!(answer.status, if n % 2 == 0 { 200 } else { 503 });
        let wait = answer.header("retry-after").map(|wait| wait.parse().expect("seconds"));
        assert!(n % 2 == 0 || wait.is_some_and(|wait: u64| (2..=4).contains(&wait)), "{wait:?}");
    }
    assert_eq!(app.issuer.requests().key_set, 3);
}

#[actix_web::test]
async fn long_flood_causes_few_fetches_at_first_and_four_per_minute_later() {
    let app = TimedApp::start(issuer()).await;
    app.wait_until("keys", |app| app.status().is_ready()).await;
    let verifier = app.resource.verifier();
    let mut started = vec![0];
    for second in 1..600_u64 {
        app.advance(1);
        let token = app.long_lived_token().header("kid", format!("unknown-{second}")).encode();
        // One poll is enough to request an attempt, if the budget allows one.
        let verdict = verifier.verify(&token).now_or_never().map(|verdict| verdict.map(drop));
        assert!(!matches!(verdict, Some(Ok(()))), "{verdict:?}");
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        started.resize(app.issuer.requests().key_set, second);
    }
    // On a busy machine, an attempt is seen slightly after it began.
    let crowded = started.windows(9).find(|nine| nine[8] - nine[0] < 45);
    assert_eq!(crowded, None, "{started:?}");
    let later = started.get(6..).unwrap_or_default();
    let crowded = later.windows(6).find(|six| six[5] - six[0] < 65);
    assert_eq!(crowded, None, "{started:?}");
    assert!(
        (40..=50).contains(&started.len()),
        "a request that needs a key triggers a fetch: {started:?}"
    );
    assert!(verifier.verify(&app.long_lived_token().encode()).await.is_ok());
}
