//! Actix application of the service: its routes, and the response to all other paths.

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};

use super::{endpoints, health, open_api, resource_metadata};
use crate::access::ResourceIdentifier;
use crate::{Problem, ProtectedResource, Routes};

/// All routes of the service. With an identifier, they include the resource metadata (RFC 9728).
pub fn routes(identifier: Option<&ResourceIdentifier>) -> Routes {
    endpoints::routes()
        .merge(health::routes())
        .merge(open_api::routes())
        .merge(resource_metadata::routes(identifier))
}

/// Adds the service to an Actix application.
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
///
/// # Panics
///
/// As [`Routes::table`], and if a route demands a [fresh](crate::Fresh) answer of the issuer and none has
/// introspection. [`RouteTable::check`](crate::access::RouteTable::check) tells without a panic.
#[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
#[track_caller]
pub fn configure(config: &mut ServiceConfig, resource: &ProtectedResource, routes: &Routes) {
    let table = routes.table();
    if let Err(fault) = table.check(resource) {
        panic!("{fault}");
    }
    config
        .app_data(web::Data::new(open_api::Document::of(&table, resource)))
        .app_data(web::Data::new(table))
        .app_data(resource.clone())
        .service(routes.clone())
        .default_service(web::to(not_found));
}

async fn not_found() -> HttpResponse {
    Problem::of(StatusCode::NOT_FOUND).detail("There is nothing at this path.").into_response()
}
