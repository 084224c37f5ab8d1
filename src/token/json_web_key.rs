//! JSON Web Keys (RFC 7517).

mod jwk_members;

use std::borrow::Cow;

use super::algorithm::{Algorithm, Algorithms, Family};
use super::certificate_hashes::CertificateHashes;
use super::json::Members;
use super::key::VerificationKey;
use super::key_rules::KeyRules;
use super::key_set_fault::SkipReason;
use super::unusable_key::UnusableKey;
use jwk_members::Jwk;
pub(crate) use jwk_members::Spelling;

/// The members that only a private key has (RFC 7518 sections 6.2.2 and 6.3.2, RFC 9964 section 3).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];

/// Reads a public key for verifying signatures.
pub(crate) fn read_key(
    json: &[u8],
    rules: KeyRules,
    spelling: Spelling,
) -> Result<VerificationKey, SkipReason> {
    let members = Members::parse(json)?;
    let jwk = Jwk { members: &members, spelling };
    if jwk.required("kty")? == "oct" {
        return Err(SkipReason::SharedSecret);
    }
    if PRIVATE.into_iter().any(|name| jwk.contains(name)) {
        return Err(SkipReason::PrivatePart);
    }
    let key = read_public_part(&members, rules, spelling)?;
    let certificate = CertificateHashes::of_jwk(&members);
    // Microsoft Entra ID publishes the keys of many issuers in one set. What is not a string fits none.
    let issuer = match jwk.contains("issuer") {
        true => Some(jwk.optional("issuer").ok().flatten().unwrap_or_default().into_owned()),
        false => None,
    };
    let id = jwk.optional("kid")?.map(Cow::into_owned);
    Ok(key.with_id(id).with_issuer(issuer).with_certificate(certificate))
}

/// Reads the public part of a JWK that has been parsed. Names, certificates and private members are not
/// looked at.
pub(crate) fn read_public_part(
    members: &Members<'_>,
    rules: KeyRules,
    spelling: Spelling,
) -> Result<VerificationKey, SkipReason> {
    let jwk = Jwk { members, spelling };
    jwk.check_purpose()?;
    let key = match jwk.required("kty")?.as_ref() {
        "oct" => return Err(SkipReason::SharedSecret),
        "RSA" => {
            let algorithm = jwk.algorithm(rsa_default(rules.algorithms), Family::Rsa)?;
            let (modulus, exponent) = (jwk.bytes("n")?, jwk.bytes("e")?);
            VerificationKey::from_rsa_within(rules.rsa, algorithm, &modulus, &exponent)?
        }
        "EC" => {
            let of_curve = match jwk.required("crv")?.as_ref() {
                "P-256" => Algorithm::Es256,
                "P-384" => Algorithm::Es384,
                "P-521" => Algorithm::Es512,
                "secp256k1" => Algorithm::Es256K,
                _ => return Err(SkipReason::UnsupportedType),
            };
            let algorithm = jwk.algorithm(of_curve, Family::EllipticCurve)?;
            if algorithm != of_curve {
                return Err(SkipReason::Unusable(UnusableKey::WrongFamily));
            }
            VerificationKey::from_point(algorithm, &jwk.bytes("x")?, &jwk.bytes("y")?)?
        }
        "OKP" => match jwk.required("crv")?.as_ref() {
            "Ed25519" => {
                jwk.algorithm(Algorithm::EdDsa, Family::OctetKeyPair)?;
                VerificationKey::from_ed25519(&jwk.bytes("x")?)?
            }
            "Ed448" => return Err(SkipReason::Unusable(UnusableKey::Ed448)),
            _ => return Err(SkipReason::UnsupportedType),
        },
        "AKP" => {
            // This type of key always names its algorithm (RFC 9964 section 3).
            let name = jwk.required("alg")?;
            let algorithm = name.parse().map_err(|_| SkipReason::UnsupportedAlgorithm)?;
            VerificationKey::from_ml_dsa(algorithm, &jwk.bytes("pub")?)?
        }
        _ => return Err(SkipReason::UnsupportedType),
    };
    if !rules.algorithms.contains(key.algorithm()) {
        return Err(SkipReason::NotAllowed(key.algorithm()));
    }
    Ok(key)
}

