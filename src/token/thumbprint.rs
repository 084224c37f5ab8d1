//! SHA-256 thumbprints of public keys (RFC 7638) and certificates (RFC 8705 section 3.1).

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::Display;

use super::json::Members;
use super::key_set_fault::SkipReason;

/// Thumbprint of a JWK, as in `jkt` (RFC 7638, RFC 9449 section 6.1).
///
/// ```
/// use actix_resource_server::token::JwkThumbprint;
///
/// // RFC 8037 appendix A.3
/// let jwk = br#"{"kty":"OKP","crv":"Ed25519","kid":"not part of the thumbprint",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let thumbprint = JwkThumbprint::of_jwk(jwk).expect("a public key");
/// assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// assert_eq!(JwkThumbprint::from_base64url(&thumbprint.to_string()), Some(thumbprint));
/// ```
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JwkThumbprint(Thumbprint);

/// Thumbprint of an X.509 certificate, as in `x5t#S256` (RFC 7515 section 4.1.8, RFC 8705
/// section 3.1).
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificateThumbprint(Thumbprint);

#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
#[display("{}", URL_SAFE_NO_PAD.encode(_0))]
struct Thumbprint([u8; 32]);

impl JwkThumbprint {
    /// The thumbprint of a JWK in JSON.
    ///
    /// # Errors
    ///
    /// [`SkipReason`] if the text is not a JWK of a known type, or lacks a required member. The
    /// author of the key is at fault.
    pub fn of_jwk(json: &[u8]) -> Result<Self, SkipReason> {
        Self::of_members(&Members::parse(json)?)
    }

    /// The same for a JWK that has been parsed.
    pub(crate) fn of_members(members: &Members<'_>) -> Result<Self, SkipReason> {
        let kty = members.text("kty").ok().flatten().ok_or(SkipReason::BadMember("kty"))?;
        // In lexicographic order (RFC 7638 section 3.2, RFC 8037 section 2, RFC 9964 section 6).
        let required: &[&'static str] = match kty.as_ref() {
            "EC" => &["crv", "kty", "x", "y"],
            "RSA" => &["e", "kty", "n"],
            "OKP" => &["crv", "kty", "x"],
            "AKP" => &["alg", "kty", "pub"],
            "oct" => return Err(SkipReason::SharedSecret),
            _ => return Err(SkipReason::UnsupportedType),
        };
        // An elliptic key takes about 130 bytes.
        let mut canonical = String::with_capacity(160);
        for name in required {
            let value = members.text(name).ok().flatten().ok_or(SkipReason::BadMember(name))?;
            let begin = if canonical.is_empty() { "{\"" } else { ",\"" };
            canonical.extend([begin, name, "\":"]);
            match value {
                // Written as it was read: a borrowed text has nothing to escape.
                Cow::Borrowed(plain) => canonical.extend(["\"", plain, "\""]),
                Cow::Owned(text) => canonical.push_str(&serde_json::Value::from(text).to_string()),
            }
        }
        canonical.push('}');
        Ok(Self(Thumbprint::of(canonical.as_bytes())))
    }

    /// Reads a thumbprint from its 43 characters of base64url.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Thumbprint::from_base64url(text).map(Self)
    }

    /// The 32 bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl CertificateThumbprint {
    /// The thumbprint of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Thumbprint::of(der))
    }

    /// Reads a thumbprint from its 43 characters of base64url.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Thumbprint::from_base64url(text).map(Self)
    }

    /// The thumbprint with these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Thumbprint(bytes))
    }

    /// The 32 bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl Thumbprint {
    fn of(bytes: &[u8]) -> Self {
        // A SHA-256 digest always has that many bytes.
        Self(digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default())
    }

    fn from_base64url(text: &str) -> Option<Self> {
        // Checked first, so that a long text costs nothing.
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(jwk: &str) -> Result<String, SkipReason> {
        JwkThumbprint::of_jwk(jwk.as_bytes()).map(|thumbprint| thumbprint.to_string())
    }

    #[test]
    fn the_examples_of_the_rfcs_are_reproduced() {
        const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
        const EC: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
        let table = [
            (RSA, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "7638 3.1"),
            (EC, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "9449 6.1"),
        ];
        for (jwk, thumbprint, section) in table {
            assert_eq!(of(jwk).as_deref(), Ok(thumbprint), "RFC {section}");
            let read = JwkThumbprint::from_base64url(thumbprint).expect("a thumbprint");
            assert_eq!(URL_SAFE_NO_PAD.encode(read.as_bytes()), thumbprint);
        }
    }

    #[test]
    fn only_the_required_members_count() {
        let plain = of(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#);
        assert!(plain.is_ok());
        let table = [
            (r#"{"x":"AA","crv":"Ed25519","kty":"OKP"}"#, true),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"1","use":"sig"}"#, true),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"\u0041A"}"#, true),
            (r#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#, false),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AQ"}"#, false),
        ];
        for (jwk, same) in table {
            assert_eq!(of(jwk) == plain, same, "RFC 7638 3.2: {jwk}");
        }
    }

    #[test]
    fn a_jwk_without_its_required_members_has_no_thumbprint() {
        use SkipReason::{BadMember, SharedSecret, UnsupportedType};
        let table = [
            (r"{}", BadMember("kty")),
            (r#"{"kty":"PQC"}"#, UnsupportedType),
            (r#"{"kty":"oct","k":"AA"}"#, SharedSecret),
            (r#"{"kty":"EC","crv":"P-256","x":"AA"}"#, BadMember("y")),
            (r#"{"kty":"OKP","crv":"Ed25519","x":1}"#, BadMember("x")),
            (r#"{"kty":"AKP","alg":"ML-DSA-44"}"#, BadMember("pub")),
        ];
        for (jwk, reason) in table {
            assert_eq!(of(jwk), Err(reason), "RFC 7638 3.2: {jwk}");
        }
        assert!(of(r#"{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"AA"}"#).is_err());
    }

    #[test]
    fn a_thumbprint_has_one_text() {
        let thumbprint = CertificateThumbprint::of_certificate(b"");
        let text = thumbprint.to_string();
        assert_eq!(text, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "SHA-256 of nothing");
        assert_eq!(CertificateThumbprint::from_base64url(&text), Some(thumbprint));
        // The last character has two bits that must be zero.
        let other_spelling = text.replace("uFU", "uFV");
        let padded = format!("{text}=");
        for text in [
            "",
            "AA",
            text.get(1..).expect("ASCII"),
            &other_spelling,
            &padded,
            &text.replace('-', "+"),
        ] {
            assert_eq!(CertificateThumbprint::from_base64url(text), None, "{text}");
        }
    }
}
