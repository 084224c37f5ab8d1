//! Key refreshing from a healthy issuer: schedule, cost and log lines.

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use serde_json::json;

use crate::captured_log;
use crate::timed_app::TimedApp;

/// Advances time until the keys have been confirmed again, and returns the seconds passed.
async fn refreshed(app: &TimedApp) -> u64 {
    let before = app.status().successes;
    app.advance_until("a refresh", |app| app.status().successes > before).await
}

async fn ready(issuer: TestIssuer) -> TimedApp {
    let app = TimedApp::start(issuer).await;
    app.wait_until("keys", |app| app.status().is_ready()).await;
    app
}

#[actix_web::test]
async fn unchanged_key_set_is_not_transferred_again() {
    let app = ready(TestIssuer::start()).await;
    for times in 1..=5 {
        let passed = refreshed(&app).await;
        assert!((200..=300).contains(&passed), "max-age=300, ahead of its end: {passed}");
        let requests = app.issuer.requests();
        assert_eq!((requests.key_set, requests.unchanged), (times + 1, times), "RFC 9110 13.1.2");
        assert_eq!(app.call(app.long_lived_token()).await.status, 200, "RFC 9110 15.4.5");
    }
    // A changed key set is sent in full; its new tag is used from then on.
    let key = app.issuer.rotate();
    refreshed(&app).await;
    assert_eq!(app.issuer.requests().unchanged, 5);
    assert!(
        app.status()
            .keys
            .iter()
            .any(|held| { held.id.as_ref().is_some_and(|id| id.to_string() == key.id()) })
    );
    refreshed(&app).await;
    assert_eq!(app.issuer.requests().unchanged, 6);
}

#[actix_web::test]
async fn not_modified_updates_only_the_headers_it_carries() {
    let issuer = TestIssuer::start();
    let keys = json!({"keys": [issuer.signing_key().public_jwk()]});
    let full = |tag: &str, age: &str| {
        let answer = Behavior::json(&keys).with_header("etag", tag);
        answer.with_header("cache-control", format!("max-age={age}"))
    };
    let unchanged = |headers: &[(&str, &str)]| {
        headers
            .iter()
            .fold(Behavior::status(304), |answer, (name, value)| answer.with_header(*name, *value))
    };
    issuer.respond(Endpoint::KeySet, full("W/\"weak\"", "100"));
    let app = ready(issuer).await;
    let table = [
        (unchanged(&[]), 72..=100, "a weak tag will do: RFC 9110 13.1.2"),
        (unchanged(&[("cache-control", "max-age=1000")]), 72..=100, "as said before"),
        (unchanged(&[]), 720..=1000, "RFC 9111 4.3.4: the new lifetime holds"),
        (unchanged(&[("etag", "\"other\"")]), 720..=1000, "and stays"),
        (full("\"other\"", "60"), 720..=1000, "a whole answer renews all"),
        (unchanged(&[]), 40..=60, "RFC 9111 4.3.4"),
    ];
    for (behavior, expected, why) in table {
        app.issuer.respond(Endpoint::KeySet, behavior);
        let passed = refreshed(&app).await;
        assert!(expected.contains(&passed), "{why}: {passed} s");
        assert_eq!(app.call(app.long_lived_token()).await.status, 200, "{why}");
    }
}

#[actix_web::test]
async fn not_modified_without_cached_keys_is_a_fault() {
    let issuer = TestIssuer::start();
    issuer.respond(Endpoint::KeySet, Behavior::status(304));
    let app = TimedApp::start(issuer).await;
    app.wait_until("a fault", |app| app.status().fault.is_some()).await;
    let fault = app.status().fault.unwrap_or_default();
    assert!(fault.ends_with("answered 304"), "RFC 9110 15.4.5: {fault}");
}

#[actix_web::test]
async fn etag_is_not_sent_to_a_different_url() {
    let issuer = TestIssuer::start();
    let app = ready(issuer).await;
    // The key set's URL changes; the old tag does not apply to the new URL.
    let moved = format!("{}?moved", app.issuer.jwks_uri());
    let metadata = json!({"issuer": app.issuer.url(), "jwks_uri": moved});
    app.issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
    let discoveries = app.issuer.requests().discovery;
    while app.issuer.requests().discovery == discoveries {
        let before = app.issuer.requests().unchanged;
        refreshed(&app).await;
        let requests = app.issuer.requests();
        let is_known = requests.discovery == discoveries;
        assert_eq!(requests.unchanged - before, usize::from(is_known), "RFC 9110 8.8.3");
    }
}

#[actix_web::test]
async fn content_type_of_key_set_is_ignored() {
    for content_type in ["text/plain", "application/octet-stream", "nonsense"] {
        let issuer = TestIssuer::start();
        let keys = json!({"keys": [issuer.signing_key().public_jwk()]}).to_string();
        issuer.respond(Endpoint::KeySet, Behavior::body(content_type, keys));
        let app = ready(issuer).await;
        assert_eq!(app.call(app.long_lived_token()).await.status, 200, "{content_type}");
    }
}

#[actix_web::test]
async fn each_state_change_is_logged_once() {
    captured_log::start();
    let app = ready(TestIssuer::start()).await;
    let first = app.issuer.signing_key().id().to_owned();
    refreshed(&app).await;
    let second = app.issuer.rotate().id().to_owned();
    refreshed(&app).await;
    app.issuer.respond(Endpoint::KeySet, Behavior::status(500));
    app.advance_until("an outage", |app| app.status().failures >= 10).await;
    app.advance(3600);
    app.wait_until("expired keys", |app| app.status().failures >= 11).await;
    app.issuer.respond(Endpoint::KeySet, Behavior::Healthy);
    app.advance_until("recovery", |app| app.status().is_ready()).await;

    let start = format!("issuer {}: ", app.issuer.url());
    let lines: Vec<String> = captured_log::lines_with(&start)
        .into_iter()
        .filter(|line| !line.starts_with("DEBUG"))
        .filter_map(|line| Some(line.split_once(&start)?.1.to_owned()))
        .collect();
    let expected = [
        format!("keys obtained: {first}"),
        format!("keys changed: new {second}; 2 held"),
        "keys cannot be refreshed: ".to_owned(),
        "keys stale since ".to_owned(),
        "the keys held are too old to be used: ".to_owned(),
        "recovered after ".to_owned(),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(&expected), "{expected}: {line}");
    }
}
