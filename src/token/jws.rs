//! Compact JWS serialization: three base64url parts joined by dots (RFC 7515 section 7.1).
//!
//! Access tokens, DPoP proofs and signed introspection responses share this form. Each caller maps
//! [`JwsFault`] to its own reasons.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::Display;

use super::algorithm::Algorithm;
use super::json::{JsonFault, Members};
use super::printable::Printable;

/// The encoded parts of a compact JWS, within a length limit and in the right alphabet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompactJws<'a> {
    signing_input: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// Why a text is not a compact JWS that this crate can verify. The sender is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JwsFault {
    /// Longer than the caller's limit.
    TooLong { length: usize, limit: usize },
    /// A number of parts other than three.
    WrongPartCount { parts: usize },
    /// A character that is neither base64url nor a dot.
    ForbiddenCharacter,
    /// A part that is not base64url without padding, in its canonical form.
    NotBase64Url { part: Part },
    /// A part that is not one JSON object with unique member names.
    Malformed { part: Part, fault: JsonFault },
    /// A header parameter that is missing or not a string.
    HeaderParameterMistyped { name: &'static str },
    /// The header has `crit` (RFC 7515 section 4.1.11). No extension is supported.
    CriticalExtension,
    /// The header has `b64` (RFC 7797).
    UnencodedPayload,
    /// `alg` is `none`.
    Unsigned,
    /// `alg` names an algorithm that is not supported.
    UnsupportedAlgorithm { algorithm: Printable },
}

/// A part of a compact JWS.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
#[display(rename_all = "lowercase")]
pub enum Part {
    /// The first part.
    Header,
    /// The second part.
    Claims,
    /// The third part.
    Signature,
}

impl<'a> CompactJws<'a> {
    /// Splits `text`, of at most `limit` bytes, into its parts (RFC 7519 section 7.2,
    /// RFC 8725 section 3.15). The parts are not decoded yet.
    pub(crate) fn split(text: &'a str, limit: usize) -> Result<Self, JwsFault> {
        let length = text.len();
        if length > limit {
            return Err(JwsFault::TooLong { length, limit });
        }
        let parts = dots(text).saturating_add(1);
        let wrong = JwsFault::WrongPartCount { parts };
        if parts != 3 {
            return Err(wrong);
        }
        if !chunks(text).all(|chunk| chunk.iter().fold(true, |all, byte| all & is_allowed(*byte))) {
            return Err(JwsFault::ForbiddenCharacter);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(wrong.clone())?;
        let (header, payload) = signing_input.split_once('.').ok_or(wrong)?;
        Ok(Self { signing_input, header, payload, signature })
    }

    /// The bytes that the signature covers (RFC 7515 section 5.1).
    pub(crate) const fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// Decodes one part.
    pub(crate) fn decode(&self, part: Part) -> Result<Vec<u8>, JwsFault> {
        let text = match part {
            Part::Header => self.header,
            Part::Claims => self.payload,
            Part::Signature => self.signature,
        };
        decode(text, part)
    }
}

/// Decodes base64url without padding, in its canonical form only (RFC 7515 section 2).
#[expect(
    clippy::slow_vector_initialization,
    reason = "measured: for short parts, zeroed memory from the allocator is slower"
)]
pub(crate) fn decode(text: &str, part: Part) -> Result<Vec<u8>, JwsFault> {
    // Exact capacity, because the decoded claims are kept.
    let length = text.len().saturating_mul(3) / 4;
    let mut bytes = Vec::with_capacity(length);
    bytes.resize(length, 0);
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(decoded) if decoded == length => Ok(bytes),
        Ok(_) | Err(_) => Err(JwsFault::NotBase64Url { part }),
    }
}

/// Reads the members of a JOSE header: one JSON object with unique names (RFC 7515 section 4).
pub(crate) fn header_members(bytes: &[u8]) -> Result<Members<'_>, JwsFault> {
    std::str::from_utf8(bytes)
        .map_err(|_| JsonFault::NotUtf8)
        .and_then(Members::parse_whole)
        .map_err(|fault| JwsFault::Malformed { part: Part::Header, fault })
}

/// Reads `alg` from a JOSE header that asks for no extension: `crit` and `b64` are rejected.
pub(crate) fn header_algorithm(members: &Members<'_>) -> Result<Algorithm, JwsFault> {
    if members.contains("crit") {
        return Err(JwsFault::CriticalExtension);
    }
    if members.contains("b64") {
        return Err(JwsFault::UnencodedPayload);
    }
    let mistyped = JwsFault::HeaderParameterMistyped { name: "alg" };
    let name = members.text("alg").ok().flatten().ok_or(mistyped)?;
    name.parse().map_err(|_| match name.as_ref() {
        none if none.eq_ignore_ascii_case("none") => JwsFault::Unsigned,
        other => JwsFault::UnsupportedAlgorithm { algorithm: Printable::new(other) },
    })
}

