//! Tokens as callers send them.

use actix_resource_server::token::{Algorithm, MAX_TOKEN_LENGTH, VerificationKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::reading::{accepted_by_jsonwebtoken, object, verdict};

/// Accepts a token that was signed with the secret.
pub fn token(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = verdict(text, public_keys()) else { return false };
    assert!(text.len() <= MAX_TOKEN_LENGTH);
    let parts: Vec<&str> = text.split('.').collect();
    assert_eq!(parts.len(), 3, "RFC 7515 7.1");
    for part in &parts {
        let decoded = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode(decoded), *part, "RFC 4648 3.5: one text, one meaning");
    }
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let header = object(&decoded(parts[0])).expect("RFC 7515 4: a header");
    assert_eq!(header["alg"], "HS256", "there is no private key for the public keys");
    let claims = object(&decoded(parts[1])).expect("RFC 7519 4: claims");
    let claims = Value::Object(claims);
    assert_eq!(read.claims_as::<Value>().ok().as_ref(), Some(&claims));
    assert_eq!(accepted_by_jsonwebtoken(text).as_ref(), Ok(&claims), "equal claims");
    true
}

/// Public keys without a private key here (RFC 7517 appendix A.1, RFC 8037 appendix A.2).
fn public_keys() -> Vec<VerificationKey> {
    let decoded = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let x = decoded("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
    let y = decoded("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
    let point = VerificationKey::from_point(Algorithm::Es256, &x, &y).expect("a key");
    let bytes = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let edwards = VerificationKey::from_ed25519(&bytes).expect("a key");
    vec![point.with_id(Some("p".to_owned())), edwards.with_id(Some("e".to_owned()))]
}
