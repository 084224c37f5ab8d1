//! Attacks on tokens that are known by name, each over HTTP on the guarded route, and the exact
//! answer to each.

mod algorithms;
mod duplicates;
mod encodings;
mod extensions;
mod issuers;
mod key_names;
mod keys_in_headers;
mod signatures;
mod types;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The token under another signature.
fn with_signature(token: &str, signature: &[u8]) -> String {
    let (input, _) = token.rsplit_once('.').expect("three parts");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The bytes of a token's signature.
fn signature_of(token: &str) -> Vec<u8> {
    let (_, signature) = token.rsplit_once('.').expect("three parts");
    URL_SAFE_NO_PAD.decode(signature).expect("base64url")
}
