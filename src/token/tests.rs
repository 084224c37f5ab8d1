//! Tests of what several files of this directory do together, and the tokens that tests share.

mod claims;
mod invalid_token;
mod keys;

#[cfg(feature = "service")]
mod inspection;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Algorithm, Algorithms, Audiences, Expectations, VerificationKey};

const SECRET: [u8; 32] = [7; 32];

/// A token whose signature verifies under no key.
pub(super) fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.AA", signing_input(header, claims))
}

/// A token signed with HS256 and the [`secret_key`].
pub(super) fn signed(header: &str, claims: &str) -> String {
    let input = signing_input(header, claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &SECRET), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signing_input(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// The key of the tokens that are [`signed`].
pub(super) fn secret_key() -> VerificationKey {
    VerificationKey::from_secret(Algorithm::Hs256, &SECRET).expect("a key")
}

/// A modulus of this many bits, all of them one. It need not have two prime factors to be read.
pub(super) fn modulus(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; bits.div_ceil(8)];
    bytes[0] = 0xff >> (bits.next_multiple_of(8) - bits);
    bytes
}

/// What is expected of tokens of the issuer `a` for the audience `b`, signed with HS256.
pub(super) fn expected() -> Expectations {
    let audiences = Audiences::new(["b"]).expect("an audience");
    let algorithms = Algorithms::only([Algorithm::Hs256]);
    Expectations { algorithms, ..Expectations::new("a", audiences) }
}
