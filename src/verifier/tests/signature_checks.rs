//! No token costs more than four signature checks, however long it waits and wherever its keys are.

use serde_json::{Value, json};

use crate::issuer::{KeyRefresh, KeySource, TrustedIssuer};
use crate::testing::{SigningKey, TestIssuer};
use crate::token::{Algorithm, Algorithms, Audiences, KeySet, SIGNATURE_CHECKS};
use crate::verifier::{CacheLimits, VerificationError, Verifier, VerifierBuilder};

const AUDIENCE: &str = "https://api.example";

fn keys(count: usize) -> Vec<SigningKey> {
    (0..count).map(|_| SigningKey::generate(Algorithm::Es256)).collect()
}

/// A key set of these keys without names.
fn set(keys: &[SigningKey]) -> Value {
    let without_id = |key: &SigningKey| {
        let mut jwk = key.public_jwk();
        jwk.as_object_mut().expect("an object").remove("kid");
        jwk
    };
    json!({"keys": keys.iter().map(without_id).collect::<Vec<_>>()})
}

async fn started(builder: VerifierBuilder, is_cached: bool) -> Verifier {
    let refresh = KeyRefresh { attempt_gap: std::time::Duration::ZERO, ..KeyRefresh::default() };
    let cache = if is_cached { CacheLimits::default() } else { CacheLimits::OFF };
    let verifier = builder.key_refresh(refresh).cache(cache).start().expect("a verifier");
    verifier.first_attempts().await;
    verifier
}

/// Whether the token is accepted, and how many signatures were checked for it.
async fn checks_of(verifier: &Verifier, token: &str) -> (Result<(), VerificationError>, usize) {
    let before = SIGNATURE_CHECKS.get();
    let verdict = verifier.verify(token).await.map(drop);
    (verdict, SIGNATURE_CHECKS.get() - before)
}

#[actix_web::test]
async fn checks_are_counted_across_the_wait_for_newer_keys() {
    // Keys before and after the fetch that the token causes, the place of its own key among the
    // latter if it has one there, the checks, and whether it is accepted.
    let table = [
        (1, 1, None, 1, false),
        (3, 3, None, 3, false),
        (4, 4, None, 4, false),
        (4, 8, None, 4, false),
        (1, 4, None, 4, false),
        (5, 9, None, 4, false),
        (1, 2, Some(1), 2, true),
        (3, 4, Some(3), 4, true),
        (2, 3, Some(0), 3, true),
        (4, 5, Some(4), 4, false),
        (4, 5, Some(0), 4, false),
    ];
    for is_cached in [true, false] {
        for (before, after, own, expected, is_accepted) in table {
            let issuer =
                TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("a port");
            let held = keys(before);
            issuer.set_jwks(set(&held));
            let builder = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE);
            let verifier = started(builder, is_cached).await;
            let signer = SigningKey::generate(Algorithm::Es256);
            let mut newer = held.clone();
            newer.extend(keys(after - before - usize::from(own.is_some())));
            if let Some(place) = own {
                newer.insert(place, signer.clone());
            }
            issuer.set_jwks(set(&newer));
            let token = issuer.token_with(&signer).audience(AUDIENCE).without_header("kid");
            let (verdict, count) = checks_of(&verifier, &token.encode()).await;
            let row = format!("{before} to {after}, own {own:?}, cached {is_cached}: {verdict:?}");
            assert_eq!(verdict.is_ok(), is_accepted, "{row}");
            assert_eq!(count, expected, "{row}");
        }
    }
}

#[actix_web::test]
async fn checks_are_counted_across_all_sources_of_keys() {
    let issuer = TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("a port");
    let published = keys(3);
    issuer.set_jwks(set(&published));
    let source = |keys: KeySource| {
        let audiences = Audiences::new([AUDIENCE]).expect("an audience");
        let identifier = issuer.url().parse().expect("an issuer");
        let mut trusted = TrustedIssuer::with_source(identifier, audiences, keys);
        trusted.expected.algorithms = Algorithms::ASYMMETRIC;
        trusted
    };
    let fixed = set(&keys(3)).to_string();
    let (fixed, _) = KeySet::from_json(fixed.as_bytes(), Algorithms::ASYMMETRIC).expect("keys");
    let address = issuer.jwks_uri().parse().expect("a URL");
    let builder = Verifier::builder()
        .trust(source(KeySource::Held(fixed)))
        .trust(source(KeySource::Address(address)));
    let verifier = started(builder, true).await;
    let mut newer = published;
    newer.extend(keys(2));
    issuer.set_jwks(set(&newer));
    let stranger = SigningKey::generate(Algorithm::Es256);
    let token = issuer.token_with(&stranger).audience(AUDIENCE).without_header("kid").encode();
    let (verdict, count) = checks_of(&verifier, &token).await;
    assert!(matches!(verdict, Err(VerificationError::Rejected(_))), "{verdict:?}");
    assert_eq!(count, 4);
}
