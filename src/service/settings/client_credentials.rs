//! Credentials of this API as a client of an issuer, and the files that they are read from.

use std::fs;
use std::path::{Path, PathBuf};

use super::secret::{read_small, without_newline};
use crate::issuer::{ClientAuthentication, ClientCertificate, ClientKey, InvalidClientCertificate};

/// What proves the identity of a client; redacted in all output.
#[derive(derive_more::Debug, Clone)]
#[debug("ClientCredentials(redacted)")]
pub struct ClientCredentials {
    origin: Origin,
    /// What was read, to tell whether a file has changed.
    content: Vec<Vec<u8>>,
    authentication: ClientAuthentication,
}

/// Where the credentials come from.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Text,
    SecretFile(PathBuf),
    KeyFile(PathBuf),
    CertificateFiles { certificate: PathBuf, key: PathBuf },
}

/// Why a certificate and its key cannot be used, by the file at fault.
pub(super) enum CertificateFilesFault {
    Certificate(String),
    Key(String),
}

impl ClientCredentials {
    pub(super) fn from_secret(text: &str) -> Result<Self, String> {
        let authentication = client_secret(text.as_bytes())?;
        let content = vec![text.as_bytes().to_vec()];
        Ok(Self { origin: Origin::Text, content, authentication })
    }

    pub(super) fn from_secret_file(path: &Path) -> Result<Self, String> {
        let bytes = read_file(path)?;
        let authentication = client_secret(&bytes)?;
        let origin = Origin::SecretFile(path.to_owned());
        Ok(Self { origin, content: vec![bytes], authentication })
    }

    pub(super) fn from_key_file(path: &Path) -> Result<Self, String> {
        let bytes = read_file(path)?;
        let key = ClientKey::from_pem(&bytes).map_err(|fault| fault.to_string())?;
        let (origin, authentication) =
            (Origin::KeyFile(path.to_owned()), ClientAuthentication::Key(key));
        Ok(Self { origin, content: vec![bytes], authentication })
    }

    pub(super) fn from_certificate_files(
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, CertificateFilesFault> {
        let chain = read_file(certificate).map_err(CertificateFilesFault::Certificate)?;
        let private = read_file(key).map_err(CertificateFilesFault::Key)?;
        let read = ClientCertificate::from_pem(&chain, &private);
        let read = read.map_err(|fault| match &fault {
            InvalidClientCertificate::NoKey | InvalidClientCertificate::Mismatch => {
                CertificateFilesFault::Key(fault.to_string())
            }
            _ => CertificateFilesFault::Certificate(fault.to_string()),
        })?;
        let origin =
            Origin::CertificateFiles { certificate: certificate.to_owned(), key: key.to_owned() };
        let authentication = ClientAuthentication::Certificate(read);
        Ok(Self { origin, content: vec![chain, private], authentication })
    }

    /// The credentials as the issuer gets them.
    pub(in crate::service) const fn authentication(&self) -> &ClientAuthentication {
        &self.authentication
    }

    /// The setting that names the file; `None` if the credentials do not come from one.
    pub(in crate::service) const fn file_setting(&self) -> Option<&'static str> {
        match &self.origin {
            Origin::Text => None,
            Origin::SecretFile(_) => Some("INTROSPECTION_SECRET_FILE"),
            Origin::KeyFile(_) => Some("INTROSPECTION_KEY_FILE"),
            Origin::CertificateFiles { .. } => Some("INTROSPECTION_CERTIFICATE_FILE"),
        }
    }

    /// Reads the files again.
    ///
    /// # Errors
    ///
    /// The file and what is wrong with it.
    pub(in crate::service) fn read_again(&self) -> Result<Self, String> {
        let of = |path: &Path, fault: String| format!("{}: {fault}", path.display());
        match &self.origin {
            Origin::Text => Ok(self.clone()),
            Origin::SecretFile(path) => {
                Self::from_secret_file(path).map_err(|fault| of(path, fault))
            }
            Origin::KeyFile(path) => Self::from_key_file(path).map_err(|fault| of(path, fault)),
            Origin::CertificateFiles { certificate, key } => {
                Self::from_certificate_files(certificate, key).map_err(|fault| match fault {
                    CertificateFilesFault::Certificate(fault) => of(certificate, fault),
                    CertificateFilesFault::Key(fault) => of(key, fault),
                })
            }
        }
    }
}

fn client_secret(bytes: &[u8]) -> Result<ClientAuthentication, String> {
    let text = str::from_utf8(without_newline(bytes)).map_err(|_| "it is not UTF-8 text")?;
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(ClientAuthentication::Secret(text.to_owned()))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err("not a file".to_owned()),
        // Reading says why the file cannot be inspected.
        _ => read_small(path, "a secret, key or certificate"),
    }
}

/// Equal if they were read from the same place and are the same.
impl PartialEq for ClientCredentials {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin && self.content == other.content
    }
}

impl Eq for ClientCredentials {}
