//! Health probes for orchestrators.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::shutdown_state::ShutdownState;
use crate::{Problem, ProtectedResource, Public, Routes};

/// The routes `/healthz` and `/readyz`.
pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz", alive).get("/readyz", ready)
}

/// Whether the path is that of a probe. Probes are exempt from rate limits, and good ones are not
/// logged.
pub(super) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// The body of a good probe.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `alive` or `ready`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Liveness: the process answers. Issuers do not matter, because a restart would not bring one back.
#[utoipa::path(
    get, path = "/healthz", summary = "Liveness probe", tag = "health",
    responses((status = 200, description = "The process is alive", body = Health,
        example = json!({"status": "alive"})))
)]
pub(super) async fn alive(_: Public) -> HttpResponse {
    uncached(HttpResponse::Ok().json(Health { status: "alive" }))
}

/// Readiness: there are keys of every issuer, so that every valid token can be verified, and the service
/// is not shutting down.
#[utoipa::path(
    get, path = "/readyz", summary = "Readiness probe", tag = "health",
    responses(
        (status = 200, description = "There are keys of every issuer", body = Health,
            example = json!({"status": "ready"})),
        (status = 503, description = "There are no keys of some issuer, or the service is shutting down",
            content_type = "application/problem+json", body = Object),
    )
)]
pub(super) async fn ready(
    _: Public,
    resource: ProtectedResource,
    request: HttpRequest,
) -> HttpResponse {
    if request.app_data::<ShutdownState>().is_some_and(ShutdownState::is_shutting_down) {
        return not_ready("The service is shutting down.".to_owned());
    }
    let waiting: Vec<String> = resource
        .verifier()
        .issuers()
        .into_iter()
        .filter(|issuer| !issuer.is_ready())
        .map(|issuer| issuer.issuer)
        .collect();
    if waiting.is_empty() {
        return uncached(HttpResponse::Ok().json(Health { status: "ready" }));
    }
    not_ready(format!("There are no keys of {}.", waiting.join(", ")))
}

fn not_ready(detail: String) -> HttpResponse {
    uncached(Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail(detail).into_response())
}

fn uncached(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
