//! Every check of a token, each with a token that has only that defect. Deliberate attacks are in
//! [`attacks`](crate::attacks).

use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{Algorithm, Algorithms, ClockTolerance, Profile};
use serde_json::{Value, json};
use std::time::Duration;

use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{
    BOUND, BOUND_SOMEHOW, EXPIRED, FROM_THE_FUTURE, GOOD, LACKS_CLAIM, MALFORMED, NO_ACCESS_TOKEN,
    NOT_ACCEPTED, NOT_YET_VALID, OTHER_AUDIENCE, OTHER_ISSUER, check,
};

#[actix_web::test]
async fn structure() {
    let app = TestApp::start().await;
    let good = app.token().encode();
    let long = app.token().claim("padding", "x".repeat(13_000)).encode();
    assert!(long.len() > 16 * 1024);
    let fits = app.token().claim("padding", "x".repeat(11_000)).encode();
    check(
        &app,
        vec![
            ("RFC 7519 7.2: good", good.clone(), GOOD),
            ("DESIGN 5.1: under 16 KiB", fits, GOOD),
            ("DESIGN 5.1: over 16 KiB", long, Err("the access token is too long")),
        ],
    )
    .await;
}

#[actix_web::test]
async fn header() {
    let app = TestApp::start().await;
    let token = || app.token();
    let raw = |text: &str| token().raw_header(text).encode();
    check(
        &app,
        vec![
            ("RFC 7515 4: no object", raw(r#"["RS256"]"#), MALFORMED),
            ("RFC 7515 5.2: more than JSON", raw(r#"{"alg":"RS256"} x"#), MALFORMED),
            ("RFC 7515 4.1.1: missing", token().without_header("alg").encode(), MALFORMED),
            (
                "RFC 7519 5.3: iss differs",
                token().header("iss", "https://other.example").encode(),
                MALFORMED,
            ),
            ("RFC 7519 5.1: no typ", token().without_header("typ").encode(), GOOD),
            ("RFC 7519 5.1: JWT", token().header("typ", "JWT").encode(), GOOD),
            ("RFC 9068 2.1: at+jwt", token().header("typ", "AT+jwt").encode(), GOOD),
            ("RFC 9068 2.1: at+jwt", token().header("typ", "application/at+jwt").encode(), GOOD),
            ("RFC 8725 3.11: dpop", token().header("typ", "dpop+jwt").encode(), NO_ACCESS_TOKEN),
            (
                "RFC 8725 3.11: logout",
                token().header("typ", "logout+jwt").encode(),
                NO_ACCESS_TOKEN,
            ),
            (
                "RFC 9701 5: introspection",
                token().header("typ", "token-introspection+jwt").encode(),
                NO_ACCESS_TOKEN,
            ),
        ],
    )
    .await;
}

#[actix_web::test]
async fn key_and_signature() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::Rs256, Algorithm::Es256])
        .start()
        .expect("an issuer");
    let app = TestApp::with_issuer(issuer).await;
    let elliptic = app.issuer.key_for(Algorithm::Es256);
    let token = || app.token();
    check(
        &app,
        vec![
            ("RFC 7515 5.2: good RS256", token().encode(), GOOD),
            ("RFC 7515 5.2: good ES256", maker(&app, &elliptic).encode(), GOOD),
            (
                "RFC 7515 4.1.4: without kid one key fits",
                token().without_header("kid").encode(),
                GOOD,
            ),
            (
                "RFC 8725 3.1: key of another algorithm",
                token().header("kid", elliptic.id()).encode(),
                NOT_ACCEPTED,
            ),
        ],
    )
    .await;
}

fn maker(app: &TestApp, key: &SigningKey) -> TokenMaker {
    app.issuer.token_with(key).audience(AUDIENCE)
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
async fn some_algorithms_must_be_named() {
    use Algorithm::{Es256, Es256K, MlDsa44, Rs256};
    let start = |announced: Vec<&'static str>, named: Option<Vec<Algorithm>>| async move {
        let algorithms = vec![Es256, Es256K, MlDsa44];
        let issuer = TestIssuer::builder().algorithms(algorithms).start().expect("an issuer");
        let metadata = json!({
            "issuer": issuer.url(), "jwks_uri": issuer.jwks_uri(),
            "id_token_signing_alg_values_supported": announced,
        });
        issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
        TestApp::with_verifier(issuer, |verifier| match named {
            Some(named) => verifier.algorithms(Algorithms::only(named)),
            None => verifier,
        })
        .await
    };
    let table = [
        (vec![], None, [200, 401, 401]),
        (vec!["RS256"], None, [200, 401, 401]),
        (vec!["ES256K", "ML-DSA-44", "none", "HS256"], None, [200, 200, 200]),
        (vec!["ML-DSA-44"], None, [200, 401, 200]),
        (vec![], Some(vec![Es256K]), [401, 200, 401]),
        (vec!["ML-DSA-44"], Some(vec![Es256, Rs256]), [200, 401, 401]),
    ];
    for (announced, named, expected) in table {
        let app = start(announced.clone(), named.clone()).await;
        let mut statuses = [0; 3];
        for (status, algorithm) in statuses.iter_mut().zip([Es256, Es256K, MlDsa44]) {
            let token = maker(&app, &app.issuer.key_for(algorithm)).encode();
            *status = app.get_with_token("/api/private", &token).await.status;
        }
        assert_eq!(statuses, expected, "RFC 8725 3.1: {announced:?} {named:?}");
    }
}

#[actix_web::test]
async fn claims() {
    let app = TestApp::start().await;
    let token = || app.token();
    let with = |name: &str, value: Value| token().claim(name, value).encode();
    let without = |name: &str| token().without_claim(name).encode();
    let issuer = app.issuer.url().to_owned();
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
                GOOD,
            ),
            ("RFC 7519 7.2: no object", raw(r#"["ISSUER"]"#), MALFORMED),
            ("RFC 7519 4.1.1: missing", without("iss"), LACKS_CLAIM),
            ("RFC 7519 4.1.1: another", with("iss", json!("https://other.example/")), OTHER_ISSUER),
            ("RFC 7519 4.1.3: missing", without("aud"), LACKS_CLAIM),
            ("RFC 7519 4.1.3: empty", with("aud", json!([])), OTHER_AUDIENCE),
            (
                "RFC 7519 4.1.3: another",
                with("aud", json!("https://other.example")),
                OTHER_AUDIENCE,
            ),
            ("RFC 7519 4.1.3: prefix", with("aud", json!(format!("{AUDIENCE}/"))), OTHER_AUDIENCE),
            ("RFC 7519 4.1.3: among others", with("aud", json!(["x", AUDIENCE])), GOOD),
            ("RFC 7519 4.1.4: missing", without("exp"), LACKS_CLAIM),
            ("RFC 7519 4.1.4: past", token().expires_in(-10).encode(), EXPIRED),
            ("RFC 7519 4.1.4: within tolerance", token().expires_in(-2).encode(), GOOD),
            ("RFC 7519 4.1.5: to come", token().not_before_in(60).encode(), NOT_YET_VALID),
            ("RFC 7519 4.1.6: soon", token().issued_in(60).encode(), GOOD),
            ("RFC 7519 4.1.6: in 4 minutes", token().issued_in(240).encode(), GOOD),
            ("RFC 7519 4.1.6: in 6 minutes", token().issued_in(360).encode(), FROM_THE_FUTURE),
            ("RFC 7519 4.1.6: in an hour", token().issued_in(3600).encode(), FROM_THE_FUTURE),
            ("RFC 7519 4.1.6: absent", without("iat"), GOOD),
            ("RFC 7519 4.1.2: absent", without("sub"), GOOD),
            ("RFC 7800 3.1: bound", with("cnf", json!({"jkt": "A".repeat(43)})), BOUND),
            ("RFC 7800 3.1: bound somehow", with("cnf", json!({"new": 1})), BOUND_SOMEHOW),
        ],
    )
    .await;
}

#[actix_web::test]
async fn scope_claim_in_each_form() {
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
async fn rfc_9068_profile() {
    let app =
        TestApp::with_verifier(TestIssuer::start(), |verifier| verifier.profile(Profile::Rfc9068))
            .await;
    let token = || app.token();
    let mut table = vec![
        ("RFC 9068 4: good", token().encode(), GOOD),
        ("RFC 9068 4: typ", token().header("typ", "application/AT+JWT").encode(), GOOD),
        ("RFC 9068 4: no typ", token().without_header("typ").encode(), NO_ACCESS_TOKEN),
        ("RFC 9068 4: JWT", token().header("typ", "JWT").encode(), NO_ACCESS_TOKEN),
    ];
    for claim in ["iss", "aud", "exp", "sub", "client_id", "iat", "jti"] {
        table.push(("RFC 9068 2.2", token().without_claim(claim).encode(), LACKS_CLAIM));
    }
    check(&app, table).await;
}

#[actix_web::test]
async fn stricter_settings() {
    let app = TestApp::with_verifier(TestIssuer::start(), |verifier| {
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
            ("good", token().encode(), GOOD),
            ("a second audience", second, GOOD),
            ("no tolerance", token().expires_in(-1).encode(), EXPIRED),
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
