//! The `cnf` claim: the key or certificate that a token is bound to (RFC 7800 section 3.1).

use super::json::Members;
use super::thumbprint::{CertificateThumbprint, JwkThumbprint};

/// What the sender of a bound token must prove. If both members are present, both must be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmation {
    /// `jkt`: the thumbprint of the sender's DPoP key (RFC 9449 section 6.1).
    pub key: Option<JwkThumbprint>,
    /// `x5t#S256`: the thumbprint of the sender's certificate (RFC 8705 section 3.1).
    pub certificate: Option<CertificateThumbprint>,
}

impl Confirmation {
    /// Reads `cnf` from the claims; `None` if the token is not bound.
    ///
    /// A `cnf` that cannot be read has no member that can be proven, so the token stays bound and
    /// can only be rejected. Unknown members are ignored (RFC 7800 section 3.1).
    pub(crate) fn of_claims(claims: &Members<'_>) -> Option<Self> {
        let value = claims.get("cnf")?;
        Some(Self::read(value.get()).unwrap_or(Self { key: None, certificate: None }))
    }

    /// Whether there is anything that a sender could prove.
    pub const fn is_provable(&self) -> bool {
        self.key.is_some() || self.certificate.is_some()
    }

    fn read(json: &str) -> Option<Self> {
        let members = Members::parse(json.as_bytes()).ok()?;
        let key = thumbprint(&members, "jkt", JwkThumbprint::from_base64url)?;
        let certificate = thumbprint(&members, "x5t#S256", CertificateThumbprint::from_base64url)?;
        Some(Self { key, certificate })
    }
}

/// `Some(None)` if the member is absent, `None` if it is not a thumbprint.
fn thumbprint<T>(
    members: &Members<'_>,
    name: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    match members.text(name).ok()? {
        None => Some(None),
        Some(text) => read(&text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"; // RFC 9449 6.1
    const X5T: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"; // SHA-256 of nothing

    fn read(claims: &str) -> Option<Confirmation> {
        Confirmation::of_claims(&Members::parse(claims.as_bytes()).expect("an object"))
    }

    #[test]
    fn each_binding_is_read() {
        let key = JwkThumbprint::from_base64url(JKT);
        let certificate = CertificateThumbprint::from_base64url(X5T);
        let table = [
            (format!(r#"{{"cnf":{{"jkt":"{JKT}"}}}}"#), key, None),
            (format!(r#"{{"cnf":{{"x5t#S256":"{X5T}"}}}}"#), None, certificate),
            (format!(r#"{{"cnf":{{"jkt":"{JKT}","x5t#S256":"{X5T}"}}}}"#), key, certificate),
            (format!(r#"{{"cnf":{{"jkt":"{JKT}","kid":"other"}}}}"#), key, None),
        ];
        for (claims, key, certificate) in table {
            assert_eq!(read(&claims), Some(Confirmation { key, certificate }), "{claims}");
        }
        assert!(key.is_some() && certificate.is_some());
        assert_eq!(read(r#"{"CNF":{}}"#), None, "not bound");
    }

    #[test]
    fn a_cnf_that_cannot_be_read_still_binds_the_token() {
        let table = [
            r#"{"cnf":null}"#.to_owned(),
            r#"{"cnf":{}}"#.to_owned(),
            r#"{"cnf":"jkt"}"#.to_owned(),
            r#"{"cnf":[]}"#.to_owned(),
            r#"{"cnf":{"jwk":{"kty":"oct"}}}"#.to_owned(),
            r#"{"cnf":{"jkt":"short"}}"#.to_owned(),
            r#"{"cnf":{"jkt":1}}"#.to_owned(),
            // One readable member does not make up for one that is not.
            format!(r#"{{"cnf":{{"jkt":null,"x5t#S256":"{X5T}"}}}}"#),
            format!(r#"{{"cnf":{{"jkt":"{JKT}","x5t#S256":1}}}}"#),
            format!(r#"{{"cnf":{{"jkt":"{JKT}","jkt":"{JKT}"}}}}"#),
        ];
        for claims in table {
            let confirmation = read(&claims).expect("bound");
            assert!(!confirmation.is_provable(), "RFC 7800 3.1: {claims}");
        }
    }
}
