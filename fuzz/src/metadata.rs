//! Issuer metadata.

use actix_resource_server::issuer::{IssuerIdentifier, believed_metadata};
use serde_json::Value;

use super::reading::{is_printable, object};

const ISSUERS: [&str; 3] =
    ["https://issuer.example/tenant", "https://issuer.example/", "http://127.0.0.1:3011"];

/// Accepts metadata that is valid for one of three issuers.
pub fn metadata(bytes: &[u8]) -> bool {
    ISSUERS.map(|issuer| is_believed(bytes, issuer)).contains(&true)
}

fn is_believed(bytes: &[u8], configured: &str) -> bool {
    let issuer: IssuerIdentifier = configured.parse().expect("an issuer");
    let (found, jwks_uri) = match believed_metadata(bytes, &issuer) {
        Ok(believed) => believed,
        Err(fault) => {
            assert!(is_printable(&fault.to_string()), "{fault:?}");
            return false;
        }
    };
    let members = object(bytes).expect("RFC 8414 2: one JSON object");
    assert_eq!(members.get("issuer"), Some(&Value::from(found.as_str())), "RFC 8414 3.3");
    let bare = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    assert_eq!(bare(&found), bare(configured), "RFC 8414 3.3");
    let written = members.get("jwks_uri").and_then(Value::as_str).expect("RFC 8414 2");
    assert!(written.chars().all(|c| !c.is_whitespace() && !c.is_control()), "{written:?}");
    let is_loopback = jwks_uri.starts_with("http://127.")
        || jwks_uri.starts_with("http://[::1]")
        || jwks_uri.starts_with("http://localhost");
    let is_secure = jwks_uri.starts_with("https://");
    let is_local = configured.starts_with("http://127.0.0.1");
    assert!(is_secure || (is_loopback && is_local), "RFC 8414 2: {jwks_uri}");
    let authority = jwks_uri.split('/').nth(2).expect("an authority");
    assert!(!authority.is_empty() && !authority.contains('@'), "RFC 3986 3.2.1: {jwks_uri}");
    true
}
