//! Scaling of cost with keys, issuers, tokens and token length.

use std::hint::black_box;

use actix_resource_server::issuer::TrustedIssuer;
use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::{Algorithm, KeySet, UnverifiedToken};
use actix_resource_server::verifier::CacheLimits;
use actix_resource_server::verifier::Verifier;

use crate::fixtures::{Subject, verify};
use crate::steps::{Step, going_through};

/// HMAC, because its signature is cheap enough to make other costs visible.
const ALGORITHM: Algorithm = Algorithm::Hs256;

/// Parameters, each with a name and steps that differ only in its size.
pub(crate) fn all() -> Vec<(&'static str, Vec<Step>)> {
    vec![
        ("check, keys of the issuer", [1, 4, 16, 64].map(keys).into()),
        ("check, issuers", [1, 10, 50].map(issuers).into()),
        ("hit, tokens in use", [1, 100, 10_000].map(tokens).into()),
        ("reading, bytes of the token", BYTES.map(reading).into()),
        ("hit, bytes of the token", BYTES.map(hit).into()),
    ]
}

const BYTES: [usize; 6] = [500, 1000, 2000, 4000, 8000, 16_000];

/// The token's key is the last of this many.
fn keys(count: usize) -> Step {
    let subjects: Vec<_> = (0..count).map(|_| Subject::new(ALGORITHM)).collect();
    let keys = KeySet::new(subjects.iter().map(Subject::verification_key).collect());
    let verifier = crate::fixtures::verifier(ALGORITHM, keys, CacheLimits::OFF);
    let token = subjects.last().expect("a key").token.clone();
    Step::new(count.to_string(), going_through(verifier, vec![token]))
}

/// The token's issuer is the last of this many.
fn issuers(count: usize) -> Step {
    let subject = Subject::new(ALGORITHM);
    let mut builder = Verifier::builder().cache(CacheLimits::OFF);
    for number in 1..count {
        let identifier = format!("https://issuer-{number}.example/").parse().expect("an issuer");
        let source = actix_resource_server::issuer::KeySource::Held(subject.keys());
        let audiences = subject.expected().audiences;
        builder = builder.trust(TrustedIssuer::with_source(identifier, audiences, source));
    }
    let identifier = crate::fixtures::ISSUER.parse().expect("an issuer");
    let source = actix_resource_server::issuer::KeySource::Held(subject.keys());
    let expected = subject.expected();
    builder = builder.trust(TrustedIssuer {
        expected: expected.clone(),
        ..TrustedIssuer::with_source(identifier, expected.audiences, source)
    });
    let verifier = builder.start().expect("a verifier");
    Step::new(count.to_string(), going_through(verifier, vec![subject.token]))
}

/// This many cached tokens, in rotation.
fn tokens(count: usize) -> Step {
    let key = SigningKey::generate(ALGORITHM);
    let verifier = of_key(&key);
    let tokens: Vec<_> = (0..count).map(|n| longer(&key, 400).claim("n", n).encode()).collect();
    for token in &tokens {
        drop(verify(&verifier, token).expect("a good token"));
    }
    Step::new(count.to_string(), going_through(verifier, tokens))
}

fn reading(bytes: usize) -> Step {
    let token = of_length(&SigningKey::generate(ALGORITHM), bytes);
    Step::new(bytes.to_string(), move || UnverifiedToken::parse(black_box(&token)).is_ok())
}

fn hit(bytes: usize) -> Step {
    let key = SigningKey::generate(ALGORITHM);
    let token = of_length(&key, bytes);
    Step::new(bytes.to_string(), going_through(of_key(&key), vec![token]))
}

fn of_key(key: &SigningKey) -> Verifier {
    let subject = Subject { key: key.public_jwk(), token: String::new(), strangers: Vec::new() };
    subject.verifier(CacheLimits::default())
}

fn of_length(key: &SigningKey, bytes: usize) -> String {
    let shortest = longer(key, 0).encode().len();
    longer(key, bytes.saturating_sub(shortest) / 4 * 3).encode()
}

fn longer(key: &SigningKey, letters: usize) -> TokenMaker {
    crate::fixtures::ordinary(key).claim("https://api.example/filling", "x".repeat(letters))
}
