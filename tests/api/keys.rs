//! New, removed, changed and unavailable keys.

use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use crate::test_app::{AUDIENCE, TestApp};

#[actix_web::test]
async fn issuer_with_path_is_discovered_in_each_form() {
    for slash in [false, true] {
        let issuer = TestIssuer::builder().path("/tenant/one").trailing_slash(slash).start();
        let app = TestApp::with_issuer(issuer.expect("an issuer")).await;
        let token = app.token().encode();
        let answer = app.get_with_token("/api/private", &token).await;
        assert_eq!(answer.status, 200, "RFC 8414 3.1: {}", app.issuer.url());
    }
}

#[actix_web::test]
async fn trailing_slash_is_optional_in_the_setting_but_not_in_the_token() {
    let issuer = TestIssuer::builder().trailing_slash(true).start().expect("an issuer");
    let configured = issuer.url().trim_end_matches('/').to_owned();
    let verifier = actix_resource_server::verifier::Verifier::builder()
        .issuer(configured.clone())
        .audience(AUDIENCE)
        .start()
        .expect("a verifier");
    let token = issuer.token().audience(AUDIENCE);
    assert!(verifier.verify(&token.clone().encode()).await.is_ok(), "RFC 8414 3.3");
    let other = token.claim("iss", configured).encode();
    assert!(verifier.verify(&other).await.is_err(), "RFC 7519 7.3");
}

#[actix_web::test]
async fn unknown_kid_triggers_a_fetch() {
    let app = TestApp::start().await;
    let old = app.token().encode();
    assert_eq!(app.get_with_token("/api/private", &old).await.status, 200);
    let key = app.issuer.rotate();
    let new = app.issuer.token_with(&key).audience(AUDIENCE).encode();
    assert_eq!(app.get_with_token("/api/private", &new).await.status, 200);
    assert_eq!(app.get_with_token("/api/private", &old).await.status, 200);
    assert_eq!(app.issuer.requests().key_set, 2);
}

#[actix_web::test]
async fn concurrent_requests_share_one_fetch() {
    let app = TestApp::start().await;
    assert_eq!(app.get_with_token("/api/private", &app.token().encode()).await.status, 200);
    let key = app.issuer.rotate();
    let token = app.issuer.token_with(&key).audience(AUDIENCE).encode();
    let requests = (0..60).map(|_| app.get_with_token("/api/private", &token));
    let answers = futures_util::future::join_all(requests).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(app.issuer.requests().key_set, 2);
}

#[actix_web::test]
async fn missing_keys_give_503_without_challenge() {
    let issuer = TestIssuer::start();
    let token = issuer.token().audience(AUDIENCE).encode();
    issuer.respond(Endpoint::Discovery, Behavior::status(500));
    let app = TestApp::with_issuer(issuer).await;
    let answer = app.get_with_token("/api/private", &token).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.challenge(), None, "RFC 9110 15.6.4");
    let wait: u64 =
        answer.header("retry-after").and_then(|text| text.parse().ok()).expect("a wait");
    assert!((1..=60).contains(&wait), "RFC 9110 10.2.3: {wait}");
    // A token that no key could make valid is still rejected.
    assert_eq!(app.get_with_token("/api/private", "nonsense").await.status, 401);
    assert_eq!(app.get("/api/public").await.status, 200);
}

#[actix_web::test]
async fn outage_with_cached_keys_goes_unnoticed() {
    let app = TestApp::start().await;
    let token = app.token().encode();
    assert_eq!(app.get_with_token("/api/private", &token).await.status, 200);
    app.issuer.stop();
    assert_eq!(app.get_with_token("/api/private", &token).await.status, 200);
    // Whether the unknown key is valid cannot be decided now.
    let unknown = app.token().header("kid", "unknown").encode();
    assert_eq!(app.get_with_token("/api/private", &unknown).await.status, 503);
}

#[actix_web::test]
async fn unusable_keys_in_a_set_are_skipped() {
    let issuer = TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("an issuer");
    let good = issuer.key_for(Algorithm::Es256).public_jwk();
    let mut encryption = good.clone();
    encryption["use"] = "enc".into();
    encryption["kid"] = "encryption".into();
    issuer.set_jwks(serde_json::json!({"keys": [
        {"kty": "PQC", "kid": "future"}, 7, null, encryption, good, {"kty": "oct", "k": "AA"},
    ]}));
    let app = TestApp::with_issuer(issuer).await;
    let key = app.issuer.key_for(Algorithm::Es256);
    let token = app.issuer.token_with(&key).audience(AUDIENCE);
    assert_eq!(app.get_with_token("/api/private", &token.clone().encode()).await.status, 200);
    let misused = token.header("kid", "encryption").encode();
    assert_eq!(app.get_with_token("/api/private", &misused).await.status, 401, "RFC 7517 4.2");
}

