//! Rate limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_resource_server::testing::TestIssuer;
use actix_resource_server::token::VerifiedToken;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{Claims, Maybe, ProtectedResource, Routes};

use crate::process::{Client, Process};
use crate::test_app::{AUDIENCE, TestApp};

fn get(process: &Process, path: &str, fields: &str) -> String {
    let mut client = Client::connect(process.address);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"));
    client.rest()
}

fn is_limited(answer: &str) -> bool {
    let is_429 = answer.starts_with("HTTP/1.1 429 ");
    if is_429 {
        assert!(answer.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "RFC 6585 4: {answer}");
        assert!(!answer.contains("www-authenticate"), "the token may be good: {answer}");
    }
    is_429
}

#[test]
fn address_limit_applies_before_token_checks() {
    let process = Process::start(&[("RATE_LIMIT_PER_ADDRESS", "1"), ("RATE_LIMIT_BURST", "3")]);
    for _ in 0..3 {
        let answer = get(&process, "/api/private", "Authorization: Bearer nonsense\r\n");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    for fields in ["Authorization: Bearer nonsense\r\n", "", "X-Forwarded-For: 198.51.100.1\r\n"] {
        assert!(is_limited(&get(&process, "/api/private", fields)), "{fields}");
    }
    assert!(is_limited(&get(&process, "/nowhere", "")));
    for path in ["/healthz", "/readyz"] {
        let answer = get(&process, path, "");
        assert!(answer.starts_with("HTTP/1.1 200 "), "a probe is exempt: {answer}");
    }
}

#[test]
fn clients_behind_a_trusted_proxy_have_separate_limits() {
    let variables = [
        ("RATE_LIMIT_PER_ADDRESS", "1"),
        ("RATE_LIMIT_BURST", "1"),
        ("TRUSTED_PROXIES", "127.0.0.0/8"),
    ];
    let process = Process::start(&variables);
    let from = |client: &str| {
        is_limited(&get(&process, "/api/public", &format!("X-Forwarded-For: {client}\r\n")))
    };
    assert!(!from("198.51.100.1"));
    assert!(from("198.51.100.1"));
    assert!(!from("198.51.100.2"));
    assert!(from("203.0.113.77, 198.51.100.2"), "the client's own words");
}

#[test]
fn subject_limit_applies_across_addresses() {
    let process = Process::start(&[("RATE_LIMIT_PER_SUBJECT", "1"), ("RATE_LIMIT_BURST", "2")]);
    let with = |path: &str, subject: &str| {
        let token = process.token().subject(subject).encode();
        get(&process, path, &format!("Authorization: Bearer {token}\r\n"))
    };
    assert!(with("/api/private", "alice").starts_with("HTTP/1.1 200 "));
    assert!(with("/api/private-scoped", "alice").starts_with("HTTP/1.1 403 "));
    assert!(is_limited(&with("/api/private", "alice")));
    assert!(is_limited(&with("/api/private-scoped", "alice")));
    assert!(with("/api/private", "bob").starts_with("HTTP/1.1 200 "));
    assert!(with("/api/public", "alice").starts_with("HTTP/1.1 200 "), "no token is looked at");
    let anonymous = get(&process, "/api/private", "");
    assert!(anonymous.starts_with("HTTP/1.1 401 "), "{anonymous}");
}

#[actix_web::test]
async fn every_guard_applies_the_subject_limit() {
    async fn private(_: Claims) -> &'static str {
        "private"
    }
    async fn optional(_: Maybe<Claims>) -> &'static str {
        "optional"
    }
    let routes = Routes::new().get("/private", private).get("/optional", optional);
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = Arc::clone(&asked);
    let judge = move |token: &VerifiedToken| {
        list.lock().expect("a list").extend(token.claims().subject.clone());
        Err(Duration::from_millis(1500))
    };
    let issuer = TestIssuer::start();
    let verifier = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE).start();
    let resource = ProtectedResource::new(verifier.expect("a verifier")).throttle(judge);
    let app = TestApp::with_resource(issuer, routes, resource);
    let good = app.token().subject("alice").encode();
    let expired = app.token().subject("mallory").expires_in(-600).encode();
    for path in ["/private", "/optional"] {
        let answer = app.get_with_token(path, &good).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")), "{path}");
        assert_eq!(answer.challenge(), None, "{path}");
        assert_eq!(app.get_with_token(path, &expired).await.status, 401, "{path}");
    }
    assert_eq!(app.get("/private").await.status, 401);
    assert_eq!(app.get("/optional").await.status, 200);
    assert_eq!(*asked.lock().expect("a list"), ["alice", "alice"], "no token that is no good");
}
