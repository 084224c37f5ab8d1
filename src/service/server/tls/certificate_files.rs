//! A certificate and its key, from two files.

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

/// Why the files do not make a certificate to serve with. The operator is to blame.
#[derive(Debug, Display, Error)]
pub(in super::super) enum TlsError {
    /// A file cannot be read.
    #[display("{setting} {} cannot be read: {fault}", path.display())]
    Unreadable {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[error(source)]
        fault: std::io::Error,
    },
    /// A file is no PEM.
    #[display("{setting} {} is not PEM: {fault}", path.display())]
    NotPem {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[error(source)]
        fault: pem::Error,
    },
    /// No certificate where one should be.
    #[display("TLS_CERT_FILE {} has no certificate: PEM is wanted, the server's own first", _0.display())]
    NoCertificate(#[error(not(source))] PathBuf),
    /// No key where one should be.
    #[display("TLS_KEY_FILE {} has no private key: PEM is wanted, not encrypted", _0.display())]
    NoKey(#[error(not(source))] PathBuf),
    /// The certificate or the key is of a kind that cannot be used.
    #[display("TLS_CERT_FILE and TLS_KEY_FILE cannot be used: {_0}")]
    Unusable(rustls::Error),
    /// Each is good, and they do not belong together.
    #[display(
        "TLS_KEY_FILE {} does not belong to the certificate in TLS_CERT_FILE: make the request for \
         the certificate with this key, or take the other", _0.display()
    )]
    Mismatch(#[error(not(source))] PathBuf),
    /// The cryptography does not go with TLS; its developers are to blame.
    #[display("TLS cannot be set up: {_0}")]
    Provider(rustls::Error),
}

/// The two files as they were read.
pub(super) struct CertificateFiles {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

/// Tells two pairs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32], [u8; 32]);

/// Reads the files, and judges nothing.
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

    /// The certificate with its key, if they go together.
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
