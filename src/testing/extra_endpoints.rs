//! Additional endpoints of the test issuer.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

/// Registers additional endpoints each time the issuer's server starts.
#[derive(Clone, derive_more::Debug)]
#[debug("ExtraEndpoints")]
pub(super) struct ExtraEndpoints(Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>);

impl ExtraEndpoints {
    pub(super) fn none() -> Self {
        Self(Arc::new(|_| {}))
    }

    pub(super) fn and(self, more: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |config| {
            (self.0)(config);
            more(config);
        }))
    }

    pub(super) fn configure(&self, config: &mut ServiceConfig) {
        (self.0)(config);
    }
}
