//! What an orchestrator asks: is it alive, is it ready?

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::shutdown_state::ShutdownState;
use crate::{Problem, ProtectedResource, Public, Routes};

/// `/healthz` and `/readyz`.
pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz", alive).get("/readyz", ready)
}

/// Whether an orchestrator asks here, which must never be told to come less often.
pub(super) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// What a probe is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `alive` or `ready`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Alive: the process answers. It says nothing of issuers, because restarting this service would
/// not bring an issuer back.
#[utoipa::path(
    get, path = "/healthz", summary = "Whether the process is alive", tag = "health",
    responses((status = 200, description = "It is", body = Health,
        example = json!({"status": "alive"})))
)]
pub(super) async fn alive(_: Public) -> HttpResponse {
    uncached(HttpResponse::Ok().json(Health { status: "alive" }))
}

/// Ready: keys are held for every issuer, so every good token can be recognised, and nobody has told
/// the service to stop.
#[utoipa::path(
    get, path = "/readyz", summary = "Whether tokens can be verified", tag = "health",
    responses(
        (status = 200, description = "Keys are held for every issuer", body = Health,
            example = json!({"status": "ready"})),
        (status = 503, description = "Keys are missing for some issuer, or the service is stopping",
            content_type = "application/problem+json", body = Object),
    )
)]
pub(super) async fn ready(
    _: Public,
    resource: ProtectedResource,
    request: HttpRequest,
) -> HttpResponse {
    if request.app_data::<ShutdownState>().is_some_and(ShutdownState::is_shutting_down) {
        return not_ready("The service is stopping.".to_owned());
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
    not_ready(format!("No keys are held for {}.", waiting.join(", ")))
}

fn not_ready(detail: String) -> HttpResponse {
    uncached(Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail(detail).into_response())
}

fn uncached(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
