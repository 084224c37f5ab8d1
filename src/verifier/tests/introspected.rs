//! Opaque tokens, about which a real endpoint is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;

use crate::issuer::{
    ClientAuthentication, Clock, Introspection, IntrospectionClient, KeySource, SystemClock,
    TrustedIssuer,
};
use crate::testing::{Behavior, Endpoint, ManualClock, SigningKey, TestIssuer};
use crate::token::{Algorithm, Algorithms, Audiences, InvalidToken, KeySet};
use crate::verifier::{VerificationError, Verifier};

const AUDIENCE: &str = "https://api.example";

/// A verifier that asks the issuer about opaque tokens, with this secret of its client.
async fn asking(issuer: &TestIssuer, secret: &str) -> Verifier {
    asking_at(issuer, secret, Arc::new(SystemClock)).await
}

async fn asking_at(issuer: &TestIssuer, secret: &str, clock: Arc<dyn Clock>) -> Verifier {
    asking_with(issuer, secret, clock, |_| ()).await
}

async fn asking_with(
    issuer: &TestIssuer,
    secret: &str,
    clock: Arc<dyn Clock>,
    change: impl FnOnce(&mut Introspection),
) -> Verifier {
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let mut trusted =
        TrustedIssuer::discovered(issuer.url().parse().expect("an issuer"), audiences);
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, secret);
    let mut introspection = Introspection::new(client);
    introspection.deadline = Duration::from_secs(20);
    change(&mut introspection);
    trusted.introspection = Some(introspection);
    let builder = Verifier::builder().trust(trusted).clock(clock);
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    verifier
}

fn opaque(issuer: &TestIssuer) -> String {
    issuer.opaque(&issuer.token().audience(AUDIENCE))
}

fn is_unavailable<T>(verdict: &Result<T, VerificationError>) -> bool {
    matches!(verdict, Err(VerificationError::IntrospectionUnavailable { .. }))
}

#[actix_web::test]
async fn an_opaque_token_is_good_if_the_issuer_says_so() {
    for is_signed in [false, true] {
        let issuer = TestIssuer::start();
        issuer.sign_introspection(is_signed);
        let verifier = asking(&issuer, TestIssuer::CLIENT_SECRET).await;
        let token = opaque(&issuer);
        let verified = verifier.verify(&token).await.expect("an active token");
        assert_eq!(verified.claims().issuer, issuer.url(), "RFC 7662 2.2, RFC 9701 5");
        verifier.verify(&token).await.expect("a known token");
        assert_eq!(issuer.requests().introspection, 1, "RFC 7662 4: the answer is cached");
        let revoked = opaque(&issuer);
        issuer.revoke(&revoked);
        for token in [revoked.as_str(), "unknown"] {
            let verdict = verifier.verify(token).await.map(drop);
            assert_eq!(verdict, Err(VerificationError::Rejected(InvalidToken::Inactive)));
        }
        let status = verifier.introspection_status().expect("introspection").2;
        assert_eq!((status.active, status.inactive, status.failures), (1, 2, 0));
    }
}

#[actix_web::test]
async fn a_response_may_be_long_and_not_endless() {
    let issuer = TestIssuer::start();
    let verifier = asking(&issuer, TestIssuer::CLIENT_SECRET).await;
    for (kibibytes, accepted) in [(200, true), (300, false)] {
        let claim = "x".repeat(kibibytes * 1024);
        let token = issuer.opaque(&issuer.token().audience(AUDIENCE).claim("long", claim));
        assert_eq!(verifier.verify(&token).await.is_ok(), accepted, "{kibibytes} KiB");
    }
}

