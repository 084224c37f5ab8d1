//! The service as an Actix application: every route, every answer to what has none.

use actix_cors::Cors;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};

use super::telemetry::X_REQUEST_ID;
use super::{endpoints, health, open_api, resource_metadata};
use crate::access::ResourceIdentifier;
use crate::{Problem, ProtectedResource, Routes};

/// How long a browser may remember what it may send, in seconds.
const PREFLIGHT_LIFETIME: usize = 3600;

/// Every route of the service. With an identifier, its metadata is among them.
pub fn routes(identifier: Option<&ResourceIdentifier>) -> Routes {
    endpoints::routes()
        .merge(health::routes())
        .merge(open_api::routes())
        .merge(resource_metadata::routes(identifier))
}

/// Puts the service into an application.
///
/// ```no_run
/// use actix_resource_server::service::{Responses, configure, routes};
/// use actix_resource_server::{ProtectedResource, verifier::Verifier};
/// use actix_web::App;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder()
///     .issuer("https://tenant.eu.auth0.com/")
///     .audience("https://api.example")
///     .start()?;
/// let resource = ProtectedResource::new(verifier);
/// let routes = routes(resource.resource_identifier());
/// let app = App::new()
///     .configure(|config| configure(config, &resource, &routes))
///     .wrap(Responses);
/// # Ok(())
/// # }
/// ```
pub fn configure(config: &mut ServiceConfig, resource: &ProtectedResource, routes: &Routes) {
    let table = routes.table();
    config
        .app_data(web::Data::new(open_api::Document::of(&table, resource)))
        .app_data(web::Data::new(table))
        .app_data(resource.clone())
        .service(routes.clone())
        .default_service(web::to(not_found));
}

/// Which web pages may call, by their origins.
pub fn cors(origins: impl IntoIterator<Item = impl AsRef<str>>) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        // A page must be able to read why it was refused, when to try again, and what to quote.
        .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER, X_REQUEST_ID])
        .max_age(PREFLIGHT_LIFETIME)
        // Another origin gets an answer without permission to read it; its browser does the rest.
        .block_on_origin_mismatch(false);
    origins.into_iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_ref()))
}

async fn not_found() -> HttpResponse {
    Problem::of(StatusCode::NOT_FOUND).detail("There is nothing at this path.").into_response()
}
