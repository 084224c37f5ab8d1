//! Token presentation: what a request says about its token and the sender of the token.

use super::credentials::Credentials;
use crate::token::CertificateThumbprint;

/// An access token with everything in the request that can prove who sent it.
///
/// It borrows from the request, so building one costs nothing that is not used.
///
/// ```no_run
/// use actix_resource_server::verifier::Verifier;
/// use actix_resource_server::sender::{BearerToken, Presentation};
///
/// # async fn example(verifier: Verifier, field: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let Some(token) = BearerToken::from_fields([field])? else { return Ok(()) };
/// let presentation = Presentation::new(token.into(), "GET", "/messages?unread");
/// let verified = verifier.verify_presentation(&presentation).await?;
/// println!("{:?}", verified.token.claims().subject);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Presentation<'a> {
    /// The credentials of the `Authorization` header field.
    pub credentials: Credentials<'a>,
    /// The `DPoP` header fields. Not read with the scheme `Bearer`, where they prove nothing.
    pub proofs: Proofs<'a>,
    /// The request's method, as sent: methods are case-sensitive (RFC 9110 section 9.1).
    pub method: &'a str,
    /// The request's target in origin form, path and query, as sent (RFC 9112 section 3.2.1).
    pub target: &'a str,
    /// The thumbprint of the certificate that the client has proven to hold (RFC 8705).
    pub certificate: Option<CertificateThumbprint>,
}

/// The `DPoP` header fields of a request. More than one is an error (RFC 9449 section 4.3), so only
/// their number is kept then.
#[derive(derive_more::Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proofs<'a> {
    /// No field.
    None,
    /// One field with this value. A proof is good for one request, so debug output hides it.
    #[debug("One({} bytes)", _0.len())]
    One(&'a [u8]),
    /// More than one field.
    Several,
}

impl<'a> Presentation<'a> {
    /// A presentation without proofs and without a certificate.
    pub const fn new(credentials: Credentials<'a>, method: &'a str, target: &'a str) -> Self {
        Self { credentials, proofs: Proofs::None, method, target, certificate: None }
    }

    /// The path of the target: percent-encoded, without query.
    pub fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// The same presentation with these `DPoP` header fields.
    #[must_use]
    pub const fn with_proofs(mut self, proofs: Proofs<'a>) -> Self {
        self.proofs = proofs;
        self
    }

    /// The same presentation over a connection with this client certificate.
    #[must_use]
    pub const fn with_certificate(mut self, certificate: CertificateThumbprint) -> Self {
        self.certificate = Some(certificate);
        self
    }
}

impl<'a> Proofs<'a> {
    /// Reads the values of all `DPoP` header fields of a request.
    pub fn from_fields(fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut fields = fields.into_iter();
        match (fields.next(), fields.next()) {
            (None, _) => Self::None,
            (Some(proof), None) => Self::One(proof),
            (Some(_), Some(_)) => Self::Several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_proofs_is_kept_and_their_text_hidden() {
        let table: [(&[&[u8]], Proofs<'_>, &str); 3] = [
            (&[], Proofs::None, "None"),
            (&[b"a.b.c"], Proofs::One(b"a.b.c"), "One(5 bytes)"),
            (&[b"a.b.c", b"a.b.c"], Proofs::Several, "Several"),
        ];
        for (fields, expected, debug) in table {
            let proofs = Proofs::from_fields(fields.iter().copied());
            assert_eq!(proofs, expected, "RFC 9449 4.3");
            assert_eq!(format!("{proofs:?}"), debug);
        }
    }
}
