//! What an orchestrator asks: is it alive, is it ready?

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Problem, ProtectedResource, Public, Routes};

/// `/healthz` and `/readyz`.
pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz", alive).get("/readyz", ready)
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

/// Ready: keys are held for every issuer, so every good token can be recognised.
#[utoipa::path(
    get, path = "/readyz", summary = "Whether tokens can be verified", tag = "health",
    responses(
        (status = 200, description = "Keys are held for every issuer", body = Health,
            example = json!({"status": "ready"})),
        (status = 503, description = "Keys are missing for some issuer",
            content_type = "application/problem+json", body = Object),
    )
)]
pub(super) async fn ready(_: Public, resource: ProtectedResource) -> HttpResponse {
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
    let detail = format!("No keys are held for {}.", waiting.join(", "));
    uncached(Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail(detail).into_response())
}

fn uncached(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
