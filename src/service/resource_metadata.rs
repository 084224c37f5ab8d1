//! Protected resource metadata (RFC 9728).

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{ResourceIdentifier, RouteTable, proof_algorithms};
use crate::sender::DpopMode;
use crate::{ProtectedResource, Public, Routes};

/// The metadata document. Empty lists are left out (RFC 9728 section 2).
#[derive(Debug, Serialize, ToSchema)]
struct ResourceMetadata {
    /// The resource identifier.
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// The issuers whose tokens are accepted.
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// All scopes that routes require.
    #[schema(value_type = Vec<String>)]
    scopes_supported: Vec<&'static str>,
    /// How to send a token; absent where a gateway sets it in a header field of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    bearer_methods_supported: Vec<&'static str>,
    /// The algorithms that DPoP proofs may be signed with (RFC 9449); absent where DPoP is off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dpop_signing_alg_values_supported: Vec<String>,
    /// Only tokens that are bound to a DPoP key are accepted (RFC 9449).
    #[serde(skip_serializing_if = "is_false")]
    dpop_bound_access_tokens_required: bool,
    /// Tokens that are bound to a client certificate are accepted (RFC 8705).
    #[serde(skip_serializing_if = "is_false")]
    tls_client_certificate_bound_access_tokens: bool,
    /// Human-readable name of the resource.
    #[schema(value_type = String)]
    resource_name: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The name of the service.
const NAME: &str = "actix-resource-server";

/// The route of the metadata, whose path follows from the identifier. Without an identifier there is
/// none.
pub fn routes(identifier: Option<&ResourceIdentifier>) -> Routes {
    match identifier {
        Some(identifier) => Routes::new().get(identifier.metadata_path(), resource_metadata),
        None => Routes::new(),
    }
}

/// Whether the path is that of a metadata document.
pub(super) fn is_metadata(path: &str) -> bool {
    let rest = path.strip_prefix("/.well-known/oauth-protected-resource");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The metadata comes from the settings and the route table, never from the request: a forged `Host`
/// must not send clients to another server.
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource", tag = "discovery",
    summary = "Protected resource metadata",
    description = "Where to get a token for this API, and with which scopes (RFC 9728).",
    responses((status = 200, description = "The metadata", body = ResourceMetadata)),
)]
pub(super) async fn resource_metadata(
    _: Public,
    resource: ProtectedResource,
    table: web::Data<RouteTable>,
) -> HttpResponse {
    let verifier = resource.verifier();
    let (issuers, dpop) = (verifier.issuers(), verifier.dpop());
    let algorithms = proof_algorithms(dpop).filter(|_| dpop.is_on());
    let metadata = ResourceMetadata {
        resource: resource.resource_identifier().map(ToString::to_string).unwrap_or_default(),
        authorization_servers: issuers.into_iter().map(|issuer| issuer.issuer).collect(),
        scopes_supported: table.scopes(),
        bearer_methods_supported: Vec::from_iter(resource.tokens().is_none().then_some("header")),
        dpop_signing_alg_values_supported: algorithms.map(|name| name.to_string()).collect(),
        dpop_bound_access_tokens_required: dpop.mode == DpopMode::Required,
        tls_client_certificate_bound_access_tokens: resource.takes_certificates(),
        resource_name: NAME,
    };
    let mut response = HttpResponse::Ok().json(metadata);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}
