//! Tokens of another implementation: the Python package `cryptography` 48, which uses OpenSSL.
//!
//! `other_implementation.json` has a token for each of the algorithms that `jsonwebtoken` cannot
//! sign with, and its public key as JWK and PEM. The private keys were not kept.

use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, Expectations, InvalidToken, KeySet, Timestamp,
    UnverifiedToken,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Sample {
    alg: String,
    jwk: Value,
    pem: String,
    token: String,
}

fn samples() -> Vec<Sample> {
    serde_json::from_str(include_str!("other_implementation.json")).expect("samples")
}

fn verify(token: &str, keys: &KeySet, allowed: Algorithms) -> Result<(), InvalidToken> {
    let audiences = Audiences::new(["https://api.example"]).expect("an audience");
    let mut expected = Expectations::new("https://issuer.example/", audiences);
    expected.algorithms = allowed;
    let now = Timestamp::from_seconds(1_700_000_000);
    UnverifiedToken::parse(token)?.verify(keys, &expected, now).map(drop)
}

#[test]
fn tokens_verify_with_either_form_of_the_key() {
    for Sample { alg, jwk, pem, token } in samples() {
        let algorithm: Algorithm = alg.parse().expect("supported");
        let allowed = Algorithms::only([algorithm]);
        for key in [jwk.to_string(), pem] {
            let (keys, _) = KeySet::from_file(key.as_bytes(), allowed).expect(&alg);
            assert_eq!(verify(&token, &keys, allowed), Ok(()), "RFC 9964 4, RFC 8812 3: {alg}");
            let (input, signature) = token.rsplit_once('.').expect("three parts");
            let broken = format!("{input}.A{}", &signature.get(1..).expect("a signature"));
            if broken != token {
                let verdict = verify(&broken, &keys, allowed);
                assert!(matches!(verdict, Err(InvalidToken::SignatureInvalid { .. })), "{alg}");
            }
        }
    }
}

#[test]
fn one_key_set_can_mix_all_types() {
    let keys: Vec<Value> = samples()
        .into_iter()
        .map(|Sample { alg, mut jwk, .. }| {
            jwk["kid"] = alg.into();
            jwk
        })
        .collect();
    let set = serde_json::json!({"keys": keys}).to_string();
    let (all, skipped) = KeySet::from_json(set.as_bytes(), Algorithms::ASYMMETRIC).expect("keys");
    assert_eq!((all.len(), skipped.len()), (5, 0));
    let (default, skipped) = KeySet::from_json(set.as_bytes(), Algorithms::DEFAULT).expect("keys");
    assert_eq!((default.len(), skipped.len()), (1, 4), "only ES512 needs no naming");
}
