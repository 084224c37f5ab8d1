//! Several sources of one issuer's keys: a secret beside a key set, two key sets, a key file.

use actix_resource_server::issuer::{KeySource, TrustedIssuer};
use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, InvalidToken, KeySet, VerificationKey,
};
use actix_resource_server::verifier::{VerificationError, Verifier};

use crate::test_app::AUDIENCE;

const NAME: &str = "https://project.example/auth/v1";
const SECRET: &[u8] = b"a secret of thirty-two bytes or more";

fn source(keys: KeySource, algorithms: Algorithms) -> TrustedIssuer {
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let identifier = NAME.parse().expect("an issuer");
    let mut issuer = TrustedIssuer::with_source(identifier, audiences, keys);
    issuer.expected.algorithms = algorithms;
    issuer
}

fn secret() -> TrustedIssuer {
    let key = VerificationKey::from_secret(Algorithm::Hs256, SECRET).expect("a key");
    source(KeySource::Held(KeySet::new(vec![key])), Algorithms::only([Algorithm::Hs256]))
}

fn key_set(issuer: &TestIssuer) -> TrustedIssuer {
    let address = issuer.jwks_uri().parse().expect("a URL");
    source(KeySource::Address(address), Algorithms::ASYMMETRIC)
}

async fn started(sources: impl IntoIterator<Item = TrustedIssuer>) -> Verifier {
    let builder = sources.into_iter().fold(Verifier::builder(), |all, one| all.trust(one));
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    verifier
}

/// A token of the issuer, signed with its secret.
fn hs256(kid: Option<&str>) -> String {
    let claims = serde_json::json!({"iss": NAME, "aud": AUDIENCE, "exp": 9_999_999_999_u64});
    let header = jsonwebtoken::Header {
        kid: kid.map(str::to_owned),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256)
    };
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    jsonwebtoken::encode(&header, &claims, &key).expect("a token")
}

fn signed_by(key: &SigningKey) -> String {
    TokenMaker::new(NAME, key).audience(AUDIENCE).encode()
}

fn es256() -> TestIssuer {
    TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("a port")
}

#[actix_web::test]
async fn secret_and_key_set_verify_their_own_algorithms() {
    let published = es256();
    let verifier = started([secret(), key_set(&published)]).await;
    let key = published.signing_key();
    for _ in 0..2 {
        assert!(verifier.verify(&hs256(None)).await.is_ok());
        assert!(verifier.verify(&signed_by(&key)).await.is_ok(), "also from the cache");
    }
    // RFC 8725 3.1: the public key is not a secret.
    let confused = jsonwebtoken::EncodingKey::from_secret(key.public_key_pem().as_bytes());
    let claims = serde_json::json!({"iss": NAME, "aud": AUDIENCE, "exp": 9_999_999_999_u64});
    let forged = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &confused);
    let rejected = verifier.verify(&forged.expect("a token")).await;
    assert!(matches!(
        rejected,
        Err(VerificationError::Rejected(InvalidToken::SignatureInvalid { .. }))
    ));
    let stranger = signed_by(&SigningKey::generate(Algorithm::Es256));
    assert!(verifier.verify(&stranger).await.is_err());
    let status = verifier.issuers();
    assert_eq!(status.len(), 1, "one issuer: {status:?}");
    assert_eq!(status.first().map(|issuer| issuer.keys.len()), Some(2));
}

#[actix_web::test]
async fn token_under_the_secret_never_fetches_keys() {
    let published = es256();
    let verifier = started([secret(), key_set(&published)]).await;
    let before = published.requests().key_set;
    for kid in 0..20 {
        // A secret without a name of its own fits any `kid`.
        assert!(verifier.verify(&hs256(Some(&format!("unknown-{kid}")))).await.is_ok());
        let mut bad = hs256(Some(&format!("bad-{kid}")));
        bad.truncate(bad.len() - 3);
        bad.push_str("AAA");
        assert!(verifier.verify(&bad).await.is_err());
    }
    assert_eq!(published.requests().key_set, before);
}

#[actix_web::test]
async fn outage_of_the_key_set_does_not_stop_the_secret() {
    let published = es256();
    published.respond(Endpoint::KeySet, Behavior::status(500));
    let verifier = started([key_set(&published), secret()]).await;
    assert!(verifier.verify(&hs256(None)).await.is_ok());
    let undecided = verifier.verify(&signed_by(&published.signing_key())).await;
    assert!(matches!(undecided, Err(VerificationError::KeysUnavailable { .. })), "{undecided:?}");
}

#[actix_web::test]
async fn new_key_is_found_in_either_key_set() {
    let (one, other) = (es256(), es256());
    let verifier = started([key_set(&one), key_set(&other)]).await;
    for issuer in [&one, &other] {
        assert!(verifier.verify(&signed_by(&issuer.signing_key())).await.is_ok());
    }
    let rotated = other.rotate();
    assert!(verifier.verify(&signed_by(&rotated)).await.is_ok(), "in the second set");
}

#[actix_web::test]
async fn unknown_key_is_rejected_only_if_every_key_set_answers() {
    let (one, other) = (es256(), es256());
    let verifier = started([key_set(&one), key_set(&other)]).await;
    let stranger = SigningKey::generate(Algorithm::Es256);
    other.respond(Endpoint::KeySet, Behavior::status(500));
    let undecided = verifier.verify(&signed_by(&stranger)).await;
    assert!(matches!(undecided, Err(VerificationError::KeysUnavailable { .. })), "{undecided:?}");
}

#[test]
fn one_name_in_two_spellings_or_discovered_twice_does_not_start() {
    let audiences = || Audiences::new([AUDIENCE]).expect("an audience");
    let discovered = || TrustedIssuer::discovered(NAME.parse().expect("an issuer"), audiences());
    let slash = format!("{NAME}/").parse().expect("an issuer");
    let key = VerificationKey::from_secret(Algorithm::Hs256, SECRET).expect("a key");
    let keys = KeySource::Held(KeySet::new(vec![key]));
    let spelled = TrustedIssuer::with_source(slash, audiences(), keys);
    for second in [discovered(), spelled] {
        let fault = Verifier::builder().trust(discovered()).trust(second).start().map(drop);
        let text = fault.expect_err("a fault").to_string();
        assert!(text.contains("is configured twice"), "{text}");
    }
}
