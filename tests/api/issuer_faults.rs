//! Issuer faults, with and without cached keys: responses to callers, number of fetches, recovery
//! time, and `/readyz`.

use std::time::Duration;

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::test_app::Answer;
use crate::timed_app::TimedApp;

/// The issuer's fault, the message for the operator, and the longest `Retry-After` for callers.
struct Row {
    fault: Fault,
    message: &'static str,
    longest_wait: u64,
}

enum Fault {
    Answers(Endpoint, Behavior),
    RefusesConnections,
}

impl Fault {
    fn begins(&self, issuer: &TestIssuer) {
        match self {
            Self::Answers(endpoint, behavior) => issuer.respond(*endpoint, behavior.clone()),
            Self::RefusesConnections => issuer.stop(),
        }
    }

    fn ends(&self, issuer: &TestIssuer) {
        match self {
            Self::Answers(endpoint, _) => issuer.respond(*endpoint, Behavior::Healthy),
            Self::RefusesConnections => issuer.restart().expect("its old port"),
        }
    }

    /// Requests for metadata and for the key set in one attempt without cached metadata.
    fn requests(&self) -> (usize, usize) {
        match self {
            Self::Answers(Endpoint::KeySet, _) => (1, 1),
            Self::Answers(_, Behavior::Answer { status: 429, .. } | Behavior::Hang) => (1, 0),
            Self::Answers(_, Behavior::Answer { byte_interval: Some(_), .. }) => (1, 0),
            // Each form of the metadata URL is tried.
            Self::Answers(..) => (2, 0),
            Self::RefusesConnections => (0, 0),
        }
    }
}

fn row(endpoint: Endpoint, behavior: Behavior, message: &'static str) -> Row {
    Row { fault: Fault::Answers(endpoint, behavior), message, longest_wait: 4 }
}

fn key_set(behavior: Behavior, message: &'static str) -> Row {
    row(Endpoint::KeySet, behavior, message)
}

fn metadata(behavior: Behavior, message: &'static str) -> Row {
    row(Endpoint::Discovery, behavior, message)
}

fn text(body: impl Into<Vec<u8>>) -> Behavior {
    Behavior::body("application/json", body)
}

fn keys(keys: Value) -> Behavior {
    Behavior::json(&json!({ "keys": keys }))
}

#[actix_web::test]
async fn error_status_delays_the_next_attempt() {
    let in_the_next_century = "Fri, 01 Jan 2100 00:00:00 GMT";
    let paused = |row: Row, longest_wait| Row { longest_wait, ..row };
    play([
        key_set(Behavior::status(500), "answered 500"),
        key_set(Behavior::status(404), "answered 404"),
        key_set(Behavior::status(204), "answered 204"),
        key_set(Behavior::redirect("http://127.0.0.1:9/"), "answered 302"),
        paused(
            key_set(Behavior::status(429).with_header("retry-after", "120"), "answered 429"),
            120,
        ),
        paused(
            key_set(Behavior::status(503).with_header("retry-after", "86400"), "answered 503"),
            300,
        ),
        paused(
            metadata(
                Behavior::status(429).with_header("retry-after", in_the_next_century),
                "answered 429",
            ),
            300,
        ),
        metadata(Behavior::status(503), "answered 503"),
        metadata(Behavior::status(404), "answered 404"),
        metadata(Behavior::redirect("https://issuer.example/"), "answered 302"),
    ])
    .await;
}

#[actix_web::test]
async fn unreachable_or_slow_issuer_delays_the_next_attempt() {
    let wait = Duration::from_millis(20);
    play([
        Row { fault: Fault::RefusesConnections, message: "cannot be reached", longest_wait: 4 },
        key_set(Behavior::Hang, "did not answer within 1 s"),
        key_set(text(" ".repeat(500)).with_byte_interval(wait), "did not answer within 1 s"),
        metadata(Behavior::Hang, "did not answer within 1 s"),
        metadata(text(" ".repeat(500)).with_byte_interval(wait), "did not answer within 1 s"),
    ])
    .await;
}