/// The algorithm of an RSA key that does not name one: the only RSA algorithm of the allow-list,
/// else RS256, the default of OpenID Connect. A key has one algorithm.
pub(super) fn rsa_default(allowed: Algorithms) -> Algorithm {
    let mut rsa = allowed.iter().filter(|algorithm| algorithm.family() == Family::Rsa);
    match (rsa.next(), rsa.next()) {
        (Some(only), None) => only,
        _ => Algorithm::Rs256,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::token::json::JsonFault;
    use crate::token::tests::modulus;

    const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // RFC 8037 A.2
    const P256_X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"; // RFC 7517 A.1
    const P256_Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": ED25519})
    }

    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "p", "x": P256_X, "y": P256_Y})
    }

    fn rsa(bits: usize, exponent: &[u8]) -> Value {
        json!({"kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(modulus(bits)),
            "e": URL_SAFE_NO_PAD.encode(exponent)})
    }

    fn even_modulus() -> String {
        let mut modulus = modulus(2048);
        modulus[255] = 0xfe;
        URL_SAFE_NO_PAD.encode(modulus)
    }

    fn with(mut key: Value, name: &str, value: impl Into<Value>) -> Value {
        key[name] = value.into();
        key
    }

    fn read(key: &Value) -> Result<Algorithm, SkipReason> {
        read_as(key, Spelling::Lenient)
    }

    fn read_as(key: &Value, spelling: Spelling) -> Result<Algorithm, SkipReason> {
        let rules = Algorithms::ASYMMETRIC.into();
        read_key(key.to_string().as_bytes(), rules, spelling).map(|key| key.algorithm())
    }

    #[test]
    fn a_key_that_fits_is_read_with_its_one_algorithm() {
        let e = [1, 0, 1];
        let table = [
            (ed25519(), Algorithm::EdDsa),
            (with(ed25519(), "alg", "Ed25519"), Algorithm::EdDsa),
            (p256(), Algorithm::Es256),
            (with(p256(), "use", "sig"), Algorithm::Es256),
            (with(p256(), "key_ops", json!(["sign", "verify"])), Algorithm::Es256),
            (with(p256(), "unknown", json!({})), Algorithm::Es256),
            (rsa(2048, &e), Algorithm::Rs256),
            (rsa(4096, &e), Algorithm::Rs256),
            (rsa(2048, &[3]), Algorithm::Rs256),
            (with(rsa(2048, &e), "alg", "PS512"), Algorithm::Ps512),
        ];
        for (key, algorithm) in table {
            assert_eq!(read(&key), Ok(algorithm), "RFC 7517 4: {key}");
            assert_eq!(read_as(&key, Spelling::Exact), Ok(algorithm), "RFC 7517 4: {key}");
        }
    }

    #[test]
    fn a_key_that_does_not_fit_is_skipped_for_its_reason() {
        use SkipReason::{
            BadMember, NotForSignatures, PrivatePart, UnsupportedAlgorithm, UnsupportedType,
        };
        const WRONG: SkipReason = SkipReason::Unusable(UnusableKey::WrongFamily);
        const ED448: SkipReason = SkipReason::Unusable(UnusableKey::Ed448);
        const WEAK: SkipReason = SkipReason::Unusable(UnusableKey::WeakRsa);
        const INVALID: SkipReason = SkipReason::Unusable(UnusableKey::Invalid);
        let e = [1, 0, 1];
        let akp = |alg: &str| json!({"kty": "AKP", "alg": alg, "pub": "AA"});
        let small_order = URL_SAFE_NO_PAD.encode([0; 32]);
        let table = [
            (json!("text"), SkipReason::Malformed(JsonFault::NotAnObject), "7517 4"),
            (json!({}), BadMember("kty"), "7517 4.1"),
            (with(p256(), "kty", "PQC"), UnsupportedType, "7517 5"),
            (with(p256(), "kid", 1), BadMember("kid"), "7517 4.5"),
            (with(p256(), "crv", "P-224"), UnsupportedType, "7517 5"),
            (with(p256(), "crv", "secp256k1"), INVALID, "8812 3.1: off the curve"),
            (with(ed25519(), "crv", "Ed448"), ED448, "8037 2"),
            (with(ed25519(), "crv", "X25519"), UnsupportedType, "8037 2"),
            (with(p256(), "use", "enc"), NotForSignatures, "7517 4.2"),
            (with(p256(), "use", 1), BadMember("use"), "7517 4.2"),
            (with(p256(), "key_ops", json!(["sign"])), NotForSignatures, "7517 4.3"),
            (
                with(with(p256(), "use", "sig"), "key_ops", json!(["verify", "encrypt"])),
                NotForSignatures,
                "7517 4.3",
            ),
            (with(p256(), "key_ops", "verify"), BadMember("key_ops"), "7517 4.3"),
            (
                with(p256(), "key_ops", json!(["verify", "verify"])),
                BadMember("key_ops"),
                "7517 4.3",
            ),
            (with(p256(), "alg", "RS256"), WRONG, "8725 3.1"),
            (with(p256(), "alg", "ES384"), WRONG, "7518 3.4"),
            (with(p256(), "alg", "ECDH-ES"), UnsupportedAlgorithm, "7517 5"),
            (with(p256(), "alg", "none"), UnsupportedAlgorithm, "8725 3.2"),
            (with(p256(), "d", "AA"), PrivatePart, "7517 9.2"),
            (with(p256(), "d", ""), PrivatePart, "7517 9.2"),
            (with(rsa(2048, &e), "p", "AA"), PrivatePart, "7518 6.3.2"),
            (json!({"kty": "AKP", "alg": "ML-DSA-44", "priv": "AA"}), PrivatePart, "9964 3"),
            (json!({"kty": "AKP", "pub": "AA"}), BadMember("alg"), "9964 3"),
            (akp("ML-DSA-44"), INVALID, "9964 3"),
            (akp("ES256"), WRONG, "9964 3"),
            (akp("SLH-DSA-SHA2-128s"), UnsupportedAlgorithm, "9964 3"),
            (with(p256(), "x", P256_Y), INVALID, "7518 6.2.1: off the curve"),
            (with(p256(), "x", "AA"), INVALID, "7518 6.2.1: too short"),
            (with(p256(), "y", "not base64url!"), BadMember("y"), "7517 4"),
            (with(ed25519(), "x", "AA"), INVALID, "8037 2"),
            (with(ed25519(), "x", small_order), INVALID, "8725 3.4: of small order"),
            (json!({"kty": "oct", "k": "AA"}), SkipReason::SharedSecret, "8725 3.1"),
            (rsa(2047, &e), WEAK, "7518 3.3"),
            (rsa(1024, &e), WEAK, "7518 3.3"),
            (rsa(4104, &e), WEAK, "7518 3.3"),
            (rsa(8192, &e), WEAK, "7518 3.3"),
            (rsa(2048, &[1, 0, 3]), WEAK, "8017 3.1"),
            (rsa(2048, &[1]), WEAK, "8017 3.1"),
            (rsa(2048, &[2]), WEAK, "8017 3.1"),
            (rsa(2048, &[0]), WEAK, "8017 3.1"),
            (with(rsa(2048, &e), "n", even_modulus()), WEAK, "8017 3.1"),
            (rsa(2048, &[1, 0, 0, 0, 1]), WEAK, "8017 3.1"),
        ];
        for (key, reason, section) in table {
            assert_eq!(read(&key), Err(reason), "RFC {section}: {key}");
        }
        let twice = br#"{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":""}"#;
        let duplicate = SkipReason::Malformed(JsonFault::DuplicateMember);
        let read = read_key(twice, Algorithms::ASYMMETRIC.into(), Spelling::Lenient).map(drop);
        assert_eq!(read, Err(duplicate));
    }

    #[test]
    fn a_key_is_the_same_in_every_spelling_but_not_in_a_proof() {
        let null = |name: &str| with(p256(), name, json!(null));
        let standard = P256_X.replace('-', "+").replace('_', "/");
        assert_ne!(ED25519, ED25519.replace('_', "/"));
        let table = [
            null("alg"),
            null("use"),
            null("kid"),
            null("key_ops"),
            null("d"),
            with(p256(), "key_ops", json!([])),
            with(p256(), "use", ""),
            with(p256(), "x", format!("{standard}=")),
            with(ed25519(), "x", ED25519.replace('_', "/")),
            with(ed25519(), "x", format!("{ED25519}=")),
        ];
        let rules = KeyRules::from(Algorithms::ASYMMETRIC);
        let fingerprint = |key: &Value| {
            let key = read_key(key.to_string().as_bytes(), rules, Spelling::Lenient);
            key.map(|key| key.fingerprint())
        };
        let known = [fingerprint(&p256()), fingerprint(&ed25519())];
        for key in table {
            assert!(known.contains(&fingerprint(&key)), "{key}");
            assert!(read_as(&key, Spelling::Exact).is_err(), "RFC 7517 4: {key}");
        }
        let without_name =
            read_key(with(p256(), "kid", "").to_string().as_bytes(), rules, Spelling::Lenient);
        assert_eq!(without_name.map(|key| key.id().map(ToOwned::to_owned)), Ok(None));
        let stays_out = [
            null("x"),
            null("kty"),
            with(p256(), "x", format!("{P256_X}==")),
            with(p256(), "x", format!(" {P256_X}")),
            with(ed25519(), "x", format!("{ED25519}===")),
        ];
        for key in stays_out {
            assert!(read(&key).is_err(), "{key}");
        }
    }

    #[test]
    fn an_algorithm_off_the_allow_list_makes_a_key_useless() {
        let allowed = Algorithms::only([Algorithm::Ps256]);
        let read = |key: &Value| {
            read_key(key.to_string().as_bytes(), allowed.into(), Spelling::Exact)
                .map(|k| k.algorithm())
        };
        assert_eq!(read(&p256()), Err(SkipReason::NotAllowed(Algorithm::Es256)));
        assert_eq!(read(&rsa(2048, &[1, 0, 1])), Ok(Algorithm::Ps256), "the only RSA one allowed");
    }
}
