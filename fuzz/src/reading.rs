//! Reference implementation: slow and simple.

use std::fmt;

use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, Expectations, InvalidToken, KeySet, Timestamp,
    UnverifiedToken, VerificationKey, VerifiedToken,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

pub const ISSUER: &str = "https://issuer.example/";
pub const AUDIENCE: &str = "https://api.example";
pub const NOW: u32 = 1_700_000_000;
pub const SECRET: &[u8] = b"a secret of at least 32 bytes, known to everybody";

/// The verdict on a token of [`ISSUER`] at [`NOW`], with these keys and [`SECRET`]. Checks the texts of
/// a rejection.
pub fn verdict(token: &str, more: Vec<VerificationKey>) -> Result<VerifiedToken, InvalidToken> {
    let secret = VerificationKey::from_secret(Algorithm::Hs256, SECRET).expect("long enough");
    let keys = KeySet::new(more.into_iter().chain([secret]).collect());
    let audiences = Audiences::new([AUDIENCE, "second"]).expect("two audiences");
    let mut expected = Expectations::new(ISSUER, audiences);
    expected.algorithms = Algorithms::only(Algorithm::ALL);
    let verdict = UnverifiedToken::parse(token)
        .and_then(|token| token.verify(&keys, &expected, Timestamp::from_seconds(NOW.into())));
    if let Err(reason) = &verdict {
        check_texts(reason);
    }
    verdict
}

/// Checks that the texts for callers, operators and metrics are safe.
pub fn check_texts(reason: &InvalidToken) {
    assert!(is_description(reason.description()), "RFC 6750 3: {reason:?}");
    let text = reason.to_string();
    assert!(text.len() < 200 && is_printable(&text), "{reason:?}");
    assert!(
        reason
            .reason()
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    );
}

/// The characters of `error_description` (RFC 6750 section 3).
pub fn is_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Whether the text is printable ASCII, which cannot act on a terminal or a log file.
pub fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// A token with this header and these claims, signed with [`SECRET`].
pub fn signed(header: &[u8], claims: &[u8]) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature =
        jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
            .expect("a signature");
    format!("{input}.{signature}")
}

/// The claims, if `jsonwebtoken` accepts the token.
pub fn accepted_by_jsonwebtoken(token: &str) -> Result<Value, String> {
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE, "second"]);
    validation.set_required_spec_claims(&["iss", "aud"]);
    // It uses the clock of the machine. The reference for the claims checks the times.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET);
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|error| error.to_string())
}

/// The JSON object that the bytes are, if no object in it has two members of one name.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let members: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let Size(written) = serde_json::from_slice(bytes).ok()?;
    // Of two members with one name, `Map` keeps one.
    (written == size(&Value::Object(members.clone()))).then_some(members)
}

/// The number of members in a value, at every depth.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(size).sum::<usize>(),
        Value::Array(values) => values.iter().map(size).sum(),
        _ => 0,
    }
}

/// The same number, as written: duplicates count.
struct Size(usize);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;

        impl<'de> Visitor<'de> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_str<E>(self, _: &str) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_unit<E>(self) -> Result<Size, E> {
                Ok(Size(0))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut values: S) -> Result<Size, S::Error> {
                let mut size = 0;
                while let Some(Size(inner)) = values.next_element()? {
                    size += inner;
                }
                Ok(Size(size))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Size, M::Error> {
                let mut size = 0;
                while let Some((_, Size(inner))) = map.next_entry::<String, Size>()? {
                    size += 1 + inner;
                }
                Ok(Size(size))
            }
        }

        deserializer.deserialize_any(SizeVisitor)
    }
}