#[actix_web::test]
async fn invalid_key_set_changes_nothing() {
    let good = TestIssuer::start().signing_key().public_jwk();
    let oversized = with(&good, "n", "_".repeat(4096));
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let json = "application/json";
    play([
        key_set(Behavior::body("text/html", "<html>Welcome</html>"), "not one JSON object"),
        key_set(text(""), "not one JSON object"),
        key_set(text(r#"{"keys":[{"kty":"RSA""#), "not one JSON object"),
        key_set(text("[]"), "not one JSON object"),
        key_set(text(nested(100_000)), "not one JSON object"),
        key_set(text(format!(r#"{{"keys":{}}}"#, nested(100_000))), "the key set"),
        key_set(text(format!(r#"{{"keys":[{{"kty":{}}}]}}"#, nested(100_000))), "the key set"),
        key_set(text(b"{\"keys\":[{\"kid\":\"\xff\"}]}"), "not UTF-8"),
        key_set(text(format!(r#"{{"keys":[],"keys":[{good}]}}"#)), "a member name occurs twice"),
        key_set(text(r#"{"keys":{}}"#), "no array named keys"),
        key_set(keys(json!([])), "no usable key"),
        key_set(keys(json!([{"kty": "oct", "k": "AA"}])), "a shared secret"),
        key_set(keys(json!([with(&good, "use", "enc")])), "not meant for verifying"),
        key_set(keys(json!([with(&good, "d", "AA")])), "a private key"),
        key_set(keys(json!([oversized])), "no usable key"),
        key_set(text(" ".repeat(512 * 1024 + 1)), "more than 524288 bytes"),
        key_set(Behavior::body(json, bomb()), "not UTF-8"),
        key_set(Behavior::body(json, bomb()).with_header("content-encoding", "gzip"), "gzip"),
        key_set(Behavior::body(json, bomb()).with_header("content-encoding", "br"), "br"),
    ])
    .await;
}

#[actix_web::test]
async fn untrustworthy_metadata_is_ignored() {
    let says = |change: fn(&mut Value)| {
        // The issuer's identifier is filled in once it is known.
        let mut metadata = json!({"issuer": "ISSUER", "jwks_uri": "ISSUER/.well-known/jwks.json"});
        change(&mut metadata);
        Behavior::json(&metadata)
    };
    let at = |address: &str| Behavior::json(&json!({"issuer": "ISSUER", "jwks_uri": address}));
    play([
        metadata(
            Behavior::body("text/html", "<html>"),
            "the metadata cannot be used: not one JSON object",
        ),
        metadata(text("{"), "the metadata cannot be used: not one JSON object"),
        metadata(says(|it| it["issuer"] = "https://evil.example".into()), "that of another issuer"),
        metadata(says(|it| it["issuer"] = "ISSUER//".into()), "that of another issuer"),
        metadata(says(|it| it["jwks_uri"] = Value::Null), "no string named jwks_uri"),
        metadata(at("http://keys.example/jwks"), "not safe to fetch"),
        metadata(at("file:///etc/passwd"), "not safe to fetch"),
        metadata(at("ftp://keys.example/jwks"), "not safe to fetch"),
        metadata(at("https://a:b@keys.example/jwks"), "not safe to fetch"),
        metadata(at("/.well-known/jwks.json"), "not safe to fetch"),
    ])
    .await;
}

fn with(key: &Value, member: &str, value: impl Into<Value>) -> Value {
    let mut key = key.clone();
    key[member] = value.into();
    key
}

/// 64 MiB of zeros in 413 KiB of gzip (RFC 1951, RFC 1952): one zero, then 260111 back-references of
/// 258 bytes in thirteen bits each.
fn bomb() -> Vec<u8> {
    const REPEATS: usize = 260_111;
    const AGAIN: [u8; 13] = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let start = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let mut bits: Vec<u8> = start.to_vec();
    bits.extend(AGAIN.iter().copied().cycle().take(AGAIN.len() * REPEATS));
    bits.extend([0; 7]);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    bytes.extend(bits.chunks(8).map(byte));
    bytes.extend(0x952b_56ea_u32.to_le_bytes());
    bytes.extend(67_108_639_u32.to_le_bytes());
    bytes
}

async fn play<const N: usize>(rows: [Row; N]) {
    for row in rows {
        let issuer = TestIssuer::start();
        let fault = match row.fault {
            Fault::Answers(endpoint, Behavior::Answer { status, headers, body, byte_interval }) => {
                let own = String::from_utf8(body.clone());
                let own = own.map(|text| text.replace("ISSUER", issuer.url()).into_bytes());
                let body = own.unwrap_or(body);
                Fault::Answers(endpoint, Behavior::Answer { status, headers, body, byte_interval })
            }
            other => other,
        };
        run_row(issuer, &Row { fault, ..row }).await;
    }
}

async fn run_row(issuer: TestIssuer, row: &Row) {
    let Row { fault, message, .. } = row;
    fault.begins(&issuer);
    let limit = Duration::from_secs(if message.ends_with("1 s") { 1 } else { 60 });
    let app = TimedApp::with_verifier(issuer, |verifier| verifier.fetch_timeout(limit)).await;

    // Cold: no keys are held, and callers are told when to retry.
    app.wait_until(message, |app| app.status().failures == 1).await;
    let status = app.status();
    assert!(
        status.fault.as_ref().is_some_and(|fault| fault.contains(message)),
        "{message}: {status:?}"
    );
    assert_eq!((app.readiness().await, app.get("/healthz").await.status), (503, 200), "{message}");
    spend_budget(&app).await;
    let mut wait = 0;
    for _ in 0..5 {
        wait = told_to_wait(&app.call(app.long_lived_token()).await, row);
    }
    let (requests, attempts) = (app.issuer.requests(), app.status().attempts);
    let attempts = usize::try_from(attempts).expect("a small number");
    let of_one = fault.requests();
    let expected = (of_one.0 * attempts, of_one.1 * attempts);
    assert_eq!((requests.discovery, requests.key_set), expected, "{message}");
    assert!(attempts <= 3, "{message}: the gaps grow");
    recovers(&app, row, wait).await;

    // Warm: cached keys stay in use for an hour.
    if matches!(fault, Fault::Answers(Endpoint::Discovery, _)) {
        return; // Metadata is asked for once an hour, so this is the case above.
    }
    let before = (app.status().failures, app.issuer.requests().key_set);
    fault.begins(&app.issuer);
    app.advance(300); // max-age=300
    app.wait_until(message, |app| app.status().failures > before.0).await;
    assert_eq!(app.call(app.long_lived_token()).await.status, 200, "{message}");
    assert_eq!(app.readiness().await, 200, "{message}");
    assert!(app.status().stale_for.is_some(), "{message}");
    let asked = usize::from(fault.requests() != (0, 0));
    assert_eq!(app.issuer.requests().key_set - before.1, asked, "{message}");

    // Past the maximum age, as if no keys were held.
    let failures = app.status().failures;
    app.advance(3600);
    app.wait_until(message, |app| app.status().failures > failures).await;
    assert_eq!(app.readiness().await, 503, "{message}");
    spend_budget(&app).await;
    let wait = told_to_wait(&app.call(app.long_lived_token()).await, row);
    recovers(&app, row, wait).await;
}

/// Sends requests that find no keys, until the budget allows no further attempt for now.
async fn spend_budget(app: &TimedApp) {
    let finished = |app: &TimedApp| app.status().successes + app.status().failures;
    loop {
        let before = finished(app);
        let token = app.long_lived_token().encode();
        // One poll is enough to request an attempt, or to learn that none is allowed for now.
        if app.resource.verifier().verify(&token).now_or_never().is_some() {
            return;
        }
        app.advance(1);
        app.wait_until("an attempt", |app| finished(app) > before).await;
    }
}

/// Asserts a 503 without a challenge, and returns its `Retry-After`.
fn told_to_wait(answer: &Answer, row: &Row) -> u64 {
    let Row { message, longest_wait, .. } = row;
    assert_eq!(answer.status, 503, "{message}: {}", answer.body);
    assert_eq!(answer.challenge(), None, "RFC 9110 15.6.4: {message}");
    let wait = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("a wait");
    let allowed = if *longest_wait > 4 { longest_wait - 3..=*longest_wait + 30 } else { 1..=17 };
    assert!(allowed.contains(&wait), "RFC 9110 10.2.3: {message}: {wait}");
    wait
}

/// A caller that retries after `Retry-After` succeeds.
async fn recovers(app: &TimedApp, row: &Row, wait: u64) {
    row.fault.ends(&app.issuer);
    assert_eq!(app.readiness().await, 503, "{}", row.message);
    app.advance(wait);
    assert_eq!(app.call(app.long_lived_token()).await.status, 200, "{}", row.message);
    assert_eq!(app.readiness().await, 200, "{}", row.message);
}
