//! OpenAPI document of the service. Its policies come from the route table.

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{endpoints, health, resource_metadata};
use crate::access::{OpenApiPolicies, ResourceIdentifier, RouteTable, TokenSource};
use crate::sender::DpopMode;
use crate::{ProtectedResource, Public, Routes};

/// The endpoints without their policies, which the route table adds.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "actix-resource-server",
        description = "An API that is protected by OAuth 2 access tokens.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        endpoints::public,
        endpoints::private,
        endpoints::private_scoped,
        health::alive,
        health::ready,
        open_api,
        resource_metadata::resource_metadata
    ),
    tags(
        (name = "greetings", description = "The endpoints of the service"),
        (name = "health", description = "Probes for orchestrators"),
        (name = "discovery", description = "Documents for clients"),
    )
)]
struct Description;

/// The document as JSON, made once.
#[derive(Debug)]
pub(super) struct Document(String);

impl Document {
    /// The document of these routes, for this resource.
    pub(super) fn of(table: &RouteTable, resource: &ProtectedResource) -> Self {
        let issuers = resource.verifier().issuers();
        let discovered = issuers.into_iter().filter(|issuer| issuer.is_discovered);
        let issuers = discovered.map(|issuer| issuer.issuer).collect();
        let dpop = resource.verifier().dpop();
        let mode = if dpop.is_on() { dpop.mode } else { DpopMode::Off };
        let header = resource.tokens().and_then(TokenSource::header_name);
        let schemes = Schemes { issuers, dpop: mode, token_header: header.map(HeaderName::as_str) };
        Self(describe(table, resource.resource_identifier(), schemes).to_string())
    }
}

/// The path of the document.
pub(super) const PATH: &str = "/openapi.json";

/// The route of the document.
pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, open_api)
}

#[utoipa::path(
    get, path = "/openapi.json", summary = "OpenAPI document", tag = "discovery",
    responses((status = 200, description = "The OpenAPI document", body = Object)),
)]
async fn open_api(_: Public, document: web::Data<Document>) -> HttpResponse {
    let mut response = HttpResponse::Ok().content_type("application/json").body(document.0.clone());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

/// What the security schemes of the document are made of.
pub(super) struct Schemes<'a> {
    /// The issuers whose metadata clients may look up.
    pub(super) issuers: Vec<String>,
    pub(super) dpop: DpopMode,
    /// The header field with the token, if not `Authorization`.
    pub(super) token_header: Option<&'a str>,
}

/// The document of these routes. Paths of [`Description`] that are not among them are left out, so that
/// applications with other routes can have a document too.
pub(super) fn describe(
    table: &RouteTable,
    identifier: Option<&ResourceIdentifier>,
    schemes: Schemes<'_>,
) -> Value {
    let mut document = serde_json::to_value(Description::openapi()).unwrap_or_default();
    if let Some(identifier) = identifier
        && let Some(root) = document.as_object_mut()
    {
        root.insert("servers".to_owned(), json!([{"url": identifier.as_str()}]));
    }
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|path, _| table.iter().any(|route| route.path == *path));
    }
    let mut policies = OpenApiPolicies::new(table).issuers(schemes.issuers).dpop(schemes.dpop);
    if let Some(name) = schemes.token_header {
        policies = policies.token_header(name);
    }
    match policies.apply(&document) {
        Ok(document) => document,
        Err(fault) => {
            log::error!("the OpenAPI document has no policies: {fault}");
            document
        }
    }
}
