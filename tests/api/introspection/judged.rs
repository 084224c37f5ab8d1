//! Routing by form, claims of active tokens, client authentication, and signed responses.

use actix_resource_server::issuer::{ClientKey, IntrospectionClient, IntrospectionMode};
use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::{Value, json};

use super::{OpaqueApp, service_routes};
use crate::test_app::{AUDIENCE, TestApp};

#[actix_web::test]
async fn guards_accept_an_active_opaque_token() {
    let app = OpaqueApp::start().await;
    let token = app.opaque();
    assert_eq!(app.status_of(&token).await, 200);
    let scoped = app.app.get_with_token("/api/private-scoped", &token).await;
    assert_eq!(scoped.status, 200, "{}", scoped.body);
    let without_scope = app.app.issuer.opaque(&app.app.token());
    let rejected = app.app.get_with_token("/api/private-scoped", &without_scope).await;
    assert_eq!(rejected.status, 403, "RFC 6750 3.1");
    assert_eq!(app.calls(), 2, "one call per token");
}

#[actix_web::test]
async fn jwts_are_not_introspected() {
    let app = OpaqueApp::start().await;
    assert_eq!(app.status_of(&app.app.token().encode()).await, 200);
    let revoked = app.app.token().encode();
    app.app.issuer.revoke(&revoked);
    assert_eq!(app.status_of(&revoked).await, 200, "INTROSPECTION=opaque");
    assert_eq!(app.status_of(&app.app.token().expires_in(-60).encode()).await, 401);
    assert_eq!(app.status_of("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d").await, 401, "encrypted");
    assert_eq!(app.calls(), 0);
}

#[actix_web::test]
async fn always_also_asks_about_valid_jwts() {
    let app = OpaqueApp::with(|settings| settings.mode = IntrospectionMode::Always).await;
    let token = app.app.token().encode();
    assert_eq!(app.status_of(&token).await, 200);
    assert_eq!(app.status_of(&token).await, 200);
    assert_eq!(app.calls(), 1, "the answer is cached");
    let revoked = app.app.token().encode();
    app.app.issuer.revoke(&revoked);
    let rejected = app.app.get_with_token("/api/private", &revoked).await;
    assert_eq!(rejected.status, 401, "RFC 7662 2.2");
    assert_eq!(app.status_of(&app.app.token().expires_in(-60).encode()).await, 401);
    assert_eq!(app.calls(), 2, "an invalid JWT is not asked about");
    app.app.issuer.respond(Endpoint::Introspection, Behavior::status(500));
    assert_eq!(app.status_of(&app.app.token().encode()).await, 503);
}

#[actix_web::test]
async fn without_introspection_opaque_tokens_are_explained() {
    let app = TestApp::start().await;
    let rejected = app.get_with_token("/api/private", "opaque_token").await;
    assert_eq!(rejected.status, 401);
    assert!(rejected.challenge().is_some_and(|text| text.contains("opaque")), "{}", rejected.body);
}

