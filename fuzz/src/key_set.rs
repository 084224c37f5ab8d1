//! A JWK Set, as an issuer publishes it, and the same bytes as a key file.

use actix_resource_server::token::{Algorithm, Algorithms, Family, KeySet, KeySetFault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::reading::{is_printable, object};

/// The entries of a key set, each as it is written.
#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// A key set. Accepted where at least one of its keys can be used.
pub fn key_set(bytes: &[u8]) -> bool {
    check_key_file(bytes);
    let entries = serde_json::from_slice(bytes).ok().map(|Entries { keys }| keys);
    let (keys, skipped) = match KeySet::from_json(bytes, Algorithms::ASYMMETRIC) {
        Ok(read) => read,
        Err(fault) => {
            assert!(is_printable(&fault.to_string()), "{fault:?}");
            let skipped = match fault {
                KeySetFault::NoUsableKey { skipped } => Some(skipped.len()),
                _ => None,
            };
            assert!(skipped.is_none_or(|count| entries.is_some_and(|all| all.len() == count)));
            return false;
        }
    };
    let entries = entries.expect("RFC 7517 5: an array of keys");
    assert_eq!(keys.len() + skipped.len(), entries.len(), "each key is used or named");
    assert!(!keys.is_empty() && entries.len() <= 64);
    assert!(skipped.iter().all(|key| is_printable(&key.to_string())), "{skipped:?}");
    let mut names: Vec<_> = keys
        .iter()
        .filter_map(|key| key.id().map(|id| (id.to_owned(), key.algorithm().to_string())))
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "RFC 7517 4.5: one key for a kid and an algorithm");
    for key in keys.iter() {
        assert!(Algorithms::ASYMMETRIC.contains(key.algorithm()), "RFC 8725 3.1");
        assert!(!key.verifies(b"message", b"signature") && !key.verifies(b"message", &[0; 64]));
        let mut sources = entries.iter().map(|entry| object(entry.get().as_bytes()));
        // A member that nobody asks for may hold what a plain reading cannot read.
        let is_source = |source: Option<Map<String, Value>>| {
            source.is_none_or(|members| is_source(&members, key.id(), key.algorithm()))
        };
        assert!(sources.any(is_source), "{key:?} from {}", bytes.escape_ascii());
    }
    true
}

/// Whether a key that says this may become a key for this algorithm, in the plainest way.
fn is_source(members: &Map<String, Value>, id: Option<&str>, algorithm: Algorithm) -> bool {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let may_be = |name: &str, right: &str| members.get(name).is_none_or(|value| value == right);
    let kind = match algorithm.family() {
        Family::Rsa => text("kty") == Some("RSA") && is_strong(members),
        Family::EllipticCurve => {
            let curve = if algorithm == Algorithm::Es256 { "P-256" } else { "P-384" };
            text("kty") == Some("EC") && text("crv") == Some(curve)
        }
        Family::OctetKeyPair => text("kty") == Some("OKP") && text("crv") == Some("Ed25519"),
        Family::Secret => false,
    };
    let operations = members.get("key_ops").map(|value| value.as_array().cloned());
    kind && text("kid") == id
        && may_be("use", "sig")
        && (may_be("alg", &algorithm.to_string()) || text("alg") == Some("Ed25519"))
        && !members.contains_key("d")
        && operations.is_none_or(|all| all.is_some_and(|all| all.contains(&"verify".into())))
}

/// RFC 7518 section 3.3; the exponent is odd, and not 1 (RFC 8017 section 3.1).
fn is_strong(members: &Map<String, Value>) -> bool {
    let number = |name: &str| {
        let text = members.get(name).and_then(Value::as_str)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>())
    };
    let (Some(modulus), Some(exponent)) = (number("n"), number("e")) else { return false };
    (256..=1024).contains(&modulus.len())
        && (modulus.len() > 256 || modulus[0] >= 0x80)
        && exponent.last().is_some_and(|byte| byte & 1 == 1)
        && exponent != [1]
}

/// The same bytes, from a disk.
fn check_key_file(bytes: &[u8]) {
    match KeySet::from_file(bytes, Algorithms::ASYMMETRIC) {
        Ok((keys, _)) => assert!(!keys.is_empty()),
        Err(fault) => assert!(is_printable(&fault.to_string()), "{fault:?}"),
    }
}
