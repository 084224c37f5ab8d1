//! TLS of the server, with a certificate that can be reloaded.

mod certificate_files;
mod client_certificate;

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

pub(super) use certificate_files::TlsError;
use client_certificate::client_verifier;

use crate::service::reload::Reloadable;
use crate::service::settings::{CertificateOrigin, TlsSettings};

/// The only protocol offered by ALPN (RFC 7301): there is no HTTP/2.
const HTTP_1_1: &[u8] = b"http/1.1";

/// The certificate in use, with its key. A handshake uses the one that is current when it begins.
#[derive(Debug)]
struct Certificate(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// TLS 1.2 and 1.3 of the server.
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    /// The certificate and its key.
    pub(super) files: Reloadable,
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    ///
    /// If the files cannot be used. The operator is at fault.
    pub(super) fn start(
        settings: TlsSettings,
        clients: Option<&CertificateOrigin>,
    ) -> Result<Self, TlsError> {
        let files = certificate_files::read(&settings)?;
        let certificate = ArcSwap::from_pointee(files.certified(&settings)?);
        let certificate = Arc::new(Certificate(certificate));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = match clients {
            Some(CertificateOrigin::Tls { authorities }) => {
                client_verifier(authorities.as_deref(), &provider)?
            }
            Some(CertificateOrigin::Header(_)) | None => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Provider)?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::clone(&certificate) as Arc<_>);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut current = files.fingerprint();
        let files = Reloadable::new("TLS certificate", move || {
            let files = certificate_files::read(&settings).map_err(|fault| fault.to_string())?;
            if files.fingerprint() == current {
                return Ok(false);
            }
            let new = files.certified(&settings).map_err(|fault| fault.to_string())?;
            certificate.0.store(Arc::new(new));
            current = files.fingerprint();
            Ok(true)
        });
        Ok(Self { acceptor, files })
    }
}
