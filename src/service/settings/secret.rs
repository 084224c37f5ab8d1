//! HMAC secrets, redacted in all output.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use derive_more::{Display, Error};

/// Maximum size of a file with a secret, key or certificate, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// An HMAC secret of at least 32 bytes (RFC 7518 section 3.2), redacted by `{}` and `{:?}`.
///
/// ```
/// use actix_resource_server::service::settings::Secret;
///
/// let secret = Secret::try_from(b"correct horse battery staple, 32+".to_vec())?;
/// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
/// assert!(Secret::try_from(b"too short".to_vec()).is_err());
/// # Ok::<(), actix_resource_server::service::settings::SecretTooShort>(())
/// ```
#[derive(derive_more::Debug, Display, Clone, PartialEq, Eq)]
#[debug("Secret(redacted)")]
#[display("(redacted)")]
pub struct Secret(Vec<u8>);

/// The secret is too short, so it could be guessed. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("it has {length} bytes; an HMAC secret must have at least {}", Secret::LEAST)]
pub struct SecretTooShort {
    /// Its length in bytes.
    pub length: usize,
}

impl Secret {
    /// Minimum length in bytes: the output size of the smallest hash, SHA-256.
    pub const LEAST: usize = 32;

    /// Reads a secret from a file, without the newline that editors and `echo` append.
    pub(in crate::service) fn from_file(path: &Path) -> Result<Self, String> {
        let bytes = read_small(path, "a secret")?;
        Self::try_from(without_newline(&bytes).to_vec()).map_err(|error| error.to_string())
    }

    /// The secret bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Secret {
    type Error = SecretTooShort;

    fn try_from(bytes: Vec<u8>) -> Result<Self, SecretTooShort> {
        match bytes.len() {
            length if length < Self::LEAST => Err(SecretTooShort { length }),
            _ => Ok(Self(bytes)),
        }
    }
}

/// Reads a file, unless it is too large to be `what` it should be.
pub(super) fn read_small(path: &Path, what: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let opened = File::open(path);
    let read = opened.and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    let length = read.map_err(|error| format!("cannot be read: {error}"))?;
    match u64::try_from(length) {
        Ok(..=LARGEST_FILE) => Ok(bytes),
        _ => Err(format!("larger than {LARGEST_FILE} bytes, so not {what}")),
    }
}

/// The text without a newline at its end.
pub(super) fn without_newline(text: &[u8]) -> &[u8] {
    let line = text.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    line.unwrap_or(text)
}

/// Parses a secret from a variable or a settings file.
pub(super) fn from_text(text: &str) -> Result<Secret, String> {
    // Invalid UTF-8 in a variable arrives with bytes replaced, which makes it another secret.
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("not UTF-8 text; put it in a file and set SECRET_FILE".to_owned());
    }
    Secret::try_from(text.as_bytes().to_vec()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_at_least_32_bytes() {
        let table = [(0, false), (31, false), (32, true), (64, true)];
        for (length, enough) in table {
            assert_eq!(Secret::try_from(vec![b'a'; length]).is_ok(), enough, "{length}");
        }
    }
}
