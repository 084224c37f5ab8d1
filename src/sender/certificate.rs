//! Client certificates in header fields of a proxy that terminates TLS (RFC 8705, RFC 9440).
//!
//! The certificate itself is not judged: a token is bound to its hash, and TLS has proven that the
//! client holds its key. The caller of these functions must make sure that the proxy is trusted.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use derive_more::{Display, Error};

use crate::percent::{octet, percent_decoded};
use crate::token::CertificateThumbprint;

/// The form in which a proxy passes on the client's certificate.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateHeader {
    /// `Client-Cert: :base64 of DER:` (RFC 9440).
    #[display("Client-Cert")]
    ClientCert,
    /// Percent-encoded PEM: `$ssl_client_escaped_cert` of nginx, `{http.request.tls.client.certificate_pem}`
    /// of others, in a header field of any name.
    #[display("X-SSL-Cert")]
    EscapedPem,
    /// `X-Forwarded-Client-Cert` of Envoy, with `Hash` or `Cert`.
    #[display("X-Forwarded-Client-Cert")]
    Xfcc,
}

/// A certificate that cannot be read; the proxy is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("the certificate header field is not in the form of {form}")]
pub struct UnreadableCertificate {
    /// The form that was expected.
    pub form: CertificateHeader,
}

/// The text does not name a form.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not one of Client-Cert, X-SSL-Cert and X-Forwarded-Client-Cert")]
pub struct UnknownCertificateHeader;

/// Maximum size of the header field, in bytes. Certificates are a few kilobytes long.
const LONGEST: usize = 16 * 1024;

impl CertificateHeader {
    /// The name of the header field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCert => "client-cert",
            Self::EscapedPem => "x-ssl-cert",
            Self::Xfcc => "x-forwarded-client-cert",
        }
    }

    /// Reads the values of all header fields with this name. An empty value is that of a client
    /// without a certificate.
    ///
    /// # Errors
    ///
    /// [`UnreadableCertificate`] for several fields, and for a value in another form.
    pub fn read<'a>(
        self,
        fields: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<CertificateThumbprint>, UnreadableCertificate> {
        let unreadable = UnreadableCertificate { form: self };
        let mut fields = fields.into_iter();
        let Some(field) = fields.next() else { return Ok(None) };
        if fields.next().is_some() || field.len() > LONGEST {
            return Err(unreadable);
        }
        let field = std::str::from_utf8(field).map_err(|_| unreadable)?.trim();
        if field.is_empty() {
            return Ok(None);
        }
        let thumbprint = match self {
            Self::ClientCert => byte_sequence(field),
            Self::EscapedPem => escaped_pem(field),
            Self::Xfcc => xfcc(field),
        };
        thumbprint.map(Some).ok_or(unreadable)
    }
}

impl FromStr for CertificateHeader {
    type Err = UnknownCertificateHeader;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::ClientCert, Self::EscapedPem, Self::Xfcc]
            .into_iter()
            .find(|form| form.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownCertificateHeader)
    }
}

/// A byte sequence of RFC 8941 section 3.3.5, which RFC 9440 section 2.2 prescribes.
fn byte_sequence(field: &str) -> Option<CertificateThumbprint> {
    of_base64(field.strip_prefix(':')?.strip_suffix(':')?)
}

/// PEM whose line ends and other characters are percent-encoded.
fn escaped_pem(field: &str) -> Option<CertificateThumbprint> {
    let pem = String::from_utf8(percent_decoded(field)?).ok()?;
    let rest = pem.trim_start().strip_prefix("-----BEGIN CERTIFICATE-----")?;
    // The client's own certificate comes first; those of a chain may follow.
    let (base64, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = base64.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    of_base64(&base64)
}

/// The only element of the field. Several elements stand for several hops, and nothing says which of
/// them to trust.
fn xfcc(field: &str) -> Option<CertificateThumbprint> {
    let mut hash = None;
    let mut certificate = None;
    for pair in pairs(field)? {
        let (name, value) = pair.split_once('=')?;
        let value = unquoted(value)?;
        let found = match name.trim() {
            name if name.eq_ignore_ascii_case("hash") => (&mut hash, of_hex(value)?),
            name if name.eq_ignore_ascii_case("cert") => (&mut certificate, escaped_pem(value)?),
            _ => continue,
        };
        if found.0.replace(found.1).is_some() {
            return None;
        }
    }
    match (hash, certificate) {
        (Some(hash), Some(certificate)) => (hash == certificate).then_some(hash),
        (one, other) => one.or(other),
    }
}

/// The pairs of one element, split at semicolons outside of quotes. None if there are several
/// elements, or if a quote is left open.
fn pairs(field: &str) -> Option<Vec<&str>> {
    let mut pairs = Vec::new();
    let mut start = 0;
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (place, letter) in field.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => return None,
            ';' if !is_quoted => {
                pairs.push(field.get(start..place)?);
                start = place.saturating_add(1);
            }
            _ => {}
        }
    }
    pairs.push(field.get(start..)?);
    (!is_quoted).then_some(pairs)
}

fn unquoted(value: &str) -> Option<&str> {
    match value.trim().strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"'),
        None => Some(value.trim()),
    }
}

fn of_base64(base64: &str) -> Option<CertificateThumbprint> {
    let der = STANDARD.decode(base64).ok()?;
    // A certificate in DER is a SEQUENCE; anything else is corrupted.
    (der.first() == Some(&0x30)).then(|| CertificateThumbprint::of_certificate(&der))
}

fn of_hex(text: &str) -> Option<CertificateThumbprint> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| octet(*high, *low)).collect();
    Some(CertificateThumbprint::from_bytes(bytes?.try_into().ok()?))
}
