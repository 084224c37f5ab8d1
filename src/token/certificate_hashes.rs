//! `x5t` and `x5t#S256`: hashes of a certificate, which select its key (RFC 7515 sections 4.1.7 and
//! 4.1.8, RFC 7517 sections 4.8 and 4.9).

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::json::Members;

/// The hashes of one certificate, as texts. They say which key to try first and prove nothing, so
/// SHA-1 is good enough, and what is malformed is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CertificateHashes {
    sha1: Option<Box<str>>,
    sha256: Option<Box<str>>,
}

impl CertificateHashes {
    /// What the members of a header say.
    pub(super) fn of_header(members: &Members<'_>) -> Self {
        let text = |name| {
            let text = members.text(name).ok().flatten()?;
            (!text.is_empty()).then(|| text.trim_end_matches('=').into())
        };
        Self { sha1: text("x5t"), sha256: text("x5t#S256") }
    }

    /// What a JWK says; of a key without the members, the hashes of its first certificate (`x5c`).
    pub(super) fn of_jwk(members: &Members<'_>) -> Self {
        let written = Self::of_header(members);
        let chain = members.read::<Vec<String>>("x5c").ok().flatten().unwrap_or_default();
        let certificate = chain.first().and_then(|text| STANDARD.decode(text).ok());
        let hash = |algorithm: &'static Algorithm| {
            let certificate = certificate.as_ref()?;
            Some(URL_SAFE_NO_PAD.encode(digest(algorithm, certificate)).into())
        };
        Self {
            sha1: written.sha1.or_else(|| hash(&SHA1_FOR_LEGACY_USE_ONLY)),
            sha256: written.sha256.or_else(|| hash(&SHA256)),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.sha1.is_none() && self.sha256.is_none()
    }

    /// Whether these select a key with those hashes and this `kid`. Some issuers use the hash of
    /// the certificate as the `kid`, and publish no other.
    pub(super) fn select(&self, key: &Self, id: Option<&str>) -> bool {
        let same = |ours: &Option<Box<str>>, theirs: &Option<Box<str>>| {
            ours.is_some() && (ours == theirs || ours.as_deref() == id)
        };
        same(&self.sha256, &key.sha256) || same(&self.sha1, &key.sha1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Members<'_> {
        Members::parse(text.as_bytes()).expect("an object")
    }

    #[test]
    fn a_header_selects_by_either_hash_or_by_the_name_of_the_key() {
        let key = r#"{"x5t":"one","x5t#S256":"two"}"#;
        let table = [
            (r#"{"x5t":"one"}"#, true),
            (r#"{"x5t#S256":"two"}"#, true),
            (r#"{"x5t#S256":"two="}"#, true),
            (r#"{"x5t":"kid"}"#, true),
            (r#"{"x5t":"two"}"#, false),
            (r#"{"x5t":""}"#, false),
            (r#"{"x5t":7}"#, false),
            (r"{}", false),
        ];
        for (header, selected) in table {
            let header = CertificateHashes::of_header(&members(header));
            let key = CertificateHashes::of_jwk(&members(key));
            assert_eq!(header.select(&key, Some("kid")), selected, "RFC 7515 4.1.7: {header:?}");
        }
    }

    #[test]
    fn the_hashes_of_a_key_with_a_chain_are_computed() {
        // SHA-1 and SHA-256 of `a`.
        let expected = CertificateHashes {
            sha1: Some("hvfkN_qlp_zhXR3cuerq6jd2Z7g".into()),
            sha256: Some("ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs".into()),
        };
        assert_eq!(CertificateHashes::of_jwk(&members(r#"{"x5c":["YQ==","Yg=="]}"#)), expected);
        for malformed in [r#"{"x5c":[]}"#, r#"{"x5c":["-"]}"#, r#"{"x5c":[1]}"#, r#"{"x5c":{}}"#] {
            assert!(CertificateHashes::of_jwk(&members(malformed)).is_empty(), "{malformed}");
        }
    }
}
