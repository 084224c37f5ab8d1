//! TLS, with a certificate and key from files that may change while the server runs.

mod certificate_files;
mod reload;

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

pub(super) use certificate_files::TlsError;
pub(super) use reload::CertificateReload;

use crate::service::settings::TlsSettings;

/// The protocol that is offered: HTTP/2 is not spoken here.
const HTTP_1_1: &[u8] = b"http/1.1";

/// The certificate in use, with its key. Handshakes take it as it is when they begin.
#[derive(Debug)]
pub(super) struct Certificate(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// What the server needs to speak TLS.
pub(super) struct Tls {
    /// Speaks TLS 1.2 and 1.3, with the certificate as it is at the time.
    pub(super) acceptor: TlsAcceptor,
    /// What keeps the certificate up to date.
    pub(super) reload: CertificateReload,
}

impl Tls {
    /// # Errors
    ///
    /// What is wrong with the files.
    pub(super) fn start(settings: TlsSettings) -> Result<Self, TlsError> {
        let pair = certificate_files::read(&settings)?;
        let certificate = ArcSwap::from_pointee(pair.certified(&settings)?);
        let certificate = Arc::new(Certificate(certificate));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Provider)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<_>);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self {
            acceptor,
            reload: CertificateReload::new(certificate, settings, pair.fingerprint()),
        })
    }
}
