//! Application of one worker, with all middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, web};

use super::request_limits::RequestLimits;
use crate::service::application::configure;
use crate::service::cors::Cors;
use crate::service::rate_limit::AddressRateLimit;
use crate::service::responses::Responses;
use crate::service::settings::Settings;
use crate::service::shutdown_state::ShutdownState;
use crate::service::telemetry::Telemetry;
use crate::{ProtectedResource, Routes};

/// Makes the application of one worker. The middleware that is wrapped last runs first.
pub(super) fn worker_application(
    settings: &Settings,
    cors: &Cors,
    resource: &ProtectedResource,
    routes: &Routes,
    telemetry: &Telemetry,
    per_address: &AddressRateLimit,
    shutdown_state: &ShutdownState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let limits = settings.server.limits;
    let body_size = limits.body_size;
    App::new()
        .app_data(shutdown_state.clone())
        .app_data(settings.server.ready_issuers)
        // The same limit for every extractor of bodies.
        .app_data(web::PayloadConfig::new(body_size))
        .app_data(web::JsonConfig::default().limit(body_size))
        .app_data(web::FormConfig::default().limit(body_size))
        .configure(|config| configure(config, resource, routes))
        .wrap(per_address.clone())
        .wrap(cors.clone())
        .wrap(RequestLimits {
            body_size,
            body_timeout: limits.body_timeout,
            shutdown_state: shutdown_state.clone(),
        })
        .wrap(Responses)
        .wrap(telemetry.clone())
}
