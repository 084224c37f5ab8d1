//! The application as each worker runs it, with all that surrounds its routes.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::Condition;
use actix_web::{App, Error};

use crate::service::application::{configure, cors};
use crate::service::observation::Observation;
use crate::service::responses::Responses;
use crate::service::settings::Settings;
use crate::{ProtectedResource, Routes};

/// Makes one worker's application. What is wrapped last is outermost.
pub(super) fn worker_application(
    settings: &Settings,
    resource: &ProtectedResource,
    routes: &Routes,
    observation: &Observation,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let origins = settings.cors_origins.iter().map(ToString::to_string);
    App::new()
        .configure(|config| configure(config, resource, routes))
        .wrap(Condition::new(!settings.cors_origins.is_empty(), cors(origins)))
        .wrap(Responses)
        .wrap(observation.clone())
}
