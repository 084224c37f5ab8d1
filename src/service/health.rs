//! Health probes for orchestrators.

use std::str::FromStr;

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

/// The body of a successful probe.
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

/// Readiness: keys are held for at least one issuer, or for all with `READY_ISSUERS=all`, and the
/// service is not stopping.
#[utoipa::path(
    get, path = "/readyz", summary = "Readiness probe", tag = "health",
    responses(
        (status = 200, description = "Keys are held for the issuers that must have them", body = Health,
            example = json!({"status": "ready"})),
        (status = 503, description = "Keys are missing, or the service is stopping",
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
    let required = request.app_data::<ReadyIssuers>().copied().unwrap_or_default();
    let issuers = resource.verifier().issuers();
    let without_keys: Vec<&str> = issuers
        .iter()
        .filter(|issuer| !issuer.is_ready())
        .map(|issuer| issuer.issuer.as_str())
        .collect();
    if let Some((issuer, _, status)) = resource.verifier().introspection_status()
        && status.client_rejected
    {
        return not_ready(format!("{issuer} rejects this server's introspection credentials."));
    }
    let is_ready = match required {
        ReadyIssuers::Any => without_keys.len() < issuers.len(),
        ReadyIssuers::All => without_keys.is_empty(),
    };
    if is_ready {
        return uncached(HttpResponse::Ok().json(Health { status: "ready" }));
    }
    not_ready(format!("There are no keys of {}.", without_keys.join(", ")))
}

/// How many issuers must have keys for `/readyz` to say so. As application data it holds for
/// [`configure`](super::configure); the default is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadyIssuers {
    /// At least one: the outage of one issuer does not take the tokens of the others out of service.
    #[default]
    Any,
    /// Every one.
    All,
}

impl FromStr for ReadyIssuers {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "any" => Ok(Self::Any),
            "all" => Ok(Self::All),
            _ => Err("it must be any or all"),
        }
    }
}

fn not_ready(detail: String) -> HttpResponse {
    uncached(Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail(detail).into_response())
}

fn uncached(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
