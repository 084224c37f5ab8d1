//! Application of one worker, with all middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, web};

use super::request_limits::RequestLimits;
use crate::service::application::configure;
use crate::service::cors::Cors;
use crate::service::forward_auth::ForwardAuth;
use crate::service::rate_limit::AddressRateLimit;
use crate::service::responses::Responses;
use crate::service::settings::Settings;
use crate::service::shutdown_state::ShutdownState;
use crate::service::telemetry::Telemetry;
use crate::{ProtectedResource, Routes};

/// What the application of each worker is made of.
pub(super) struct WorkerApplication {
    pub(super) settings: Settings,
    pub(super) resource: ProtectedResource,
    pub(super) routes: Routes,
    pub(super) forward_auth: Option<ForwardAuth>,
    pub(super) cors: Cors,
    pub(super) per_address: AddressRateLimit,
    pub(super) telemetry: Telemetry,
    pub(super) shutdown_state: ShutdownState,
}

impl WorkerApplication {
    /// Makes the application of one worker. The middleware that is wrapped last runs first.
    pub(super) fn build(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + use<>>,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let limits = self.settings.server.limits;
        let body_size = limits.body_size;
        App::new()
            .app_data(self.shutdown_state.clone())
            .app_data(self.settings.server.ready_issuers)
            // The same limit for every extractor of bodies.
            .app_data(web::PayloadConfig::new(body_size))
            .app_data(web::JsonConfig::default().limit(body_size))
            .app_data(web::FormConfig::default().limit(body_size))
            .configure(|config| {
                configure(config, &self.resource, &self.routes);
                if let Some(forward_auth) = &self.forward_auth {
                    forward_auth.configure(config);
                }
            })
            .wrap(self.per_address.clone())
            .wrap(self.cors.clone())
            .wrap(RequestLimits {
                body_size,
                body_timeout: limits.body_timeout,
                shutdown_state: self.shutdown_state.clone(),
            })
            .wrap(Responses)
            .wrap(self.telemetry.clone())
    }
}