#[actix_web::test]
async fn unknown_and_revoked_tokens_are_inactive() {
    let app = OpaqueApp::start().await;
    let revoked = app.opaque();
    app.app.issuer.revoke(&revoked);
    for token in ["opaque_unknown", "a.b.c", "ory_at_x.y", "2YotnFZFEjr1zCsicMWpAA==", &revoked] {
        let rejected = app.app.get_with_token("/api/private", token).await;
        assert_eq!(rejected.status, 401, "RFC 7662 2.2: {token}");
        let challenge = rejected.challenge().unwrap_or_default();
        assert!(challenge.contains(r#"error="invalid_token""#), "RFC 6750 3.1: {challenge}");
        assert!(challenge.contains("not active"), "{challenge}");
    }
}

#[actix_web::test]
async fn client_assertions_are_accepted() {
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let pair = KeyPair::generate_for(algorithm).expect("a key");
        let key = ClientKey::from_pem(pair.serialize_pem().as_bytes()).expect("a client key");
        let client = IntrospectionClient::with_key(TestIssuer::CLIENT_ID, key);
        let app = OpaqueApp::with(|settings| settings.client = client).await;
        app.app.issuer.set_client_key(&pair.public_key_pem());
        assert_eq!(app.status_of(&app.opaque()).await, 200, "RFC 7523 2.2");
    }
}

#[actix_web::test]
async fn signed_responses_are_asked_for_and_verified() {
    let app = signed_app().await;
    assert_eq!(app.status_of(&app.opaque()).await, 200, "RFC 9701 5");
    assert_eq!(app.status_of("unknown").await, 401, "RFC 9701 5");
}

/// An app whose issuer offers signed responses.
pub(super) async fn signed_app() -> OpaqueApp {
    let issuer = TestIssuer::start();
    issuer.sign_introspection(true);
    OpaqueApp::with_issuer(issuer, service_routes(), |_| {}).await
}

#[actix_web::test]
async fn a_signed_response_is_never_an_access_token() {
    let app = OpaqueApp::start().await;
    let response = app.app.issuer.signed_introspection(&json!({"active": true}));
    let claims = [("aud", AUDIENCE), ("sub", "ann"), ("scope", "read:messages")];
    let token = claims.into_iter().fold(response, |token, (name, value)| token.claim(name, value));
    let rejected = app.app.get_with_token("/api/private", &token.expires_in(60).encode()).await;
    assert_eq!(rejected.status, 401, "RFC 9701 8.1");
    assert_eq!(app.calls(), 0);
}

/// Behavior of the endpoint that answers exactly this.
pub(super) fn signed(body: String) -> Behavior {
    Behavior::body("application/token-introspection+jwt", body)
}

/// Responses that are answers, but not about a token that this API accepts.
#[actix_web::test]
async fn claims_of_active_tokens_are_judged() {
    let app = OpaqueApp::start().await;
    let url = app.app.issuer.url().to_owned();
    let now = seconds_now();
    let good = json!({
        "active": true, "iss": url, "aud": AUDIENCE, "exp": now + 600, "sub": "ann",
        "token_type": "Bearer",
    });
    let table: [(&str, Value, u16, &str); 13] = [
        ("sub", json!("bob"), 200, "RFC 7662 2.2"),
        ("active", json!(false), 401, "RFC 7662 2.2"),
        ("iss", json!("https://other.example/"), 401, "RFC 7662 4"),
        ("aud", json!("https://other.example"), 401, "RFC 7662 4"),
        ("aud", json!([]), 401, "RFC 7662 4"),
        ("exp", json!(now - 60), 401, "RFC 7662 4"),
        ("exp", json!("soon"), 401, "RFC 7662 2.2"),
        ("nbf", json!(now + 600), 401, "RFC 7662 4"),
        ("iat", json!(now + 6000), 401, "RFC 7662 2.2"),
        ("token_type", json!("DPoP"), 401, "RFC 9449 6"),
        ("token_use", json!("refresh_token"), 401, "a refresh token"),
        ("typ", json!("ID"), 401, "an ID token"),
        ("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}), 401, "RFC 9449 7.2"),
    ];
    for (number, (name, value, status, section)) in table.into_iter().enumerate() {
        let mut response = good.clone();
        response[name] = value;
        app.app.issuer.respond(Endpoint::Introspection, Behavior::json(&response));
        let answer = app.app.get_with_token("/api/private", &format!("token_{number}")).await;
        assert_eq!(answer.status, status, "{section}: {response}: {}", answer.body);
    }
    for name in ["aud", "exp"] {
        let mut response = good.clone();
        response.as_object_mut().expect("an object").remove(name);
        app.app.issuer.respond(Endpoint::Introspection, Behavior::json(&response));
        assert_eq!(app.status_of(&format!("without_{name}")).await, 401, "RFC 7662 4: {name}");
    }
    let mut response = good;
    response.as_object_mut().expect("an object").remove("iss");
    app.app.issuer.respond(Endpoint::Introspection, Behavior::json(&response));
    assert_eq!(app.status_of("without_iss").await, 200, "the issuer itself answered");
}

pub(super) fn seconds_now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

/// A key that the issuer does not have.
pub(super) fn foreign_key() -> SigningKey {
    SigningKey::generate(Algorithm::Rs256)
}
