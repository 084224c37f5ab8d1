//! A DPoP proof for one request, with its `jwk` taken for the key that the token is bound to.

use actix_resource_server::sender::{
    BearerToken, Credentials, DpopPolicy, Presentation, Proofs, Scheme, Unproven,
};
use actix_resource_server::token::{JwkThumbprint, Timestamp, UnverifiedToken};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::reading::is_description;

/// The time at which proofs are judged.
const NOW: u64 = 1_700_000_000;

/// The token that they come with.
const TOKEN: &str = "the.access.token";

/// Judges the proof for `GET https://api.example/notes`. Accepted where it is good.
pub fn proof(bytes: &[u8]) -> bool {
    let policy = DpopPolicy::new(["https://api.example".parse().expect("a URL")]);
    let bound = bound_token(&thumbprint(bytes).unwrap_or_else(|| "A".repeat(43)));
    let bound = UnverifiedToken::parse(&bound).expect("a token");
    let token = BearerToken::from_bytes(TOKEN.as_bytes()).expect("a token");
    let mut credentials = Credentials::from(token);
    credentials.scheme = Scheme::Dpop;
    let presentation =
        Presentation::new(credentials, "GET", "/notes?a=b").with_proofs(Proofs::One(bytes));
    let binding = bound.unverified_claims().binding();
    let judged = policy.judge(&presentation, binding, Timestamp::from_seconds(NOW));
    match &judged {
        Ok(()) => assert_another_library_agrees(bytes),
        Err(Unproven::Proof(reason)) => {
            assert!(is_description(reason.description()), "RFC 6750 3: {reason:?}");
        }
        Err(Unproven::Token(reason)) => {
            assert!(is_description(reason.description()), "RFC 6750 3: {reason:?}");
        }
        // Nonces are off.
        Err(Unproven::NonceNeeded) => assert!(policy.nonces.is_some(), "a nonce is needed"),
    }
    judged.is_ok()
}

/// The thumbprint of the key in the header, if there is one.
fn thumbprint(proof: &[u8]) -> Option<String> {
    let header = proof.split(|byte| *byte == b'.').next()?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let jwk = header.get("jwk")?.to_string();
    JwkThumbprint::of_jwk(jwk.as_bytes()).ok().map(|thumbprint| thumbprint.to_string())
}

/// An unsigned token that is bound to the key with this thumbprint.
fn bound_token(thumbprint: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    let claims = json!({"iss": "i", "aud": "a", "exp": 1, "cnf": {"jkt": thumbprint}});
    format!("{header}.{}.AA", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn assert_another_library_agrees(proof: &[u8]) {
    let header = proof.split(|byte| *byte == b'.').next().unwrap_or_default();
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    assert_eq!(header["typ"], "dpop+jwt", "RFC 9449 4.3-4");
    let jwk: Jwk = serde_json::from_value(header["jwk"].clone()).expect("a JWK");
    let key = DecodingKey::from_jwk(&jwk).expect("a key");
    let algorithm = decode_header(proof).expect("a header").alg;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = decode::<Value>(proof, &key, &validation).expect("RFC 9449 4.3-6").claims;
    assert_eq!(claims["htm"], "GET", "RFC 9449 4.3-8");
    assert!(claims["jti"].is_string() && claims["htu"].is_string(), "RFC 9449 4.3-3");
}