#[actix_web::test]
async fn what_the_endpoint_answers_says_who_is_at_fault() {
    let issuer = TestIssuer::start();
    let verifier = asking(&issuer, TestIssuer::CLIENT_SECRET).await;
    let error = |status, code: &str| {
        Behavior::status(status).with_body(json!({ "error": code }).to_string())
    };
    // The answer, whether it rejects this server, and the fault.
    let table = [
        (Behavior::status(500), false, "status"),
        (Behavior::status(204), false, "status"),
        (Behavior::status(401), true, "client_rejected"),
        (Behavior::status(403), true, "client_rejected"),
        (error(400, "invalid_client"), true, "client_rejected"),
        (error(400, "unauthorized_client"), true, "client_rejected"),
        (error(400, "invalid_request"), false, "request_rejected"),
        (Behavior::status(413), false, "request_rejected"),
        (Behavior::body("application/json", "{}"), false, "malformed"),
        (Behavior::body("text/html", "<html>"), false, "malformed"),
    ];
    for (number, (behavior, is_ours, code)) in table.into_iter().enumerate() {
        issuer.respond(Endpoint::Introspection, behavior);
        let verdict = verifier.verify(&format!("token-{number}")).await;
        assert!(is_unavailable(&verdict), "{code}: {verdict:?}");
        let status = verifier.introspection_status().expect("introspection").2;
        let found = (status.client_rejected, status.fault.as_ref().map(|fault| fault.code()));
        assert_eq!(found, (is_ours, Some(code)), "RFC 7662 2.3, RFC 6749 5.2: row {number}");
        issuer.respond(Endpoint::Introspection, Behavior::Healthy);
        let secret = ClientAuthentication::Secret(TestIssuer::CLIENT_SECRET.to_owned());
        assert!(verifier.replace_introspection_credentials(secret), "closes the breaker");
    }
}

#[actix_web::test]
async fn credentials_are_replaced_without_a_restart() {
    let issuer = TestIssuer::start();
    let verifier = asking(&issuer, "wrong").await;
    let token = opaque(&issuer);
    assert!(is_unavailable(&verifier.verify(&token).await), "RFC 7662 2.1");
    let secret = ClientAuthentication::Secret(TestIssuer::CLIENT_SECRET.to_owned());
    assert!(verifier.replace_introspection_credentials(secret));
    assert!(verifier.verify(&token).await.is_ok(), "RFC 7662 2.1");
    let status = verifier.introspection_status().expect("introspection").2;
    assert!(!status.client_rejected);
}

#[actix_web::test]
async fn rejected_credentials_are_tried_again_until_they_are_not() {
    let (issuer, clock) = (TestIssuer::start(), Arc::new(ManualClock::now()));
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let verifier = asking_at(&issuer, TestIssuer::CLIENT_SECRET, shared).await;
    issuer.respond(Endpoint::Introspection, Behavior::status(401));
    assert!(is_unavailable(&verifier.verify("opaque").await), "RFC 7662 2.3");
    let is_rejected = || verifier.introspection_status().expect("introspection").2.client_rejected;
    let calls = || issuer.requests().introspection;
    let pass = async |mut until: Box<dyn FnMut() -> bool + '_>| {
        let mut passes = 0;
        while !until() && passes < 500 {
            clock.advance(Duration::from_secs(16));
            tokio::time::sleep(Duration::from_millis(10)).await;
            passes += 1;
        }
    };
    pass(Box::new(|| calls() >= 3)).await;
    assert!(is_rejected() && calls() >= 3, "asked again without a request");
    issuer.respond(Endpoint::Introspection, Behavior::Healthy);
    pass(Box::new(|| !is_rejected())).await;
    assert!(!is_rejected(), "no request was needed");
    let (before, mut passes) = (calls(), 0);
    pass(Box::new(|| {
        passes += 1;
        passes > 20
    }))
    .await;
    assert_eq!(calls(), before, "it is not asked any more");
}

#[actix_web::test]
async fn rejected_credentials_are_tried_again_once_however_many_requests_they_rejected() {
    let (issuer, clock) = (TestIssuer::start(), Arc::new(ManualClock::now()));
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let verifier = asking_at(&issuer, TestIssuer::CLIENT_SECRET, shared).await;
    issuer.respond(Endpoint::Introspection, Behavior::status(401));
    for token in ["one", "two"] {
        assert!(is_unavailable(&verifier.verify(token).await), "RFC 7662 2.3");
        // The breaker lets the next one through.
        clock.advance(Duration::from_secs(2));
    }
    let calls = || issuer.requests().introspection;
    assert_eq!(calls(), 3, "about both, and about a made-up one");
    clock.advance(Duration::from_secs(14));
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if calls() > 3 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(calls(), 4);
}

