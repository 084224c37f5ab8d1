//! Every check of a token, each with a token that is good but for that one thing.

use actix_resource_server::testing::{SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{Algorithm, Algorithms, ClockTolerance, Profile};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::time::Duration;

use crate::test_app::{AUDIENCE, TestApp};

/// Sends each token to the private endpoint and compares status and description.
async fn check(app: &TestApp, table: Vec<(&str, String, Result<(), &str>)>) {
    for (section, token, expected) in table {
        let answer = app.get_with_token("/api/private", &token).await;
        let Err(description) = expected else {
            assert_eq!(answer.status, 200, "{section}: {}", answer.body);
            continue;
        };
        assert_eq!(answer.status, 401, "{section}: {}", answer.body);
        assert_eq!(answer.error().as_deref(), Some("invalid_token"), "RFC 6750 3.1: {section}");
        let challenge = answer.challenge().unwrap_or_default();
        let part = format!(r#"error="invalid_token", error_description="{description}""#);
        assert!(challenge.contains(&part), "{section}: {challenge}");
        assert_eq!(answer.json()["detail"], description, "{section}");
    }
}

const MALFORMED: Result<(), &str> = Err("the access token is malformed");
const UNKNOWN_KEY: Result<(), &str> =
    Err("the access token is signed with a key that is not known");
const NOT_ACCEPTED: Result<(), &str> =
    Err("the access token is signed with an algorithm that is not accepted");
const BAD_SIGNATURE: Result<(), &str> = Err("the signature of the access token is not valid");
const MISTYPED: Result<(), &str> = Err("a claim of the access token is of the wrong type");
const LACKS_CLAIM: Result<(), &str> = Err("the access token lacks a required claim");
const EXTENSION: Result<(), &str> = Err("the access token uses an extension that is not supported");

#[actix_web::test]
async fn the_shape() {
    let app = TestApp::start().await;
    let good = app.token().encode();
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let padded = format!("{head}.{signature}==");
    let long = app.token().claim("padding", "x".repeat(13_000)).encode();
    assert!(long.len() > 16 * 1024);
    let fits = app.token().claim("padding", "x".repeat(11_000)).encode();
    let opaque = Err("the access token is opaque; request one for this API's audience");
    check(
        &app,
        vec![
            ("RFC 7519 7.2: good", good.clone(), Ok(())),
            ("DESIGN 5.1: under 16 KiB", fits, Ok(())),
            ("DESIGN 5.1: over 16 KiB", long, Err("the access token is too long")),
            ("RFC 7519 7.2: one part", "opaque-reference".to_owned(), opaque),
            (
                "RFC 7516 3.1: five parts",
                "a.b.c.d.e".to_owned(),
                Err("the access token is encrypted; a signed one is needed"),
            ),
            ("RFC 7519 7.2: two parts", head.to_owned(), MALFORMED),
            ("RFC 7519 7.2: four parts", format!("{good}.AA"), MALFORMED),
            ("RFC 7515 2: padding", padded, MALFORMED),
            ("RFC 8725bis 3.15: +", good.replacen('.', "+.", 1), MALFORMED),
            ("RFC 7515 5.2: no signature", format!("{head}."), BAD_SIGNATURE),
        ],
    )
    .await;
}

#[actix_web::test]
async fn the_header() {
    let app = TestApp::start().await;
    let token = || app.token();
    let kid = app.issuer.signing_key().id().to_owned();
    let raw = |text: &str| token().raw_header(text).encode();
    let not_access = Err("the token is not an access token");
    let jwk = app.issuer.signing_key().public_jwk();
    check(
        &app,
        vec![
            (
                "RFC 7515 4: twice",
                raw(&format!(r#"{{"alg":"RS256","kid":"{kid}","alg":"RS256"}}"#)),
                MALFORMED,
            ),
            ("RFC 7515 4: no object", raw(r#"["RS256"]"#), MALFORMED),
            ("RFC 7515 5.2: more than JSON", raw(r#"{"alg":"RS256"} x"#), MALFORMED),
            ("RFC 7515 4.1.1: missing", token().without_header("alg").encode(), MALFORMED),
            ("RFC 7515 4.1.1: number", token().header("alg", 256).encode(), MALFORMED),
            ("RFC 7515 4.1.1: case", token().header("alg", "rs256").encode(), NOT_ACCEPTED),
            ("RFC 7515 4.1.1: unknown", token().header("alg", "RS257").encode(), NOT_ACCEPTED),
            ("RFC 8725 3.1: not allowed", token().header("alg", "HS256").encode(), NOT_ACCEPTED),
            (
                "RFC 8725 3.2: none",
                token().unsigned().encode(),
                Err("the access token is not signed"),
            ),
            (
                "RFC 8725 3.2: NONE",
                token().unsigned().header("alg", "NONE").encode(),
                Err("the access token is not signed"),
            ),
            (
                "RFC 7515 4.1.11: crit",
                token().header("crit", json!(["exp"])).header("exp", 1).encode(),
                EXTENSION,
            ),
            ("RFC 7515 4.1.11: empty crit", token().header("crit", json!([])).encode(), EXTENSION),
            ("RFC 7797 7: b64", token().header("b64", false).encode(), EXTENSION),
            ("RFC 7797 7: b64", token().header("b64", true).encode(), EXTENSION),
            ("RFC 7515 4.1.4: kid", token().header("kid", 1).encode(), MALFORMED),
            ("RFC 7515 4.1.4: kid", token().header("kid", json!([kid])).encode(), MALFORMED),
            ("RFC 7519 5.2: nested", token().header("cty", "JWT").encode(), MALFORMED),
            (
                "RFC 7519 5.3: iss differs",
                token().header("iss", "https://other.example").encode(),
                MALFORMED,
            ),
            ("RFC 7515 4.1.3: jwk is ignored", token().header("jwk", jwk).encode(), Ok(())),
            (
                "RFC 7515 4.1.2: jku is ignored",
                token().header("jku", "https://evil.example").encode(),
                Ok(()),
            ),
            (
                "RFC 7515 4.1.5: x5u is ignored",
                token().header("x5u", "https://evil.example").encode(),
                Ok(()),
            ),
            (
                "RFC 7515 4.1.6: x5c is ignored",
                token().header("x5c", json!(["AA"])).encode(),
                Ok(()),
            ),
            ("RFC 7515 4: unknown members are ignored", token().header("new", 1).encode(), Ok(())),
            ("RFC 7519 5.1: no typ", token().without_header("typ").encode(), Ok(())),
            ("RFC 7519 5.1: JWT", token().header("typ", "JWT").encode(), Ok(())),
            ("RFC 9068 2.1: at+jwt", token().header("typ", "AT+jwt").encode(), Ok(())),
            ("RFC 9068 2.1: at+jwt", token().header("typ", "application/at+jwt").encode(), Ok(())),
            ("RFC 8725 3.11: dpop", token().header("typ", "dpop+jwt").encode(), not_access),
            ("RFC 8725 3.11: logout", token().header("typ", "logout+jwt").encode(), not_access),
            (
                "RFC 9701 5: introspection",
                token().header("typ", "token-introspection+jwt").encode(),
                not_access,
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn the_key_and_the_signature() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::Rs256, Algorithm::Es256])
        .start()
        .expect("an issuer");
    let app = TestApp::with_issuer(issuer).await;
    let stranger = SigningKey::generate(Algorithm::Rs256);
    let elliptic = app.issuer.key_for(Algorithm::Es256);
    let token = || app.token();
    check(
        &app,
        vec![
            ("RFC 7515 5.2: good RS256", token().encode(), Ok(())),
            ("RFC 7515 5.2: good ES256", maker(&app, &elliptic).encode(), Ok(())),
            (
                "RFC 7515 4.1.4: kid is exact",
                token().header("kid", "unknown").encode(),
                UNKNOWN_KEY,
            ),
            (
                "RFC 7515 4.1.4: kid is a name, not a path",
                token().header("kid", "../../etc/passwd").encode(),
                UNKNOWN_KEY,
            ),
            (
                "RFC 7515 4.1.4: without kid one key fits",
                token().without_header("kid").encode(),
                Ok(()),
            ),
            (
                "RFC 8725 3.1: key of another algorithm",
                token().header("kid", elliptic.id()).encode(),
                NOT_ACCEPTED,
            ),
            (
                "RFC 8725 3.1: PS256 under an RS256 key",
                token().signed_as(Algorithm::Ps256).encode(),
                NOT_ACCEPTED,
            ),
            ("RFC 7515 5.2: another's key", token().signed_by(&stranger).encode(), BAD_SIGNATURE),
            ("RFC 7515 5.2: one bit", token().broken_signature().encode(), BAD_SIGNATURE),
            ("RFC 7515 5.2: none at all", token().without_signature().encode(), BAD_SIGNATURE),
            ("RFC 8725 2.1: HMAC with the public key", confused(&app), NOT_ACCEPTED),
            ("CVE-2022-21449: zeros", zeros(&app, &elliptic), BAD_SIGNATURE),
            ("RFC 7515 5.2: another payload", changed_claims(&app), BAD_SIGNATURE),
        ],
    )
    .await;
}

fn maker(app: &TestApp, key: &SigningKey) -> TokenMaker {
    app.issuer.token_with(key).audience(AUDIENCE)
}

/// A token whose HMAC secret is the issuer's public key, as everybody can make it.
fn confused(app: &TestApp) -> String {
    let public = app.issuer.signing_key().public_key_pem();
    let head = app.token().header("alg", "HS256").encode();
    let (input, _) = head.rsplit_once('.').expect("three parts");
    let key = jsonwebtoken::EncodingKey::from_secret(public.as_bytes());
    let signature =
        jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
            .expect("a signature");
    format!("{input}.{signature}")
}

fn zeros(app: &TestApp, key: &SigningKey) -> String {
    let token = maker(app, key).encode();
    let (input, _) = token.rsplit_once('.').expect("three parts");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode([0; 64]))
}

fn changed_claims(app: &TestApp) -> String {
    let (good, other) = (app.token().encode(), app.token().scope("read:messages").encode());
    let (good, other): (Vec<_>, Vec<_>) = (good.split('.').collect(), other.split('.').collect());
    [good[0], other[1], good[2]].join(".")
}

#[actix_web::test]
async fn every_algorithm() {
    let asymmetric: Vec<Algorithm> = Algorithms::ASYMMETRIC.iter().collect();
    let issuer = TestIssuer::builder().algorithms(asymmetric.clone()).start().expect("an issuer");
    let app = TestApp::with_issuer(issuer).await;
    for algorithm in asymmetric {
        let key = app.issuer.key_for(algorithm);
        let good = maker(&app, &key).encode();
        assert_eq!(app.get_with_token("/api/private", &good).await.status, 200, "{algorithm}");
        let bad = maker(&app, &key).broken_signature().encode();
        assert_eq!(app.get_with_token("/api/private", &bad).await.status, 401, "{algorithm}");
    }
    let exact_name = maker(&app, &app.issuer.key_for(Algorithm::EdDsa)).header("alg", "Ed25519");
    let answer = app.get_with_token("/api/private", &exact_name.encode()).await;
    assert_eq!(answer.status, 200, "RFC 9864 2.2");
}

#[actix_web::test]
async fn the_claims() {
    let app = TestApp::start().await;
    let token = || app.token();
    let with = |name: &str, value: Value| token().claim(name, value).encode();
    let without = |name: &str| token().without_claim(name).encode();
    let issuer = app.issuer.url().to_owned();
    let other_issuer = Err("the access token is from an issuer that is not accepted");
    let other_audience = Err("the access token is meant for another audience");
    let raw = |text: &str| {
        let text = text.replace("ISSUER", &issuer).replace("AUDIENCE", AUDIENCE);
        token().raw_claims(&text).encode()
    };
    check(
        &app,
        vec![
            (
                "RFC 7519 4: as written",
                raw(r#"{"iss":"ISSUER","aud":"AUDIENCE","exp":9999999999}"#),
                Ok(()),
            ),
            (
                "RFC 7519 4: iss twice",
                raw(r#"{"iss":"ISSUER","iss":"ISSUER","aud":"AUDIENCE","exp":9999999999}"#),
                MALFORMED,
            ),
            (
                "RFC 7519 4: exp twice",
                raw(r#"{"iss":"ISSUER","aud":"AUDIENCE","exp":9999999999,"exp":9999999999}"#),
                MALFORMED,
            ),
            ("RFC 7519 7.2: no object", raw(r#"["ISSUER"]"#), MALFORMED),
            ("RFC 7519 4.1.1: missing", without("iss"), LACKS_CLAIM),
            ("RFC 7519 4.1.1: array", with("iss", json!([issuer])), MISTYPED),
            ("RFC 7519 4.1.1: another", with("iss", json!("https://other.example/")), other_issuer),
            ("RFC 7519 7.3: slash", with("iss", json!(format!("{issuer}/"))), other_issuer),
            ("RFC 7519 7.3: case", with("iss", json!(issuer.to_uppercase())), other_issuer),
            ("RFC 7519 4.1.3: missing", without("aud"), LACKS_CLAIM),
            ("RFC 7519 4.1.3: number", with("aud", json!(1)), MISTYPED),
            ("RFC 7519 4.1.3: mixed", with("aud", json!([AUDIENCE, 1])), MISTYPED),
            ("RFC 7519 4.1.3: empty", with("aud", json!([])), other_audience),
            (
                "RFC 7519 4.1.3: another",
                with("aud", json!("https://other.example")),
                other_audience,
            ),
            ("RFC 7519 4.1.3: prefix", with("aud", json!(format!("{AUDIENCE}/"))), other_audience),
            ("RFC 7519 4.1.3: among others", with("aud", json!(["x", AUDIENCE])), Ok(())),
            ("RFC 7519 4.1.4: missing", without("exp"), LACKS_CLAIM),
            ("RFC 7519 4.1.4: text", with("exp", json!("9999999999")), MISTYPED),
            ("RFC 7519 4.1.4: null", with("exp", json!(null)), MISTYPED),
            (
                "RFC 7519 4.1.4: past",
                token().expires_in(-10).encode(),
                Err("the access token has expired"),
            ),
            ("RFC 7519 4.1.4: within tolerance", token().expires_in(-2).encode(), Ok(())),
            ("RFC 7519 4.1.5: text", with("nbf", json!("0")), MISTYPED),
            (
                "RFC 7519 4.1.5: to come",
                token().not_before_in(60).encode(),
                Err("the access token is not valid yet"),
            ),
            ("RFC 7519 4.1.6: text", with("iat", json!("0")), MISTYPED),
            (
                "RFC 7519 4.1.6: to come",
                token().issued_in(60).encode(),
                Err("the access token was issued in the future"),
            ),
            ("RFC 7519 4.1.6: absent", without("iat"), Ok(())),
            ("RFC 7519 4.1.2: number", with("sub", json!(1)), MISTYPED),
            ("RFC 7519 4.1.2: absent", without("sub"), Ok(())),
            ("RFC 8693 4.2: number", with("scope", json!(1)), MISTYPED),
            (
                "RFC 7800 3.1: bound",
                with("cnf", json!({"jkt": "x"})),
                Err("the access token is bound to a key and is no bearer token"),
            ),
            (
                "RFC 7800 3.1: bound somehow",
                with("cnf", json!({"new": 1})),
                Err("the access token is bound to a key and is no bearer token"),
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn the_scope_claim_in_each_of_its_forms() {
    let app = TestApp::start().await;
    let table = [
        (json!("read:messages"), 200),
        (json!("openid  read:messages "), 200),
        (json!(["openid", "read:messages"]), 200),
        (json!(""), 403),
        (json!([]), 403),
        (json!("READ:messages"), 403),
        (json!("read:message"), 403),
        (json!("read:messages2"), 403),
        (json!("xread:messages"), 403),
        (json!("write:messages"), 403),
        (json!("read:messages,openid"), 403),
        (json!("openid\tread:messages"), 403),
        (json!(["openid read:messages"]), 403),
    ];
    for (scope, status) in table {
        let token = app.token().claim("scope", scope.clone()).encode();
        let answer = app.get_with_token("/api/private-scoped", &token).await;
        assert_eq!(answer.status, status, "RFC 6749 3.3: {scope}");
    }
    let token = app.token().without_claim("scope").encode();
    assert_eq!(app.get_with_token("/api/private-scoped", &token).await.status, 403);
}

#[actix_web::test]
async fn the_rfc_9068_profile() {
    let app =
        TestApp::configured(TestIssuer::start(), |verifier| verifier.profile(Profile::Rfc9068))
            .await;
    let token = || app.token();
    let not_access = Err("the token is not an access token");
    let mut table = vec![
        ("RFC 9068 4: good", token().encode(), Ok(())),
        ("RFC 9068 4: typ", token().header("typ", "application/AT+JWT").encode(), Ok(())),
        ("RFC 9068 4: no typ", token().without_header("typ").encode(), not_access),
        ("RFC 9068 4: JWT", token().header("typ", "JWT").encode(), not_access),
    ];
    for claim in ["iss", "aud", "exp", "sub", "client_id", "iat", "jti"] {
        table.push(("RFC 9068 2.2", token().without_claim(claim).encode(), LACKS_CLAIM));
    }
    check(&app, table).await;
}

#[actix_web::test]
async fn the_settings_that_make_it_stricter() {
    let app = TestApp::configured(TestIssuer::start(), |verifier| {
        verifier
            .algorithms(Algorithms::only([Algorithm::Rs256]))
            .clock_tolerance(ClockTolerance::NONE)
            .max_token_age(Duration::from_secs(600))
            .audience("https://second.example")
    })
    .await;
    let token = || app.token();
    let second = app.issuer.token().audience("https://second.example").encode();
    check(
        &app,
        vec![
            ("good", token().encode(), Ok(())),
            ("a second audience", second, Ok(())),
            ("no tolerance", token().expires_in(-1).encode(), Err("the access token has expired")),
            (
                "too old",
                token().issued_in(-601).encode(),
                Err("the access token was issued too long ago"),
            ),
            ("of unknown age", token().without_claim("iat").encode(), LACKS_CLAIM),
        ],
    )
    .await;
}
