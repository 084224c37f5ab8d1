//! A new certificate for a server that runs.

use std::io;
use std::sync::Arc;

use actix_web::rt::task::spawn_blocking;
use tokio::select;
use tokio::time::sleep;

use super::Certificate;
use super::certificate_files::{self, CertificateFiles, Fingerprint, TlsError};
use crate::service::server::signals::ReloadSignals;
use crate::service::settings::TlsSettings;

/// Looks at the files from time to time and at every SIGHUP, and takes up a new pair. One that is no
/// good is told of once, and the old one stays in use.
pub(in super::super) struct CertificateReload {
    certificate: Arc<Certificate>,
    settings: TlsSettings,
    /// The pair that was looked at last, good or bad; none if it could not be read.
    seen: Option<Fingerprint>,
}

impl CertificateReload {
    pub(super) const fn new(
        certificate: Arc<Certificate>,
        settings: TlsSettings,
        seen: Fingerprint,
    ) -> Self {
        Self { certificate, settings, seen: Some(seen) }
    }

    /// Goes on for as long as it is polled.
    pub(in super::super) async fn keep_up(mut self) {
        let mut hangups = ReloadSignals::listen();
        loop {
            let asked = select! {
                () = sleep(self.settings.reload_interval) => false,
                () = hangups.next() => true,
            };
            match look(&self.settings).await.and_then(|pair| self.take_up(&pair)) {
                Ok(true) => log::info!("the TLS certificate has been renewed"),
                Ok(false) if asked => log::info!("the TLS certificate is still the same"),
                Ok(false) => {}
                // A file that is being replaced may be away for a moment; it is no news for long.
                Err(TlsError::Unreadable { .. }) if self.seen.is_none() && !asked => {}
                Err(fault) => {
                    if let TlsError::Unreadable { .. } = fault {
                        self.seen = None;
                    }
                    log::warn!("the TLS certificate stays as it was: {fault}");
                }
            }
        }
    }

    /// Whether it was a new pair, which is in use from now on.
    fn take_up(&mut self, pair: &CertificateFiles) -> Result<bool, TlsError> {
        let fingerprint = Some(pair.fingerprint());
        if self.seen == fingerprint {
            return Ok(false);
        }
        self.seen = fingerprint;
        self.certificate.0.store(Arc::new(pair.certified(&self.settings)?));
        Ok(true)
    }
}

/// Files may be on a disk that is slow; the server's own thread does not wait for it.
async fn look(settings: &TlsSettings) -> Result<CertificateFiles, TlsError> {
    let wanted = settings.clone();
    spawn_blocking(move || certificate_files::read(&wanted)).await.unwrap_or_else(|fault| {
        let (setting, path) = ("TLS_CERT_FILE", settings.certificate.clone());
        Err(TlsError::Unreadable { setting, path, fault: io::Error::other(fault) })
    })
}
