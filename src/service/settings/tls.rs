//! TLS spoken by the server itself.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use super::catalog::server::{TLS_CERT_FILE, TLS_KEY_FILE, TLS_RELOAD_INTERVAL};
use super::reader::Reader;

/// TLS spoken by the server itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The file with the certificate and its chain, the server's own first.
    pub certificate: PathBuf,
    /// The file with the certificate's key.
    pub key: PathBuf,
    /// How often the files are looked at.
    pub reload_interval: Duration,
}

/// The settings, or that there is no TLS; nothing if something is wrong.
pub(super) fn read(reader: &mut Reader) -> Option<Option<TlsSettings>> {
    let certificate = reader.optional(&TLS_CERT_FILE, path);
    let key = reader.optional(&TLS_KEY_FILE, path);
    let reload_interval = reader.seconds(&TLS_RELOAD_INTERVAL, 1..=86_400)?;
    match (certificate, key) {
        (None, None) => Some(None),
        (Some(certificate), Some(key)) => {
            Some(Some(TlsSettings { certificate, key, reload_interval }))
        }
        (Some(_), None) => {
            reader.refuse_beside(&TLS_CERT_FILE, "TLS needs the key too: set TLS_KEY_FILE");
            None
        }
        (None, Some(_)) => {
            reader.refuse_beside(&TLS_KEY_FILE, "TLS needs the certificate too: set TLS_CERT_FILE");
            None
        }
    }
}

/// Whether the server speaks TLS, and nothing else.
pub(super) fn is_on(reader: &Reader) -> bool {
    reader.is_set(&TLS_CERT_FILE) || reader.is_set(&TLS_KEY_FILE)
}

fn path(text: &str) -> Result<PathBuf, Infallible> {
    Ok(PathBuf::from(text))
}
