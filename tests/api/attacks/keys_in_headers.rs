//! Keys that a token contains or refers to: they are never used.

use std::io::ErrorKind;
use std::net::TcpListener;

use actix_resource_server::testing::SigningKey;
use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use crate::test_app::TestApp;
use crate::verdict::{BAD_SIGNATURE, GOOD, OTHER_ISSUER, UNKNOWN_KEY, check};

/// RFC 7515 sections 4.1.2 to 4.1.6: each with a valid signature by the attacker's key.
#[actix_web::test]
async fn keys_in_headers_are_never_used_or_fetched() {
    let trap = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    trap.set_nonblocking(true).expect("a listener that does not wait");
    let origin = format!("http://{}", trap.local_addr().expect("an address"));
    let evil = format!("{origin}/jwks.json");
    let app = TestApp::start().await;
    check(&app, [("a good token first", app.token().encode(), GOOD)]).await;
    let asked = app.issuer.requests();

    let attacker = SigningKey::generate(Algorithm::Rs256);
    let key = attacker.public_jwk();
    let mut named_like_ours = key.clone();
    named_like_ours["kid"] = app.issuer.signing_key().id().into();
    let pem = attacker.public_key_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let brought: [(&str, &str, Value); 10] = [
        ("4.1.3", "jwk", key.clone()),
        ("4.1.3", "jwk", named_like_ours),
        ("4.1.3", "jwk", json!(key.to_string())),
        ("4.1.2", "jku", json!(evil)),
        ("4.1.2", "jku", json!(format!("{}@{evil}", app.issuer.url()))),
        ("4.1.5", "x5u", json!(evil)),
        ("4.1.6", "x5c", json!([base64])),
        ("4.1.6", "x5c", json!([pem])),
        ("4.1.7", "x5t", json!("AAAA")),
        ("4.1.3", "jwks", json!({"keys": [key]})),
    ];
    let mut without_kid = Vec::new();
    for (section, name, value) in brought {
        let forged = app.token().signed_by(&attacker).header(name, value.clone());
        let honest = app.token().header(name, value);
        check(
            &app,
            [
                (format!("RFC 7515 {section}: {name}"), forged.clone().encode(), BAD_SIGNATURE),
                // RFC 7515 section 4: unknown parameters are ignored, not rejected.
                (format!("RFC 7515 4: {name} beside a good signature"), honest.encode(), GOOD),
            ],
        )
        .await;
        let text = format!("RFC 7515 {section}: {name} without kid");
        without_kid.push((text, forged.without_header("kid").encode(), BAD_SIGNATURE));
    }
    assert_eq!(app.issuer.requests(), asked, "a known kid fetches nothing");
    // Without a kid the issuer may be asked, and nobody else.
    check(&app, without_kid).await;

    let unknown = app.token().signed_by(&attacker).header("jwk", key).header("jku", evil);
    let unknown = unknown.header("kid", attacker.id()).encode();
    check(&app, [("RFC 7515 4.1.4: the attacker's kid", unknown, UNKNOWN_KEY)]).await;
    let own_issuer = app.token().signed_by(&attacker).claim("iss", origin).encode();
    check(&app, [("RFC 8725 3.8: the attacker's issuer", own_issuer, OTHER_ISSUER)]).await;
    let nobody = trap.accept().map(|(_, caller)| caller).map_err(|error| error.kind());
    assert_eq!(nobody, Err(ErrorKind::WouldBlock), "RFC 8725 3.10: nothing was dereferenced");
}