/// Whether `text` is the media type `application/SUBTYPE`. Case does not matter, and the prefix
/// `application/` may be omitted (RFC 7515 section 4.1.9).
pub(crate) fn is_media_type(text: &str, subtype: &str) -> bool {
    const PREFIX: &str = "application/";
    let bare = match text.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => text,
    };
    bare.eq_ignore_ascii_case(subtype)
}

/// Whether `text` has the form of a JWT, signed or encrypted: three or five parts, of which the first
/// is a JSON object in base64url (RFC 7519 section 3). Any other token is opaque.
pub(crate) fn is_jwt(text: &str) -> bool {
    let Some((header, _)) = text.split_once('.') else { return false };
    matches!(dots(text), 2 | 4)
        && URL_SAFE_NO_PAD
            .decode(header)
            .is_ok_and(|json| json.trim_ascii_start().starts_with(b"{"))
}

/// Chunks that are scanned without a branch per byte, so that the compiler vectorizes the loop.
fn chunks(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().chunks(64)
}

fn dots(text: &str) -> usize {
    let in_chunk = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(*byte == b'.')).sum::<u8>();
    chunks(text).map(in_chunk).map(usize::from).sum()
}

const fn is_allowed(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit = byte.wrapping_sub(b'0') < 10;
    is_letter | is_digit | (byte == b'-') | (byte == b'_') | (byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_base64url_and_dots_are_allowed() {
        for byte in 0..=u8::MAX {
            let is_base64url = byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert_eq!(is_allowed(byte), is_base64url || byte == b'.', "RFC 7515 2: {byte}");
        }
    }

    const LIMIT: usize = 100;

    #[test]
    fn a_text_of_another_form_is_rejected_before_decoding() {
        let long = "a".repeat(LIMIT + 1);
        let parts = |parts| JwsFault::WrongPartCount { parts };
        let table = [
            (long.as_str(), JwsFault::TooLong { length: 101, limit: 100 }),
            ("", parts(1)),
            ("opaque-token", parts(1)),
            ("a.b", parts(2)),
            ("a.b.c.d", parts(4)),
            ("a.b.c.d.e", parts(5)),
            ("a.b.c=", JwsFault::ForbiddenCharacter),
            ("a+.b.c", JwsFault::ForbiddenCharacter),
            ("{\"alg\":\"RS256\"}.b.c", JwsFault::ForbiddenCharacter),
        ];
        for (text, fault) in table {
            let split = CompactJws::split(text, LIMIT).map(drop);
            assert_eq!(split, Err(fault), "RFC 7515 7.1: {text:.40}");
        }
    }

    #[test]
    fn each_part_is_decoded_from_its_canonical_form_only() {
        let jws = CompactJws::split("YQ.YWI.YWJj", LIMIT).expect("three parts");
        assert_eq!(jws.signing_input(), "YQ.YWI");
        assert_eq!(jws.decode(Part::Header), Ok(b"a".to_vec()));
        assert_eq!(jws.decode(Part::Claims), Ok(b"ab".to_vec()));
        assert_eq!(jws.decode(Part::Signature), Ok(b"abc".to_vec()));
        // `AB` has bits set after its only byte; `A` is not a whole byte.
        for text in ["AB", "A", "AAAAA"] {
            let fault = JwsFault::NotBase64Url { part: Part::Header };
            assert_eq!(decode(text, Part::Header), Err(fault), "RFC 7515 2: {text}");
        }
    }

    #[test]
    fn jwts_are_told_from_opaque_tokens_by_their_form() {
        for (text, expected) in [
            ("eyJhbGciOiJSUzI1NiJ9.e30.AA", true),
            ("eyJhbGciOiJSUzI1NiJ9..", true),
            ("IHsiYWxnIjoiUlMyNTYifQ.e30.AA", true),
            ("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d", true),
            ("eyJhbGciOiJSUzI1NiJ9", false),
            ("eyJhbGciOiJSUzI1NiJ9.e30", false),
            ("ory_at_abc.def", false),
            ("a.b.c", false),
            ("..", false),
            ("2YotnFZFEjr1zCsicMWpAA", false),
            ("", false),
        ] {
            assert_eq!(is_jwt(text), expected, "RFC 7519 3: {text}");
        }
    }

    #[test]
    fn media_types_match_without_case_and_without_prefix() {
        for (text, same) in [
            ("at+jwt", true),
            ("AT+JWT", true),
            ("application/at+jwt", true),
            ("Application/AT+jwt", true),
            ("text/at+jwt", false),
            ("at+jwt ", false),
            ("application/", false),
            ("", false),
        ] {
            assert_eq!(is_media_type(text, "at+jwt"), same, "RFC 7515 4.1.9: {text:?}");
        }
    }
}
