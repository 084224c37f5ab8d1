//! Faults of the introspection endpoint: status, challenge and readiness for each.

use std::time::Duration;

use actix_resource_server::testing::{Behavior, Endpoint};
use serde_json::json;

use super::OpaqueApp;
use super::judged::{foreign_key, seconds_now, signed, signed_app};

/// What the issuer answers, and whether the service is then ready.
struct Row {
    what: &'static str,
    behavior: Behavior,
    ready: bool,
}

const fn row(what: &'static str, behavior: Behavior) -> Row {
    Row { what, behavior, ready: true }
}

const fn ours(what: &'static str, behavior: Behavior) -> Row {
    Row { what, behavior, ready: false }
}

fn text(body: &str) -> Behavior {
    Behavior::body("application/json", body)
}

#[actix_web::test]
async fn a_token_is_undecidable_while_the_issuer_does_not_answer() {
    let rows = vec![
        row("500", Behavior::status(500)),
        row("502", Behavior::status(502)),
        row("503 with Retry-After", Behavior::status(503).with_header("retry-after", "2")),
        row("429", Behavior::status(429)),
        row("404", Behavior::status(404)),
        row("204", Behavior::status(204)),
        row("a redirect", Behavior::redirect("http://127.0.0.1:9/")),
        ours("401 to this server", Behavior::status(401)),
        ours("403 to this server", Behavior::status(403)),
        ours(
            "invalid_client",
            Behavior::status(400).with_body(json!({"error": "invalid_client"}).to_string()),
        ),
        ours(
            "no client certificate, by nginx",
            Behavior::status(400)
                .with_body("<html><title>400 No required SSL certificate was sent</title></html>"),
        ),
        ours(
            "a wrong client certificate, by nginx",
            Behavior::status(400)
                .with_body("<html><title>400 The SSL certificate error</title></html>"),
        ),
        row(
            "invalid_request",
            Behavior::status(400).with_body(json!({"error": "invalid_request"}).to_string()),
        ),
        row("HTML", Behavior::body("text/html", "<html>Welcome</html>")),
        row("nothing", text("")),
        row("an array", text("[true]")),
        row("no active", text("{}")),
        row("active as a string", text(r#"{"active":"true"}"#)),
        row("active as a number", text(r#"{"active":1}"#)),
        row("active as null", text(r#"{"active":null}"#)),
        row("active twice", text(r#"{"active":true,"active":true}"#)),
        row("another member twice", text(r#"{"active":true,"sub":"a","sub":"b"}"#)),
        row("not UTF-8", Behavior::body("application/json", b"{\"active\":\"\xff\"}".to_vec())),
        row("an unreadable value", text(r#"{"active":true,"exp":1e999}"#)),
        row("gzip", text(r#"{"active":false}"#).with_header("content-encoding", "gzip")),
        row("too large", text(&format!("{{\"active\":false{}}}", " ".repeat(300 * 1024)))),
        row("two documents", text(r#"{"active":false}{"active":true}"#)),
    ];
    assert!(rows.len() >= 25);
    let app = OpaqueApp::start().await;
    for (number, Row { what, behavior, ready }) in rows.into_iter().enumerate() {
        app.app.issuer.respond(Endpoint::Introspection, behavior);
        // The breaker is closed again.
        app.advance(600);
        let answer = app.app.get_with_token("/api/private", &format!("token_{number}")).await;
        assert_eq!(answer.status, 503, "{what}: {}", answer.body);
        assert_eq!(answer.challenge(), None, "RFC 9110 15.6.4: {what}");
        assert!(answer.header("retry-after").is_some(), "RFC 9110 10.2.3: {what}");
        let readiness = app.app.get("/readyz").await.status;
        assert_eq!(readiness, if ready { 200 } else { 503 }, "{what}");
        app.app.issuer.respond(Endpoint::Introspection, Behavior::Healthy);
        app.advance(600);
        let token = app.app.issuer.opaque(&app.app.token().expires_in(100_000));
        assert_eq!(app.status_of(&token).await, 200, "after {what}");
        assert_eq!(app.app.get("/readyz").await.status, 200, "after {what}");
    }
}

#[actix_web::test]
async fn signed_responses_that_are_not_for_us_are_faults() {
    let app = signed_app().await;
    let issuer = &app.app.issuer;
    let active = json!({
        "active": true, "iss": issuer.url(), "aud": crate::test_app::AUDIENCE,
        "exp": seconds_now() + 10_000,
    });
    let response = || issuer.signed_introspection(&active);
    let table = [
        ("a good one", response(), 200),
        ("for a different resource server", response().audience("other"), 503),
        ("without aud", response().without_claim("aud"), 503),
        ("of a different issuer", response().claim("iss", "https://other.example/"), 503),
        ("none", response().unsigned(), 503),
        ("a broken signature", response().broken_signature(), 503),
        ("a foreign key", response().signed_by(&foreign_key()), 503),
        ("an access token", response().header("typ", "at+jwt"), 503),
        ("a plain JWT", response().header("typ", "JWT"), 503),
        ("an old one", response().issued_in(-400), 503),
        ("one from the future", response().issued_in(3600), 503),
        ("without iat", response().without_claim("iat"), 503),
        ("without token_introspection", response().without_claim("token_introspection"), 503),
        ("active as a string", issuer.signed_introspection(&json!({"active": "true"})), 503),
    ];
    let mut failures = 0;
    for (number, (what, response, status)) in table.into_iter().enumerate() {
        issuer.respond(Endpoint::Introspection, signed(response.encode()));
        let answer = app.app.get_with_token("/api/private", &format!("token_{number}")).await;
        assert_eq!(answer.status, status, "RFC 9701 5: {what}: {}", answer.body);
        failures += u64::from(status == 503);
        assert_eq!(app.status().failures, failures, "asked: {what}");
        issuer.respond(Endpoint::Introspection, Behavior::Healthy);
        app.advance(16);
        assert_eq!(app.status_of("unknown").await, 401, "closes the breaker");
    }
}

#[actix_web::test]
async fn a_dead_and_a_silent_issuer_give_503() {
    let app = OpaqueApp::with(|settings| settings.deadline = Duration::from_millis(300)).await;
    app.app.issuer.respond(Endpoint::Introspection, Behavior::Hang);
    assert_eq!(app.status_of("token_1").await, 503, "no answer in time");
    let slow = text(r#"{"active":true}"#).with_byte_interval(Duration::from_millis(100));
    app.app.issuer.respond(Endpoint::Introspection, slow);
    assert_eq!(app.status_of("token_2").await, 503, "a slow body");
    app.app.issuer.stop();
    assert_eq!(app.status_of("token_3").await, 503, "connection refused");
    assert_eq!(app.app.get("/readyz").await.status, 200, "an outage is not this server's fault");
    assert_eq!(app.status().failures, 3);
}

#[actix_web::test]
async fn repeated_failures_pause_calls() {
    let app = OpaqueApp::start().await;
    app.app.issuer.respond(Endpoint::Introspection, Behavior::status(500));
    for number in 0..20 {
        assert_eq!(app.status_of(&format!("token_{number}")).await, 503);
    }
    assert_eq!(app.calls(), 5, "five failures open the breaker");
    assert!(app.status().is_open && app.status().held_back == 15);
    app.app.issuer.respond(Endpoint::Introspection, Behavior::Healthy);
    app.advance(2);
    assert_eq!(app.status_of(&app.opaque()).await, 200);
    assert!(!app.status().is_open);
}

#[actix_web::test]
async fn a_server_that_is_not_ready_finds_out_by_itself_that_its_credentials_are_accepted_again() {
    let app = OpaqueApp::start().await;
    app.app.issuer.respond(Endpoint::Introspection, Behavior::status(401));
    assert_eq!(app.status_of("opaque_token").await, 503);
    let readiness = async || app.app.get("/readyz").await.status;
    let started = std::time::Instant::now();
    let a_moment = async || {
        assert!(started.elapsed() < Duration::from_secs(30), "{} calls", app.calls());
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    // The seconds that pass until the next call. The worker may note the time of the last one while they
    // begin to pass.
    let seconds_until_next_call = async || {
        let (calls, mut seconds) = (app.calls(), 0);
        while app.calls() == calls {
            app.advance(1);
            seconds += 1;
            a_moment().await;
        }
        seconds
    };
    // About the token, and then about a made-up one.
    for calls in 2..5 {
        assert_eq!((app.calls(), readiness().await), (calls, 503));
        assert!(seconds_until_next_call().await > 10, "every 15 seconds");
    }
    app.app.issuer.respond(Endpoint::Introspection, Behavior::Healthy);
    seconds_until_next_call().await;
    while readiness().await != 200 {
        a_moment().await;
    }
    app.advance(60);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(app.calls(), 6, "no more than that");
}
