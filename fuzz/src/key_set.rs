//! JWK Sets of issuers, and the same bytes as key files.

use actix_resource_server::token::{Algorithm, Algorithms, Family, KeySet, KeySetFault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::reading::{is_printable, object};

/// The entries of a key set as texts.
#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// Accepts a key set with at least one usable key.
pub fn key_set(bytes: &[u8]) -> bool {
    check_key_file(bytes);
    let document = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let entries = serde_json::from_slice(document).ok().map(|Entries { keys }| keys);
    let (keys, skipped) = match KeySet::from_json(bytes, Algorithms::DEFAULT) {
        Ok(read) => read,
        Err(fault) => {
            assert!(is_printable(&fault.to_string()), "{fault:?}");
            let skipped = match fault {
                KeySetFault::NoUsableKey { skipped } => Some(skipped.len()),
                _ => None,
            };
            let are_listed = |all: Vec<&RawValue>, count| all.len().min(65) == count;
            assert!(skipped.is_none_or(|count| entries.is_some_and(|all| are_listed(all, count))));
            return false;
        }
    };
    let entries = entries.expect("RFC 7517 5: an array of keys");
    if entries.len() <= 64 {
        assert_eq!(keys.len() + skipped.len(), entries.len(), "each key is used or listed");
    }
    assert!((1..=64).contains(&keys.len()) && skipped.len() <= 66);
    assert!(skipped.iter().all(|key| is_printable(&key.to_string())), "{skipped:?}");
    let all: Vec<_> = keys.iter().collect();
    for (place, key) in all.iter().enumerate() {
        assert!(!all[..place].contains(key), "each key once");
    }
    for key in keys.iter() {
        assert!(Algorithms::DEFAULT.contains(key.algorithm()), "RFC 8725 3.1");
        assert!(!key.verifies(b"message", b"signature") && !key.verifies(b"message", &[0; 64]));
        let mut sources = entries.iter().map(|entry| object(entry.get().as_bytes()));
        // An unused member may have a value that the plain reading cannot read.
        let is_source = |source: Option<Map<String, Value>>| {
            source.is_none_or(|members| is_source(&members, key.id(), key.algorithm()))
        };
        assert!(sources.any(is_source), "{key:?} from {}", bytes.escape_ascii());
    }
    true
}

/// Reference: whether a key with these members may become a key for this algorithm.
fn is_source(members: &Map<String, Value>, id: Option<&str>, algorithm: Algorithm) -> bool {
    // What is null or empty counts as absent.
    let member = |name: &str| {
        members.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    };
    let text = |name: &str| member(name).and_then(Value::as_str);
    let may_be = |name: &str, right: &str| member(name).is_none_or(|value| value == right);
    let kind = match algorithm.family() {
        Family::Rsa => text("kty") == Some("RSA") && is_strong(members),
        Family::EllipticCurve => {
            let curve = match algorithm {
                Algorithm::Es256 => "P-256",
                Algorithm::Es384 => "P-384",
                _ => "P-521",
            };
            text("kty") == Some("EC") && text("crv") == Some(curve)
        }
        Family::OctetKeyPair => text("kty") == Some("OKP") && text("crv") == Some("Ed25519"),
        _ => false,
    };
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];
    let operations = member("key_ops").map(|value| value.as_array().cloned());
    let verifies = |all: Vec<Value>| {
        let are_alike = all.iter().all(|one| one == "verify" || one == "sign");
        all.is_empty() || all.contains(&"verify".into()) && (are_alike || member("use").is_none())
    };
    kind && text("kid") == id
        && may_be("use", "sig")
        && (may_be("alg", &algorithm.to_string()) || text("alg") == Some("Ed25519"))
        && private.iter().all(|name| members.get(*name).is_none_or(Value::is_null))
        && operations.is_none_or(|all| all.is_some_and(verifies))
}

/// The limits of RSA keys (RFC 7518 section 3.3). The exponent is odd and not 1 (RFC 8017 section 3.1).
fn is_strong(members: &Map<String, Value>) -> bool {
    let number = |name: &str| {
        let text = members.get(name).and_then(Value::as_str)?;
        let text = text.replace('+', "-").replace('/', "_").replace('=', "");
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>())
    };
    let (Some(modulus), Some(exponent)) = (number("n"), number("e")) else { return false };
    (256..=512).contains(&modulus.len())
        && (modulus.len() > 256 || modulus[0] >= 0x80)
        && exponent.last().is_some_and(|byte| byte & 1 == 1)
        && exponent != [1]
        && (exponent.len() < 3 || exponent == [1, 0, 1])
}

/// The same bytes as a key file.
fn check_key_file(bytes: &[u8]) {
    match KeySet::from_file(bytes, Algorithms::DEFAULT) {
        Ok((keys, _)) => assert!(!keys.is_empty()),
        Err(fault) => assert!(is_printable(&fault.to_string()), "{fault:?}"),
    }
}
