//! What an orchestrator asks: is it alive, is it ready?

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde_json::json;

use crate::{Problem, ProtectedResource, Public, Routes};

/// `/healthz` and `/readyz`.
pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz", alive).get("/readyz", ready)
}

/// Alive: the process answers. It says nothing of issuers, because restarting this service would
/// not bring an issuer back.
async fn alive(_: Public) -> HttpResponse {
    uncached(HttpResponse::Ok().json(json!({"status": "alive"})))
}

/// Ready: keys are held for every issuer, so every good token can be recognised.
async fn ready(_: Public, resource: ProtectedResource) -> HttpResponse {
    let waiting: Vec<String> = resource
        .verifier()
        .issuers()
        .into_iter()
        .filter(|issuer| !issuer.is_ready())
        .map(|issuer| issuer.issuer)
        .collect();
    if waiting.is_empty() {
        return uncached(HttpResponse::Ok().json(json!({"status": "ready"})));
    }
    let detail = format!("No keys are held for {}.", waiting.join(", "));
    uncached(Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail(detail).into_response())
}

fn uncached(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
