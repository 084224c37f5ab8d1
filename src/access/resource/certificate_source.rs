//! Source of client certificates, which depends on what terminates TLS.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;

use crate::token::CertificateThumbprint;

/// Finds the certificate that the client of a request has proven to hold.
#[derive(Clone)]
pub(super) struct CertificateSource(Arc<Source>);

type Source = dyn Fn(&HttpRequest) -> Option<CertificateThumbprint> + Send + Sync;

impl CertificateSource {
    pub(super) fn new(
        source: impl Fn(&HttpRequest) -> Option<CertificateThumbprint> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(source))
    }

    pub(super) fn of(&self, request: &HttpRequest) -> Option<CertificateThumbprint> {
        (self.0)(request)
    }
}

impl fmt::Debug for CertificateSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CertificateSource(…)")
    }
}
