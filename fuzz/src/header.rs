//! JOSE header of an otherwise valid token.

use actix_resource_server::token::{Algorithm, UnverifiedToken};
use serde_json::{Map, Value, json};

use super::reading::{AUDIENCE, ISSUER, NOW, check_texts, object, signed};

/// Members that `jsonwebtoken` reads and this library ignores, whatever they hold (RFC 7515
/// section 4: what is not understood is ignored; keys that a token brings are never used).
const IGNORED: [&str; 9] = ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "enc", "zip", "url"];

/// Accepts a valid header.
pub fn header(bytes: &[u8]) -> bool {
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "s", "exp": NOW + 60});
    let token = signed(bytes, claims.to_string().as_bytes());
    let parsed = UnverifiedToken::parse(&token);
    let accepted = object(bytes).filter(|members| is_header(members, &claims));
    // The header does not matter if the token is too long.
    if token.len() <= actix_resource_server::token::MAX_TOKEN_LENGTH {
        assert_eq!(parsed.is_ok(), accepted.is_some(), "{}", bytes.escape_ascii());
    }
    let read = match parsed {
        Ok(read) => read,
        Err(refusal) => {
            check_texts(&refusal);
            return false;
        }
    };
    let members = accepted.expect("an object");
    let header = read.header();
    assert_eq!(algorithm(&members), Some(header.algorithm()), "RFC 7515 4.1.1");
    assert_eq!(members.get("kid").and_then(Value::as_str), header.key_id(), "RFC 7515 4.1.4");
    check_with_jsonwebtoken(&token, &members);
    true
}

/// Reference for the rules of the header.
fn is_header(members: &Map<String, Value>, claims: &Value) -> bool {
    let text = |name| match members.get(name) {
        None => Some(None),
        Some(Value::String(text)) => Some(Some(text.to_ascii_lowercase())),
        Some(_) => None,
    };
    let (Some(typ), Some(cty), Some(_)) = (text("typ"), text("cty"), text("kid")) else {
        return false;
    };
    let is_access_token = typ.is_none_or(|typ| {
        let bare = typ.strip_prefix("application/").unwrap_or(&typ);
        ["jwt", "jose", "at+jwt"].contains(&bare)
    });
    let is_nested = cty.is_some_and(|cty| ["jwt", "application/jwt"].contains(&cty.as_str()));
    let says_the_same =
        |name| members.get(name).is_none_or(|value| Some(value) == claims.get(name));
    algorithm(members).is_some()
        && is_access_token
        && !is_nested
        && !members.contains_key("crit")
        && !members.contains_key("b64")
        && ["iss", "sub", "aud"].into_iter().all(says_the_same)
}

fn algorithm(members: &Map<String, Value>) -> Option<Algorithm> {
    let name = members.get("alg")?.as_str()?;
    let exact = if name == "Ed25519" { "EdDSA" } else { name };
    Algorithm::ALL.into_iter().find(|algorithm| algorithm.to_string() == exact)
}

fn check_with_jsonwebtoken(token: &str, members: &Map<String, Value>) {
    // It does not know some algorithms and the names of RFC 9864, and requires `nonce` to be a text.
    let name = members.get("alg").and_then(Value::as_str).unwrap_or_default();
    let beyond = name.parse::<jsonwebtoken::Algorithm>().is_err()
        || members.get("nonce").is_some_and(|nonce| !nonce.is_string())
        || IGNORED.iter().any(|name| members.contains_key(*name));
    match jsonwebtoken::decode_header(token) {
        Ok(theirs) => {
            let ours = algorithm(members).and_then(|ours| ours.to_string().parse().ok());
            assert_eq!(ours, Some(theirs.alg));
            assert_eq!(members.get("kid").and_then(Value::as_str), theirs.kid.as_deref());
        }
        Err(error) => assert!(beyond, "jsonwebtoken rejects what is accepted here: {error}"),
    }
}
