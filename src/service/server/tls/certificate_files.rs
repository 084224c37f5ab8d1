//! Certificate chain and private key files.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use derive_more::{Display, Error};
use rustls::InconsistentKeys;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::service::settings::TlsSettings;

/// Why a certificate and its key cannot be used. The operator is at fault.
#[derive(Debug, Display, Error)]
pub(in super::super) enum TlsError {
    /// A file cannot be read.
    #[display("{setting} {} cannot be read: {fault}", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[error(source)]
        fault: std::io::Error,
    },
    /// A file is not PEM.
    #[display("{setting} {} is not PEM: {fault}", path.display())]
    NotPem {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with the file.
        #[error(source)]
        fault: pem::Error,
    },
    /// The certificate file has no certificate.
    #[display("TLS_CERT_FILE {} has no certificate; it should be PEM, the server's certificate first", _0.display())]
    NoCertificate(#[error(not(source))] PathBuf),
    /// The key file has no key.
    #[display("TLS_KEY_FILE {} has no private key; it should be PEM, not encrypted", _0.display())]
    NoKey(#[error(not(source))] PathBuf),
    /// The certificate or the key cannot be used.
    #[display("TLS_CERT_FILE and TLS_KEY_FILE cannot be used: {_0}")]
    Unusable(rustls::Error),
    /// Both are valid, but do not belong together.
    #[display(
        "TLS_KEY_FILE {} does not belong to the certificate in TLS_CERT_FILE; use the key that the \
         certificate was requested with", _0.display()
    )]
    Mismatch(#[error(not(source))] PathBuf),
    /// A certificate of the CAs of clients cannot be used, or there is none.
    #[display("CLIENT_CA_FILE cannot be used: {_0}")]
    ClientAuthorities(rustls::Error),
    /// The cryptographic library does not support TLS. Its developers are at fault.
    #[display("TLS cannot be set up: {_0}")]
    Provider(rustls::Error),
}

/// The contents of the two files.
pub(super) struct CertificateFiles {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

/// A hash of both files, to notice changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32], [u8; 32]);

/// Reads the files without checking them.
pub(super) fn read(settings: &TlsSettings) -> Result<CertificateFiles, TlsError> {
    let file = |setting, path: &Path| {
        let unreadable = |fault| TlsError::Unreadable { setting, path: path.to_owned(), fault };
        fs::read(path).map_err(unreadable)
    };
    let certificates = file("TLS_CERT_FILE", &settings.certificate)?;
    let key = file("TLS_KEY_FILE", &settings.key)?;
    Ok(CertificateFiles { certificates, key })
}

impl CertificateFiles {
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let hash = |bytes| digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default();
        Fingerprint(hash(&self.certificates), hash(&self.key))
    }

    /// The certificate with its key, if both are valid and belong together.
    pub(super) fn certified(&self, settings: &TlsSettings) -> Result<CertifiedKey, TlsError> {
        let not_pem = |setting, path: &Path, fault| TlsError::NotPem {
            setting,
            path: path.to_owned(),
            fault,
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificates).collect();
        let chain =
            chain.map_err(|fault| not_pem("TLS_CERT_FILE", &settings.certificate, fault))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(settings.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|fault| match fault {
            pem::Error::NoItemsFound => TlsError::NoKey(settings.key.clone()),
            fault => not_pem("TLS_KEY_FILE", &settings.key, fault),
        })?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|fault| match fault {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch(settings.key.clone())
            }
            fault => TlsError::Unusable(fault),
        })
    }
}
