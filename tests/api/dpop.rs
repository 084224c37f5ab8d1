//! DPoP over HTTP: each check of RFC 9449 by a proof that is good but for one thing.

mod issuers;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use actix_resource_server::sender::{DpopPolicy, NonceKeys};
use actix_resource_server::testing::{
    Defect, ManualClock, PUBLIC_URL, ProofDefect, ProofMaker, SigningKey, TestIssuer,
};
use actix_resource_server::token::{Algorithm, Algorithms, Timestamp};
use awc::http::Method;
use serde_json::json;

use crate::test_app::{AUDIENCE, Answer, TestApp};

pub(crate) fn policy() -> DpopPolicy {
    DpopPolicy::new([PUBLIC_URL.parse().expect("a public URL")])
}

async fn start(change: impl FnOnce(&mut DpopPolicy)) -> TestApp {
    let mut policy = policy();
    change(&mut policy);
    TestApp::with_verifier(TestIssuer::start(), |verifier| verifier.dpop(policy)).await
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256)
}

/// A proof for `GET /api/private` with this token.
fn proof(key: &SigningKey, token: &str) -> ProofMaker {
    ProofMaker::new(key).target(format!("{PUBLIC_URL}/api/private")).token(token)
}

async fn send(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Answer {
    app.send(Method::GET, path, fields).await
}

/// `GET /api/private` with this token under the DPoP scheme, and this proof.
async fn present(app: &TestApp, token: &str, proof: &str) -> Answer {
    let authorization = format!("DPoP {token}");
    send(app, "/api/private", &[("authorization", &authorization), ("dpop", proof)]).await
}

fn challenges(answer: &Answer) -> Vec<String> {
    let fields = answer.headers.get_all("www-authenticate");
    fields.map(|field| field.to_str().expect("plain text").to_owned()).collect()
}

#[actix_web::test]
async fn good_proof_is_accepted_for_every_algorithm() {
    let app = start(|_| {}).await;
    for algorithm in Algorithms::DEFAULT.iter() {
        let key = SigningKey::generate(algorithm);
        let token = app.token().bound_to(&key).encode();
        let answer = present(&app, &token, &proof(&key, &token).encode()).await;
        assert_eq!(answer.status, 200, "{algorithm}: {}", answer.body);
        assert_eq!(answer.header("dpop-nonce"), None);
    }
}

#[actix_web::test]
async fn each_defect_of_a_proof_is_answered_with_invalid_dpop_proof() {
    let app = start(|_| {}).await;
    let key = key();
    let token = app.token().bound_to(&key).encode();
    for defect in ProofDefect::ALL {
        let bad = proof(&key, &token).with_defect(defect).encode();
        let answer = present(&app, &token, &bad).await;
        let section = defect.section();
        assert_eq!(answer.status, 401, "{section}: {defect}");
        let challenges = challenges(&answer);
        assert_eq!(challenges.len(), 1, "{section}: {challenges:?}");
        let challenge = &challenges[0];
        assert!(
            challenge.starts_with(r#"DPoP error="invalid_dpop_proof", error_description=""#),
            "{section}: {defect}: {challenge}"
        );
        assert!(challenge.contains(r#"algs="RS256 "#), "RFC 9449 7.1: {challenge}");
        assert_eq!(answer.error().as_deref(), Some("invalid_dpop_proof"), "{section}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let answer = present(&app, &token, &proof(&key, &token).encode()).await;
    assert_eq!(answer.status, 200, "the same without a defect");
}

#[actix_web::test]
async fn header_fields_decide_before_anything_is_verified() {
    let app = start(|_| {}).await;
    let key = key();
    let token = app.token().bound_to(&key).encode();
    let (bearer, dpop) = (format!("Bearer {token}"), format!("DPoP {token}"));
    let proof = || proof(&key, &token).encode();
    let (one, two) = (proof(), proof());
    let list = format!("{one}, {two}");
    let bare_scheme = "DPoP".to_owned();
    let (invalid_request, invalid_proof) = ("invalid_request", "invalid_dpop_proof");
    type Row<'a> = (Vec<(&'a str, &'a str)>, u16, &'a str, &'a [&'a str], &'a str);
    let table: Vec<Row<'_>> = vec![
        (vec![("authorization", &dpop)], 401, invalid_proof, &["DPoP "], "9449 4.3-1: none"),
        (
            vec![("authorization", &dpop), ("dpop", &one), ("dpop", &two)],
            401,
            invalid_proof,
            &["DPoP "],
            "9449 4.3-1: two",
        ),
        (
            vec![("authorization", &dpop), ("dpop", &list)],
            401,
            invalid_proof,
            &["DPoP "],
            "9449 4.1: a list",
        ),
        (
            vec![("authorization", &dpop), ("dpop", "")],
            401,
            invalid_proof,
            &["DPoP "],
            "9449 4.3-2: empty",
        ),
        (
            vec![("authorization", &dpop), ("authorization", &dpop), ("dpop", &one)],
            400,
            invalid_request,
            &["Bearer ", "DPoP "],
            "6750 3.1: two Authorization fields",
        ),
        (
            vec![("authorization", &bearer), ("authorization", &dpop), ("dpop", &one)],
            400,
            invalid_request,
            &["Bearer ", "DPoP "],
            "9449 7.2: both schemes",
        ),
        (
            vec![("authorization", &bare_scheme), ("dpop", &one)],
            400,
            invalid_request,
            &["DPoP "],
            "9449 7.1: no token",
        ),
    ];
    for (fields, status, error, schemes, section) in table {
        let answer = send(&app, "/api/private", &fields).await;
        assert_eq!(answer.status, status, "{section}: {}", answer.body);
        assert_eq!(answer.error().as_deref(), Some(error), "{section}");
        let challenges = challenges(&answer);
        assert_eq!(challenges.len(), schemes.len(), "{section}: {challenges:?}");
        for (challenge, scheme) in challenges.iter().zip(schemes) {
            assert!(challenge.starts_with(scheme), "{section}: {challenge}");
            assert!(challenge.contains(&format!(r#"error="{error}""#)), "{section}: {challenge}");
        }
    }
    let answer = present(&app, &token, &one).await;
    assert_eq!(answer.status, 200, "no rejection has used the proof up: {}", answer.body);
}

#[actix_web::test]
async fn token_and_scheme_must_fit() {
    let app = start(|_| {}).await;
    let (key, other) = (key(), key());
    let bound = app.token().bound_to(&key);
    let unprovable = app.token().claim("cnf", json!({"kid": "k"})).encode();
    let certificate = app.token().claim("cnf", json!({"x5t#S256": "A".repeat(43)})).encode();
    let both = json!({"jkt": key.thumbprint().to_string(), "x5t#S256": "A".repeat(43)});
    let both = app.token().claim("cnf", both).encode();
    let (bound_text, unbound) = (bound.clone().encode(), app.token().encode());
    let expired = bound.clone().with_defect(Defect::Expired).encode();
    let audience = bound.clone().audience("https://other.example").encode();
    let dpop: &[&str] = &[r#"DPoP error="invalid_token""#];
    let bearer: &[&str] = &[r#"Bearer realm="api", error="invalid_token""#];
    let two: &[&str] = &[r#"Bearer realm="api", error="invalid_token""#, r#"DPoP resource"#];
    let table = [
        ("DPoP", &expired, &key, dpop, "6750 3.1: expired"),
        ("DPoP", &audience, &key, dpop, "9068 4: wrong audience with a good proof"),
        ("DPoP", &unbound, &key, dpop, "9449 6: unbound token"),
        ("DPoP", &bound_text, &other, dpop, "9449 7.1: proof by another key"),
        ("DPoP", &unprovable, &key, dpop, "7800 3.1"),
        ("DPoP", &both, &key, dpop, "8705 3: certificate missing"),
        ("Bearer", &bound_text, &key, two, "9449 7.2: bound token as bearer"),
        ("Bearer", &certificate, &key, bearer, "8705 3: certificate missing"),
        ("Bearer", &unprovable, &key, bearer, "7800 3.1"),
    ];
    for (scheme, token, signer, expected, section) in table {
        let authorization = format!("{scheme} {token}");
        let proof = proof(signer, token).encode();
        let fields = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
        let answer = send(&app, "/api/private", &fields).await;
        assert_eq!(answer.status, 401, "RFC {section}: {}", answer.body);
        assert_eq!(answer.error().as_deref(), Some("invalid_token"), "RFC {section}");
        let challenges = challenges(&answer);
        assert_eq!(challenges.len(), expected.len(), "RFC {section}: {challenges:?}");
        for (challenge, expected) in challenges.iter().zip(expected) {
            assert!(challenge.starts_with(expected), "RFC {section}: {challenge}");
        }
    }
    let answer = app.get_with_token("/api/private", &unbound).await;
    assert_eq!(answer.status, 200, "unbound tokens are accepted as bearer tokens");
}

#[actix_web::test]
async fn htu_is_compared_after_normalization() {
    let app = start(|policy| {
        policy.public_urls.push("https://gateway.example/v1".parse().expect("a URL"));
    })
    .await;
    let key = key();
    let token = app.token().bound_to(&key).encode();
    let table = [
        ("https://api.test/api/private", 200, "9449 4.3-9"),
        ("https://api.test/api/private?a=b#c", 200, "9449 4.3-9: query and fragment"),
        ("https://api.test:443/api/private", 200, "3986 6.2.3: default port"),
        ("HTTPS://API.TEST/api/private", 200, "3986 6.2.2.1: case of scheme and host"),
        ("https://api.test/%61pi/private", 200, "3986 6.2.2.2: percent-encoding"),
        ("https://api.test/x/../api/./private", 200, "3986 6.2.2.3: dot segments"),
        ("https://gateway.example/v1/api/private", 200, "prefix"),
        ("https://api.test/API/private", 401, "3986 6.2.2.1: case of the path"),
        ("https://api.test/api%2Fprivate", 401, "3986 2.2: reserved"),
        ("https://api.test/api/private/", 401, "9449 4.3-9"),
        ("https://gateway.example/api/private", 401, "prefix"),
        ("http://api.test/api/private", 401, "9449 4.3-9: scheme"),
        ("https://api.test:8443/api/private", 401, "9449 4.3-9: port"),
    ];
    for (htu, status, section) in table {
        let proof = proof(&key, &token).target(htu).encode();
        let answer = present(&app, &token, &proof).await;
        assert_eq!(answer.status, status, "RFC {section}: {htu}: {}", answer.body);
    }
    // What the request says about its host counts for nothing.
    let host = "evil.example";
    let authorization = format!("DPoP {token}");
    let of_evil = proof(&key, &token).target(format!("https://{host}/api/private")).encode();
    let fields = [
        ("host", host),
        ("x-forwarded-host", host),
        ("forwarded", "host=evil.example"),
        ("authorization", &authorization),
        ("dpop", &of_evil),
    ];
    let answer = send(&app, "/api/private?x=y", &fields).await;
    assert_eq!(answer.status, 401, "RFC 9449 4.3-9: {}", answer.body);
    let ours = proof(&key, &token).encode();
    let fields = [("host", host), ("authorization", &authorization), ("dpop", &ours)];
    assert_eq!(send(&app, "/api/private?x=y", &fields).await.status, 200);
}

#[actix_web::test]
async fn proof_is_accepted_once() {
    let app = start(|_| {}).await;
    let (key, other) = (key(), key());
    let token = app.token().bound_to(&key).encode();
    let used = proof(&key, &token).id("an-id").encode();
    assert_eq!(present(&app, &token, &used).await.status, 200);
    for _ in 0..3 {
        let answer = present(&app, &token, &used).await;
        assert_eq!(answer.error().as_deref(), Some("invalid_dpop_proof"), "RFC 9449 11.1");
        assert!(answer.body.contains("used before"), "{}", answer.body);
    }
    let again = proof(&key, &token).id("an-id").claim("extra", 1).encode();
    assert_eq!(present(&app, &token, &again).await.status, 401, "RFC 9449 11.1: the same jti");
    let of_other = app.token().bound_to(&other).encode();
    let same_id = proof(&other, &of_other).id("an-id").encode();
    assert_eq!(present(&app, &of_other, &same_id).await.status, 200, "another key's jti");
}

#[actix_web::test]
async fn rejected_proof_is_not_used_up() {
    let app = start(|_| {}).await;
    let key = key();
    let token = app.token().bound_to(&key).encode();
    let good = proof(&key, &token).id("an-id").encode();
    for defect in ProofDefect::ALL {
        let bad = proof(&key, &token).id("an-id").with_defect(defect).encode();
        assert_eq!(present(&app, &token, &bad).await.status, 401, "{defect}");
    }
    assert_eq!(present(&app, &token, &good).await.status, 200, "RFC 9449 11.1");
}

#[actix_web::test]
async fn age_is_judged_by_iat() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_700_000_000)));
    let issuer = TestIssuer::start();
    let served = Arc::clone(&clock);
    let app =
        TestApp::with_verifier(issuer, |verifier| verifier.dpop(policy()).clock(served)).await;
    let key = key();
    let token = app.issuer.token().at(1_700_000_000).audience(AUDIENCE).bound_to(&key).encode();
    let table = [
        (0.0, 200),
        (-59.0, 200),
        (-60.0, 200),
        (-60.5, 401),
        (-61.0, 401),
        (10.0, 200),
        (10.5, 401),
        (11.0, 401),
    ];
    for (seconds, status) in table {
        let proof = proof(&key, &token).at(1_700_000_000).made_in(seconds).encode();
        let answer = present(&app, &token, &proof).await;
        assert_eq!(answer.status, status, "RFC 9449 11.1: {seconds} s: {}", answer.body);
    }
}

#[actix_web::test]
async fn nonce_is_demanded_renewed_and_judged_by_its_age() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_700_000_000)));
    let issuer = TestIssuer::start();
    let mut policy = policy();
    policy.nonces = Some(Arc::new(NonceKeys::new(&[7; 32], None)));
    let served = Arc::clone(&clock);
    let app = TestApp::with_verifier(issuer, |verifier| verifier.dpop(policy).clock(served)).await;
    let key = key();
    let token = app.issuer.token().at(1_700_000_000).audience(AUDIENCE).bound_to(&key).encode();
    // By a client whose clock is wrong: the nonce counts.
    let proof = || proof(&key, &token).at(1_600_000_000);
    let answer = present(&app, &token, &proof().encode()).await;
    assert_eq!((answer.status, answer.error().as_deref()), (401, Some("use_dpop_nonce")));
    let challenge = answer.challenge().expect("a challenge").to_owned();
    assert!(challenge.starts_with(r#"DPoP error="use_dpop_nonce""#), "RFC 9449 9: {challenge}");
    let nonce = answer.header("dpop-nonce").expect("RFC 9449 9: one nonce").to_owned();
    assert_eq!(answer.header("cache-control"), Some("no-store"), "RFC 9449 8.2");

    let answer = present(&app, &token, &proof().nonce(&nonce).encode()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("dpop-nonce"), None, "it is fresh");
    clock.advance(Duration::from_secs(31));
    let answer = present(&app, &token, &proof().nonce(&nonce).encode()).await;
    assert_eq!(answer.status, 200, "it is good for its whole life");
    let next = answer.header("dpop-nonce").expect("RFC 9449 8.2: a renewed one").to_owned();
    assert_eq!(answer.header("cache-control"), Some("no-store"), "RFC 9449 8.2");
    clock.advance(Duration::from_secs(30));
    let answer = present(&app, &token, &proof().nonce(&nonce).encode()).await;
    assert_eq!(answer.error().as_deref(), Some("use_dpop_nonce"), "it is old");
    assert_eq!(present(&app, &token, &proof().nonce(next).encode()).await.status, 200);
    for wrong in ["", "made-up", &"A".repeat(32), &"A".repeat(5000)] {
        let answer = present(&app, &token, &proof().nonce(wrong).encode()).await;
        assert_eq!(answer.error().as_deref(), Some("use_dpop_nonce"), "RFC 9449 4.3-10: {wrong}");
    }
    let answer = present(&app, &token, &proof().claim("nonce", 1).encode()).await;
    assert_eq!(answer.error().as_deref(), Some("invalid_dpop_proof"), "RFC 9449 4.2");
}
