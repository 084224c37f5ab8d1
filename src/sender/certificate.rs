//! Client certificates, as a token's binding names them (RFC 8705).

/// The SHA-256 digest of a client certificate in DER: what `cnf."x5t#S256"` holds (RFC 8705
/// section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificateThumbprint([u8; 32]);

impl CertificateThumbprint {
    /// A digest that was computed before, by a proxy for instance.
    pub const fn from_sha256(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
