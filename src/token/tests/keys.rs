//! Keys from their encodings, and sets of keys.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::unsigned;
use crate::token::key_set::Candidates;
use crate::token::{
    Algorithm, Algorithms, KeyFileFault, KeySet, Spelling, UnusableKey, UnverifiedToken,
    VerificationKey, read_key,
};

/// RFC 8037 appendix A.2, as a `SubjectPublicKeyInfo` (RFC 8410 section 4).
const ED25519: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// Generated for this test.
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt_-R84xDh27yfrDc1ivJ3RPCODVt\
    3-iOsdV1aNGgrKA22ZoEevJp7HDm65UCFlNDVyzVCEvhv8NrqCkJWGgEug";

fn der(base64url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(base64url).expect("base64url")
}

/// `SubjectPublicKeyInfo` of an ML-DSA-44 key (RFC 9881 section 4): 30 len 30 0b 06 09 oid 03 len 00.
fn ml_dsa_44() -> Vec<u8> {
    let mut der = vec![0x30, 0x82, 0x05, 0x32, 0x30, 0x0b, 0x06, 0x09];
    der.extend([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11]);
    der.extend([0x03, 0x82, 0x05, 0x21, 0x00]);
    der.extend([1; 1312]);
    der
}

fn ed25519(seed: u8) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
    pair.public_key().as_ref().to_vec()
}

fn key_set(ids: &[Option<&str>]) -> Value {
    let keys = ids.iter().zip(1..).map(|(id, seed)| {
        let x = URL_SAFE_NO_PAD.encode(ed25519(seed));
        match id {
            Some(id) => json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": id}),
            None => json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        }
    });
    json!({ "keys": keys.collect::<Vec<_>>() })
}

#[test]
fn an_encoding_is_for_its_own_algorithm_only() {
    let right = [
        (Algorithm::EdDsa, der(ED25519)),
        (Algorithm::Es256, der(P256)),
        (Algorithm::MlDsa44, ml_dsa_44()),
    ];
    for (algorithm, der) in &right {
        let read = VerificationKey::from_public_key_info(*algorithm, der);
        assert_eq!(read.map(|key| key.algorithm()), Ok(*algorithm), "RFC 5280 4.1.2.7");
        for other in Algorithm::ALL.into_iter().filter(|other| other != algorithm) {
            let read = VerificationKey::from_public_key_info(other, der).map(drop);
            assert_eq!(read, Err(UnusableKey::WrongFamily), "RFC 8725 3.1: {algorithm} as {other}");
        }
    }
}

#[test]
fn another_tag_anywhere_in_the_encoding_makes_it_unreadable() {
    // The outer sequence, the algorithm, its object identifier and the bit string (RFC 8410 4).
    for place in [0, 2, 4, 9] {
        let mut changed = der(ED25519);
        changed[place] ^= 1;
        let read = VerificationKey::from_public_key_info(Algorithm::EdDsa, &changed).map(drop);
        assert_eq!(read, Err(UnusableKey::Invalid), "X.690 8.1.2: byte {place}");
    }
}

#[test]
fn the_uses_of_a_key_must_agree() {
    let x = URL_SAFE_NO_PAD.encode(ed25519(1));
    let table = [
        (Some("sig"), json!(["verify"]), true),
        (Some("sig"), json!(["verify", "sign"]), true),
        (Some("sig"), json!(["verify", "encrypt"]), false),
        (Some("sig"), json!(["sign"]), false),
        (None, json!(["verify"]), true),
        (None, json!(["verify", "encrypt"]), true),
        (None, json!(["encrypt"]), false),
        (Some("enc"), json!(["verify"]), false),
    ];
    for (purpose, operations, usable) in table {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "key_ops": operations});
        if let Some(purpose) = purpose {
            key["use"] = json!(purpose);
        }
        for spelling in [Spelling::Exact, Spelling::Lenient] {
            let read = read_key(key.to_string().as_bytes(), Algorithms::DEFAULT.into(), spelling);
            assert_eq!(read.is_ok(), usable, "RFC 7517 4.3: {key}");
        }
    }
}

#[test]
fn the_debug_form_of_a_key_names_it_without_its_bytes() {
    let secret = VerificationKey::from_secret(Algorithm::Hs256, &[7; 32]).expect("a secret");
    let text = format!("{:?}", secret.with_id(Some("first".to_owned())));
    assert_eq!(text, r#"VerificationKey { id: Some("first"), algorithm: Hs256, .. }"#);
}

#[test]
fn keys_of_a_file_may_be_many_if_a_name_tells_them_apart() {
    const { assert!(Candidates::MOST == 4) };
    let read = |ids: &[Option<&str>]| {
        let text = key_set(ids).to_string();
        KeySet::from_file(text.as_bytes(), Algorithms::DEFAULT).map(|(keys, _)| keys.len())
    };
    let crowded = Err(KeyFileFault::Indistinguishable(Algorithm::EdDsa));
    assert_eq!(read(&[Some("1"), Some("2"), Some("3"), Some("4"), Some("5")]), Ok(5));
    assert_eq!(read(&[None; 4]), Ok(4));
    assert_eq!(read(&[None; 5]), crowded, "RFC 7517 4.5");
    assert_eq!(read(&[None, None, None, None, Some("5")]), Ok(5));
}

#[test]
fn a_token_costs_as_many_checks_as_keys_fit_and_four_at_most() {
    let count = |ids: &[Option<&str>], header: &str| {
        let (keys, _) = KeySet::from_json(key_set(ids).to_string().as_bytes(), Algorithms::DEFAULT)
            .expect("a key set");
        let token = unsigned(header, r#"{"iss":"a","aud":"b","exp":1}"#);
        let token = UnverifiedToken::parse(&token).expect("well-formed");
        keys.candidates(token.header()).map_or(0, |candidates| candidates.iter().count())
    };
    let named = r#"{"alg":"EdDSA","kid":"a"}"#;
    let table = [
        (count(&[Some("b")], named), 0),
        (count(&[Some("b"), Some("a")], named), 1),
        (count(&[Some("a"), Some("a"), Some("b")], named), 2),
        (count(&[Some("a")], r#"{"alg":"RS256","kid":"a"}"#), 0),
        (count(&[None; 3], r#"{"alg":"EdDSA"}"#), 3),
        (count(&[None; 6], r#"{"alg":"EdDSA"}"#), 4),
    ];
    for (place, (found, expected)) in table.into_iter().enumerate() {
        assert_eq!(found, expected, "RFC 7515 4.1.4: row {place}");
    }
}

#[test]
fn a_set_without_keys_is_empty() {
    let one = VerificationKey::from_ed25519(&ed25519(1)).expect("a key");
    assert!(KeySet::new(Vec::new()).is_empty());
    assert!(!KeySet::new(vec![one]).is_empty());
}
