//! JSON Web Keys: each read for itself, odd ones skipped (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;

use super::algorithm::{Algorithm, Algorithms, Family};
use super::json::Members;
use super::key::{UnusableKey, VerificationKey};
use super::key_set_fault::{KeySetFault, SkipReason, SkippedKey};
use super::printable::Printable;

pub(super) fn read_set(
    json: &[u8],
    allowed: Algorithms,
    most: usize,
) -> Result<(Vec<VerificationKey>, Vec<SkippedKey>), KeySetFault> {
    let members = Members::parse(json).map_err(|fault| KeySetFault::Malformed { fault })?;
    let entries: Vec<&RawValue> = members.read("keys").ok().flatten().ok_or(KeySetFault::NoKeys)?;
    if entries.len() > most {
        return Err(KeySetFault::TooManyKeys { count: entries.len(), limit: most });
    }
    let mut keys: Vec<VerificationKey> = Vec::new();
    let mut skipped = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        match read_key(entry.get().as_bytes(), allowed) {
            Ok(key) if has_twin(&keys, &key) => {
                skipped.push(skip(entry, place, SkipReason::Duplicate));
            }
            Ok(key) => keys.push(key),
            Err(reason) => skipped.push(skip(entry, place, reason)),
        }
    }
    if keys.is_empty() {
        return Err(KeySetFault::NoUsableKey { skipped });
    }
    Ok((keys, skipped))
}

/// Reads one JWK.
pub(crate) fn read_key(json: &[u8], allowed: Algorithms) -> Result<VerificationKey, SkipReason> {
    let members = Members::parse(json)?;
    let kty = required(&members, "kty")?;
    let id = optional(&members, "kid")?;
    if kty == "oct" {
        return Err(SkipReason::SharedSecret);
    }
    if members.contains("d") {
        return Err(SkipReason::PrivatePart);
    }
    check_purpose(&members)?;
    let key = match kty.as_str() {
        "RSA" => {
            let algorithm = algorithm_of(&members, rsa_default(allowed), Family::Rsa)?;
            let (modulus, exponent) = (bytes(&members, "n")?, bytes(&members, "e")?);
            VerificationKey::from_rsa(algorithm, &modulus, &exponent)?
        }
        "EC" => {
            let of_curve = match required(&members, "crv")?.as_str() {
                "P-256" => Algorithm::Es256,
                "P-384" => Algorithm::Es384,
                _ => return Err(SkipReason::UnsupportedType),
            };
            let algorithm = algorithm_of(&members, of_curve, Family::EllipticCurve)?;
            if algorithm != of_curve {
                return Err(SkipReason::Unusable(UnusableKey::WrongFamily));
            }
            let (x, y) = (bytes(&members, "x")?, bytes(&members, "y")?);
            VerificationKey::from_point(algorithm, &x, &y)?
        }
        "OKP" if required(&members, "crv")? == "Ed25519" => {
            algorithm_of(&members, Algorithm::EdDsa, Family::OctetKeyPair)?;
            VerificationKey::from_ed25519(&bytes(&members, "x")?)?
        }
        _ => return Err(SkipReason::UnsupportedType),
    };
    if !allowed.contains(key.algorithm()) {
        return Err(SkipReason::NotAllowed(key.algorithm()));
    }
    Ok(key.with_id(id))
}

/// The algorithm of an RSA key that does not name its own: the one the allow-list leaves, else
/// RS256, which OpenID Connect makes the default. One key, one algorithm.
pub(crate) fn rsa_default(allowed: Algorithms) -> Algorithm {
    let mut rsa = allowed.iter().filter(|algorithm| algorithm.family() == Family::Rsa);
    match (rsa.next(), rsa.next()) {
        (Some(only), None) => only,
        _ => Algorithm::Rs256,
    }
}

fn algorithm_of(
    members: &Members<'_>,
    default: Algorithm,
    family: Family,
) -> Result<Algorithm, SkipReason> {
    let Some(name) = optional(members, "alg")? else { return Ok(default) };
    let algorithm: Algorithm = name.parse().map_err(|_| SkipReason::UnsupportedAlgorithm)?;
    if algorithm.family() != family {
        return Err(SkipReason::Unusable(UnusableKey::WrongFamily));
    }
    Ok(algorithm)
}

/// RFC 7517 sections 4.2 and 4.3.
fn check_purpose(members: &Members<'_>) -> Result<(), SkipReason> {
    if optional(members, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(SkipReason::NotForSignatures);
    }
    let operations: Option<Vec<String>> =
        members.read("key_ops").map_err(|_| SkipReason::BadMember("key_ops"))?;
    let Some(mut operations) = operations else { return Ok(()) };
    let count = operations.len();
    operations.sort_unstable();
    operations.dedup();
    if operations.len() != count {
        return Err(SkipReason::BadMember("key_ops"));
    }
    if operations.iter().any(|operation| operation == "verify") {
        Ok(())
    } else {
        Err(SkipReason::NotForSignatures)
    }
}