/// An introspection endpoint that answers a form with this status: 200 for an inactive token.
fn endpoint(status: fn(&str) -> u16) -> (String, Arc<AtomicUsize>, ServerHandle) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let server = HttpServer::new(move || {
        let counter = Arc::clone(&counter);
        let answer = move |form: String| {
            counter.fetch_add(1, Ordering::Relaxed);
            let status = StatusCode::from_u16(status(&form)).expect("a status");
            std::future::ready(HttpResponse::build(status).json(json!({"active": false})))
        };
        App::new().default_service(web::to(answer))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}/", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (url, calls, handle)
}

async fn asking_endpoint(url: &str) -> Verifier {
    let (issuer, clock) = (TestIssuer::start(), Arc::new(SystemClock));
    let change = |asked: &mut Introspection| asked.endpoint = Some(url.parse().expect("a URL"));
    asking_with(&issuer, TestIssuer::CLIENT_SECRET, clock, change).await
}

#[actix_web::test]
async fn an_issuer_that_does_not_answer_about_a_made_up_token_is_unavailable() {
    let limited = |form: &str| if form.contains("token=made-up") { 429 } else { 401 };
    let (url, _, handle) = endpoint(limited);
    let verifier = asking_endpoint(&url).await;
    for number in 0..5 {
        let verdict = verifier.verify(&format!("token_{number}")).await;
        assert!(is_unavailable(&verdict), "RFC 7662 2.3: {verdict:?}");
    }
    let status = verifier.introspection_status().expect("introspection").2;
    assert!(!status.client_rejected && status.is_open, "RFC 6585 4: {status:?}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_token_that_a_firewall_rejects_does_not_stop_the_calls_about_others() {
    let attacked = |form: &str| if form.contains("passwd") { 403 } else { 200 };
    let (url, calls, handle) = endpoint(attacked);
    let verifier = asking_endpoint(&url).await;
    for number in 0..10 {
        let attack = verifier.verify(&format!("../../etc/passwd{number}")).await;
        assert!(is_unavailable(&attack), "RFC 7662 2.3: {attack:?}");
    }
    let status = verifier.introspection_status().expect("introspection").2;
    assert!(!status.client_rejected && !status.is_open, "{status:?}");
    assert!((11..20).contains(&calls.load(Ordering::Relaxed)), "the calls are not doubled");
    let verdict = verifier.verify("another").await.map(drop);
    assert_eq!(verdict, Err(VerificationError::Rejected(InvalidToken::Inactive)), "RFC 7662 2.3");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_jwt_under_keys_of_another_source_is_for_the_recipients_of_that_source() {
    const OTHER: &str = "https://other.example";
    let (issuer, key) = (TestIssuer::start(), SigningKey::generate(Algorithm::Es256));
    issuer.respond(Endpoint::Introspection, Behavior::json(&json!({"active": true})));
    let identifier = || issuer.url().parse().expect("an issuer");
    let audiences = |audience| Audiences::new([audience]).expect("an audience");
    let mut discovered = TrustedIssuer::discovered(identifier(), audiences(AUDIENCE));
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, TestIssuer::CLIENT_SECRET);
    discovered.introspection = Some(Introspection::new(client));
    let held = json!({"keys": [key.public_jwk()]}).to_string();
    let (held, _) = KeySet::from_json(held.as_bytes(), Algorithms::ASYMMETRIC).expect("keys");
    let mut source =
        TrustedIssuer::with_source(identifier(), audiences(OTHER), KeySource::Held(held));
    source.expected.algorithms = Algorithms::ASYMMETRIC;
    let verifier = Verifier::builder().trust(discovered).trust(source).start().expect("a verifier");
    verifier.first_attempts().await;
    for (audience, is_accepted) in [(OTHER, true), (AUDIENCE, false)] {
        let token = issuer.token_with(&key).audience(audience).encode();
        let verdict = verifier.verify_fresh(&token).await;
        assert_eq!(verdict.is_ok(), is_accepted, "RFC 7662 2.2: {audience}: {verdict:?}");
    }
}
