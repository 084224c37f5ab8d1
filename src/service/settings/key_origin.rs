//! Sources of an issuer's keys.

use std::fs::File;
use std::path::PathBuf;

use url::Url;

use super::catalog::Setting;
use super::catalog::tokens::{JWKS_URI, PUBLIC_KEY_FILE, SECRET, SECRET_FILE};
use super::issuer_name::NOT_HTTPS;
use super::reader::Reader;
use super::secret::{self, Secret};
use crate::secure_url::{HttpHosts, InsecureUrl, redacted, secure_url_or};

/// A source of the keys that verify an issuer's tokens.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// The key set named by the issuer's metadata.
    Discovered,
    /// The key set at this URL: https, or http on a loopback host or one that `ALLOW_HTTP_ISSUERS` lists.
    #[debug("KeySetUrl({})", redacted(_0))]
    KeySetUrl(Url),
    /// A PEM, JWK or JWK set file, which could be opened when the settings were read.
    PublicKeyFile(PathBuf),
    /// An HMAC secret shared with the issuer.
    Secret(Secret),
    /// The same from a file.
    SecretFile(PathBuf, Secret),
}

impl KeyOrigin {
    /// The secret shared with the issuer.
    pub(super) const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Secret(secret) | Self::SecretFile(_, secret) => Some(secret),
            _ => None,
        }
    }
}

/// Maximum size of a key file, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The settings of an issuer's keys without discovery.
pub(super) const SETTINGS: [&Setting; 4] = [&JWKS_URI, &PUBLIC_KEY_FILE, &SECRET, &SECRET_FILE];

/// The first of them that is set, valid or not.
pub(super) fn first_set(reader: &Reader) -> Option<&'static Setting> {
    SETTINGS.into_iter().find(|setting| reader.is_set(setting))
}

/// Whether a secret is set, valid or not.
pub(super) fn has_secret(reader: &Reader) -> bool {
    reader.is_set(&SECRET) || reader.is_set(&SECRET_FILE)
}

/// Reads the configured sources of an issuer's keys, which add up. Empty if none is valid.
pub(super) fn read(reader: &mut Reader, plain_http: &HttpHosts) -> Vec<KeyOrigin> {
    let jwks_uris = reader.list(&JWKS_URI, |text| fetched_url(text, plain_http));
    let path = reader.optional(&PUBLIC_KEY_FILE, readable_file);
    let secret = reader.optional(&SECRET, secret::from_text);
    let secret_file = reader.optional(&SECRET_FILE, |path| {
        Secret::from_file(path.as_ref()).map(|secret| KeyOrigin::SecretFile(path.into(), secret))
    });
    if reader.is_set(&SECRET) && reader.is_set(&SECRET_FILE) {
        let first = reader.name(&SECRET);
        reader.report_conflict(&SECRET_FILE, format!("{first} is set too; keep one of them"));
    }
    let secret = secret_file.or(secret.map(KeyOrigin::Secret));
    let path = path.map(KeyOrigin::PublicKeyFile);
    secret.into_iter().chain(path).chain(jwks_uris.into_iter().map(KeyOrigin::KeySetUrl)).collect()
}

/// Parses a URL of the issuer from which this service fetches.
pub(super) fn fetched_url(text: &str, plain_http: &HttpHosts) -> Result<Url, String> {
    secure_url_or(text, plain_http).map_err(|fault| match fault {
        InsecureUrl::NotHttps => NOT_HTTPS.to_owned(),
        fault => fault.to_string(),
    })
}

pub(super) fn readable_file(text: &str) -> Result<PathBuf, String> {
    if text.starts_with("-----BEGIN") {
        return Err("this is a key; put it in a file and set the path".to_owned());
    }
    let opened = File::open(text).and_then(|file| file.metadata());
    let metadata = opened.map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("not a file".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(format!("larger than {LARGEST_FILE} bytes, so not a key file"));
    }
    Ok(PathBuf::from(text))
}
