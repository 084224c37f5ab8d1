//! Known attacks on tokens, over HTTP on the guarded route, with the exact response to each.

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

/// The token with a different signature.
fn with_signature(token: &str, signature: &[u8]) -> String {
    let (input, _) = token.rsplit_once('.').expect("three parts");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Bytes of a token's signature.
fn signature_of(token: &str) -> Vec<u8> {
    let (_, signature) = token.rsplit_once('.').expect("three parts");
    URL_SAFE_NO_PAD.decode(signature).expect("base64url")
}