fn has_twin(keys: &[VerificationKey], key: &VerificationKey) -> bool {
    key.id().is_some()
        && keys.iter().any(|other| other.id() == key.id() && other.algorithm() == key.algorithm())
}

fn skip(entry: &RawValue, place: usize, reason: SkipReason) -> SkippedKey {
    let id = Members::parse(entry.get().as_bytes())
        .ok()
        .and_then(|members| members.string("kid").ok().flatten())
        .unwrap_or_else(|| format!("number {}", place.saturating_add(1)));
    SkippedKey { id: Printable::new(&id), reason }
}

fn optional(members: &Members<'_>, name: &'static str) -> Result<Option<String>, SkipReason> {
    members.string(name).map_err(|_| SkipReason::BadMember(name))
}

fn required(members: &Members<'_>, name: &'static str) -> Result<String, SkipReason> {
    optional(members, name)?.ok_or(SkipReason::BadMember(name))
}

fn bytes(members: &Members<'_>, name: &'static str) -> Result<Vec<u8>, SkipReason> {
    let text = required(members, name)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| SkipReason::BadMember(name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::json::JsonFault;

    const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // RFC 8037 A.2
    const P256_X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"; // RFC 7517 A.1
    const P256_Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": ED25519})
    }

    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "p", "x": P256_X, "y": P256_Y})
    }

    /// A modulus of this many bits. It need not have two prime factors to be read.
    fn rsa(bits: usize, exponent: &[u8]) -> Value {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        if let Some(first) = modulus.first_mut() {
            *first = 0xff >> (modulus_padding(bits));
        }
        json!({"kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent)})
    }

    fn even_modulus() -> String {
        let mut modulus = vec![0xff; 256];
        modulus[255] = 0xfe;
        URL_SAFE_NO_PAD.encode(modulus)
    }

    fn modulus_padding(bits: usize) -> usize {
        (8 - bits % 8) % 8
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn read(key: &Value) -> Result<Algorithm, SkipReason> {
        read_key(key.to_string().as_bytes(), Algorithms::ASYMMETRIC).map(|key| key.algorithm())
    }

    #[test]
    fn a_key_that_fits_is_read_with_its_one_algorithm() {
        let e = [1, 0, 1];
        let table = [
            (ed25519(), Algorithm::EdDsa),
            (with(ed25519(), "alg", json!("Ed25519")), Algorithm::EdDsa),
            (p256(), Algorithm::Es256),
            (with(p256(), "use", json!("sig")), Algorithm::Es256),
            (with(p256(), "key_ops", json!(["sign", "verify"])), Algorithm::Es256),
            (with(p256(), "unknown", json!({})), Algorithm::Es256),
            (rsa(2048, &e), Algorithm::Rs256),
            (rsa(8192, &e), Algorithm::Rs256),
            (rsa(2048, &[3]), Algorithm::Rs256),
            (with(rsa(2048, &e), "alg", json!("PS512")), Algorithm::Ps512),
        ];
        for (key, algorithm) in table {
            assert_eq!(read(&key), Ok(algorithm), "RFC 7517 4: {key}");
        }
    }

    #[test]
    fn a_key_that_does_not_fit_is_skipped_for_its_reason() {
        use SkipReason::{BadMember, NotForSignatures, UnsupportedAlgorithm, UnsupportedType};
        const WRONG: SkipReason = SkipReason::Unusable(UnusableKey::WrongFamily);
        const WEAK: SkipReason = SkipReason::Unusable(UnusableKey::WeakRsa);
        const INVALID: SkipReason = SkipReason::Unusable(UnusableKey::Invalid);
        let e = [1, 0, 1];
        let table = [
            (json!("text"), SkipReason::Malformed(JsonFault::NotAnObject), "7517 4"),
            (json!({}), BadMember("kty"), "7517 4.1"),
            (with(p256(), "kty", json!("PQC")), UnsupportedType, "7517 5"),
            (with(p256(), "kid", json!(1)), BadMember("kid"), "7517 4.5"),
            (with(p256(), "crv", json!("secp256k1")), UnsupportedType, "7517 5"),
            (with(ed25519(), "crv", json!("X25519")), UnsupportedType, "8037 2"),
            (with(p256(), "use", json!("enc")), NotForSignatures, "7517 4.2"),
            (with(p256(), "use", json!(1)), BadMember("use"), "7517 4.2"),
            (with(p256(), "key_ops", json!(["sign"])), NotForSignatures, "7517 4.3"),
            (with(p256(), "key_ops", json!([])), NotForSignatures, "7517 4.3"),
            (with(p256(), "key_ops", json!("verify")), BadMember("key_ops"), "7517 4.3"),
            (
                with(p256(), "key_ops", json!(["verify", "verify"])),
                BadMember("key_ops"),
                "7517 4.3",
            ),
            (with(p256(), "alg", json!("RS256")), WRONG, "8725 3.1"),
            (with(p256(), "alg", json!("ES384")), WRONG, "7518 3.4"),
            (with(p256(), "alg", json!("ECDH-ES")), UnsupportedAlgorithm, "7517 5"),
            (with(p256(), "alg", json!("none")), UnsupportedAlgorithm, "8725 3.2"),
            (with(p256(), "alg", json!(null)), BadMember("alg"), "7517 4.4"),
            (with(p256(), "d", json!("AA")), SkipReason::PrivatePart, "7517 9.2"),
            (with(p256(), "x", json!(P256_Y)), INVALID, "7518 6.2.1: off the curve"),
            (with(p256(), "x", json!("AA")), INVALID, "7518 6.2.1: too short"),
            (with(p256(), "y", json!("not base64url!")), BadMember("y"), "7517 4"),
            (with(ed25519(), "x", json!("AA")), INVALID, "8037 2"),
            (
                with(ed25519(), "x", json!(URL_SAFE_NO_PAD.encode([0; 32]))),
                INVALID,
                "8725 3.4: of small order",
            ),
            (json!({"kty": "oct", "k": "AA"}), SkipReason::SharedSecret, "8725 3.1"),
            (rsa(2047, &e), WEAK, "7518 3.3"),
            (rsa(1024, &e), WEAK, "7518 3.3"),
            (rsa(8200, &e), WEAK, "7518 3.3"),
            (rsa(2048, &[1]), WEAK, "8017 3.1"),
            (rsa(2048, &[2]), WEAK, "8017 3.1"),
            (rsa(2048, &[0]), WEAK, "8017 3.1"),
            (with(rsa(2048, &e), "n", json!(even_modulus())), WEAK, "8017 3.1"),
            (rsa(2048, &[1, 0, 0, 0, 1]), WEAK, "8017 3.1"),
        ];
        for (key, reason, section) in table {
            assert_eq!(read(&key), Err(reason), "RFC {section}: {key}");
        }
        let twice = br#"{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":""}"#;
        let duplicate = SkipReason::Malformed(JsonFault::DuplicateMember);
        assert_eq!(read_key(twice, Algorithms::ASYMMETRIC).map(drop), Err(duplicate));
    }

    #[test]
    fn one_odd_key_does_not_spoil_the_set() {
        let set = json!({"keys": [{"kty": "PQC"}, 7, p256(), with(p256(), "use", json!("enc")),
            p256(), ed25519()], "other": 1});
        let (keys, skipped) =
            read_set(set.to_string().as_bytes(), Algorithms::ASYMMETRIC, 64).expect("two keys");
        assert_eq!(keys.len(), 2, "RFC 7517 5");
        let texts: Vec<_> = skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "key number 1: its type or curve is not supported",
                "key number 2: it is not one JSON object",
                "key p: it is not meant for verifying signatures",
                "key p: another key has the same kid and algorithm",
            ]
        );
    }

    #[test]
    fn a_set_without_a_usable_key_is_a_fault() {
        let read = |json: &str| {
            read_set(json.as_bytes(), Algorithms::ASYMMETRIC, 64).map(|(keys, _)| keys.len())
        };
        let malformed = |fault| Err(KeySetFault::Malformed { fault });
        assert_eq!(read("<html>"), malformed(JsonFault::NotAnObject));
        assert_eq!(read(r#"{"keys":[],"keys":[]}"#), malformed(JsonFault::DuplicateMember));
        assert_eq!(read("{}"), Err(KeySetFault::NoKeys));
        assert_eq!(read(r#"{"keys":{}}"#), Err(KeySetFault::NoKeys));
        assert_eq!(read(r#"{"keys":[]}"#), Err(KeySetFault::NoUsableKey { skipped: vec![] }));
        let many = json!({"keys": vec![p256(); 65]}).to_string();
        assert_eq!(read(&many), Err(KeySetFault::TooManyKeys { count: 65, limit: 64 }));
    }

    #[test]
    fn an_algorithm_off_the_allow_list_makes_a_key_useless() {
        let allowed = Algorithms::only([Algorithm::Ps256]);
        let read =
            |key: &Value| read_key(key.to_string().as_bytes(), allowed).map(|k| k.algorithm());
        assert_eq!(read(&p256()), Err(SkipReason::NotAllowed(Algorithm::Es256)));
        assert_eq!(read(&rsa(2048, &[1, 0, 1])), Ok(Algorithm::Ps256), "the only RSA one allowed");
    }
}
