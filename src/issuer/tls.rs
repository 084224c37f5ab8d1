//! TLS to issuers: the root certificates that are trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use derive_more::{Display, Error, From};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// TLS that trusts the machine's root certificates, or those that `SSL_CERT_FILE` names, and the
/// additional ones of a PEM file.
///
/// # Errors
///
/// [`NoTls`] if the file cannot be used, or TLS cannot be set up.
pub(crate) fn tls_from_machine(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NoTls> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for fault in found.errors {
        log::warn!("a root certificate cannot be read: {fault}");
    }
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if let Some(path) = ca_file {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|fault| NoTls::of_file(path, &fault))?;
        }
    } else if usable == 0 {
        log::warn!("no root certificates found; no https issuer can be reached (SSL_CERT_FILE)");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(tls))
}

/// Why there is no TLS for fetching keys.
#[derive(Debug, Display, Error, From)]
pub enum NoTls {
    /// TLS cannot be set up.
    #[display("TLS cannot be set up: {_0}")]
    Setup(rustls::Error),
    /// The file of root certificates cannot be used.
    #[display("the file of root certificates {} cannot be used: {reason}", path.display())]
    #[from(ignore)]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl NoTls {
    fn of_file(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self::CaFile { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Reads the certificates of a PEM file, of which there must be one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoTls> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|fault| NoTls::of_file(path, &fault))?;
    if certificates.is_empty() {
        return Err(NoTls::of_file(path, &"it contains no certificate"));
    }
    Ok(certificates)
}