/// A rotation with overlap at an issuer that publishes no `kid`s.
#[actix_web::test]
async fn tokens_without_kid_are_verified_by_either_of_two_keys_without_kid() {
    let issuer = TestIssuer::start();
    let keys = [0, 1].map(|_| SigningKey::generate(Algorithm::Rs256));
    let published = keys.each_ref().map(|key| {
        let mut jwk = key.public_jwk();
        jwk.as_object_mut().expect("a JWK").remove("kid");
        jwk
    });
    issuer.set_jwks(json!({"keys": published}));
    let app = TestApp::with_issuer(issuer).await;
    for key in &keys {
        let token = app.issuer.token_with(key).audience(AUDIENCE).without_header("kid").encode();
        let answer = app.get_with_token("/api/private", &token).await;
        assert_eq!(answer.status, 200, "RFC 7517 4.5");
    }
    let forger = SigningKey::generate(Algorithm::Rs256);
    let forged = app.issuer.token_with(&forger).audience(AUDIENCE).without_header("kid").encode();
    assert_eq!(app.get_with_token("/api/private", &forged).await.status, 401, "RFC 7515 5.2");
}

/// Keys that a `kid` does not distinguish are tried, four at most, and `x5t` selects where it can.
#[actix_web::test]
async fn keys_are_found_without_a_kid_of_their_own() {
    let keys: Vec<SigningKey> = (0..5).map(|_| SigningKey::generate(Algorithm::Es256)).collect();
    let forger = SigningKey::generate(Algorithm::Es256);
    let published = |count: usize, members: fn(usize) -> Value| {
        let of = |(place, key): (usize, &SigningKey)| {
            let mut jwk = key.public_jwk();
            jwk.as_object_mut().expect("a JWK").remove("kid");
            let members = members(place);
            jwk.as_object_mut().expect("a JWK").extend(members.as_object().expect("them").clone());
            jwk
        };
        json!({"keys": keys.iter().take(count).enumerate().map(of).collect::<Vec<_>>()})
    };
    let one_kid: fn(usize) -> Value = |_| json!({"kid": "shared"});
    let no_kid: fn(usize) -> Value = |_| json!({});
    let own_kid: fn(usize) -> Value = |place| json!({"kid": place.to_string()});
    let hashes: fn(usize) -> Value =
        |place| json!({"kid": place.to_string(), "x5t": format!("t-{place}")});
    let sha256: fn(usize) -> Value = |place| json!({"x5t#S256": format!("t-{place}")});
    let table = [
        (
            "one kid for all, the first",
            published(2, one_kid),
            json!({"kid": "shared"}),
            &keys[0],
            200,
        ),
        (
            "one kid for all, the last",
            published(4, one_kid),
            json!({"kid": "shared"}),
            &keys[3],
            200,
        ),
        ("no kid in the set", published(3, no_kid), json!({"kid": "x"}), &keys[2], 200),
        ("no kid in the token", published(3, own_kid), json!({}), &keys[2], 200),
        ("x5t", published(5, hashes), json!({"x5t": "t-4"}), &keys[4], 200),
        ("x5t#S256", published(5, sha256), json!({"x5t#S256": "t-4"}), &keys[4], 200),
        ("x5t that no key has", published(2, hashes), json!({"x5t": "t-9"}), &keys[1], 200),
        // Neighbors that stay rejected.
        ("a forger under the kid", published(2, one_kid), json!({"kid": "shared"}), &forger, 401),
        ("the fifth key", published(5, one_kid), json!({"kid": "shared"}), &keys[4], 401),
        ("the kid of another key", published(2, own_kid), json!({"kid": "0"}), &keys[1], 401),
        ("the x5t of another key", published(2, hashes), json!({"x5t": "t-0"}), &keys[1], 401),
        ("a forger without kid", published(4, no_kid), json!({}), &forger, 401),
    ];
    for (what, set, members, signer, status) in table {
        let issuer = TestIssuer::start();
        issuer.set_jwks(set);
        let app = TestApp::with_issuer(issuer).await;
        let mut token = app.issuer.token_with(signer).audience(AUDIENCE).without_header("kid");
        for (name, value) in members.as_object().expect("members") {
            token = token.header(name, value.clone());
        }
        let answer = app.get_with_token("/api/private", &token.encode()).await;
        assert_eq!(answer.status, status, "RFC 7515 4.1.4, 4.1.7, 4.1.8: {what}: {}", answer.body);
    }
}
