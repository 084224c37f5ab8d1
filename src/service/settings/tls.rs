//! Settings of the server's TLS.

use std::path::PathBuf;
use std::str::FromStr;

use super::catalog::server::{TLS_CERT_FILE, TLS_KEY_FILE};
use super::reader::Reader;

/// Settings of the server's TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsSettings {
    /// The file with the certificate chain, the server's certificate first.
    pub certificate: PathBuf,
    /// The file with the certificate's private key.
    pub key: PathBuf,
}

/// Reads the TLS settings: `Some(None)` without TLS, `None` if they are invalid.
pub(super) fn read(reader: &mut Reader) -> Option<Option<TlsSettings>> {
    let certificate = reader.optional(&TLS_CERT_FILE, PathBuf::from_str);
    let key = reader.optional(&TLS_KEY_FILE, PathBuf::from_str);
    match (certificate, key) {
        (None, None) => Some(None),
        (Some(certificate), Some(key)) => Some(Some(TlsSettings { certificate, key })),
        (Some(_), None) => {
            reader.report_conflict(&TLS_CERT_FILE, "TLS also requires the key: set TLS_KEY_FILE");
            None
        }
        (None, Some(_)) => {
            let advice = "TLS also requires the certificate: set TLS_CERT_FILE";
            reader.report_conflict(&TLS_KEY_FILE, advice);
            None
        }
    }
}

/// Whether TLS is configured.
pub(super) fn is_on(reader: &Reader) -> bool {
    reader.is_set(&TLS_CERT_FILE) || reader.is_set(&TLS_KEY_FILE)
}
