//! Endpoints of the test issuer.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::defect::{Defect, UnknownDefect};
use super::fault_injection::{Behavior, Endpoint};
use super::injected_response::injected_response;
use super::introspection;
use super::issuer_state::IssuerState;
use super::token_maker::TokenMaker;
use super::token_proof::proven_key;
use crate::token::{Algorithm, JwkThumbprint};

/// Default lifetime of issued tokens, in seconds.
const LIFETIME: i64 = 3600;

/// Parameters of [`bare_token`].
const PARAMETERS: [&str; 10] = [
    "algorithm",
    "audience",
    "claims",
    "defect",
    "jkt",
    "lifetime",
    "permissions",
    "roles",
    "scope",
    "subject",
];

pub(super) fn configure(config: &mut ServiceConfig, state: &Arc<IssuerState>) {
    let path = &state.path;
    let mut discovery = vec![
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    discovery.dedup();
    config.app_data(Data::from(Arc::clone(state)));
    for path in discovery {
        config.route(&path, web::get().to(metadata));
    }
    config
        .route(&format!("{path}/.well-known/jwks.json"), web::get().to(key_set))
        .route(&format!("{path}/oauth/token"), web::post().to(token_endpoint))
        .route(&format!("{path}/introspect"), web::post().to(introspection::introspect))
        .route(&format!("{path}/revoke"), web::post().to(introspection::revoke))
        .route(&format!("{path}/token"), web::get().to(bare_token));
}

async fn metadata(state: Data<IssuerState>) -> HttpResponse {
    match state.count_request(Endpoint::Discovery) {
        Behavior::Healthy => HttpResponse::Ok().json(state.metadata()),
        other => injected_response(other).await,
    }
}

async fn key_set(state: Data<IssuerState>, request: HttpRequest) -> HttpResponse {
    match state.count_request(Endpoint::KeySet) {
        Behavior::Healthy => {
            let body = state.key_set().to_string();
            let hash = digest::digest(&digest::SHA256, body.as_bytes());
            let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash));
            let known = request.headers().get(IF_NONE_MATCH).map(HeaderValue::as_bytes);
            let unchanged = known == Some(tag.as_bytes());
            let status = if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            let mut response = HttpResponse::build(status);
            response.insert_header((ETAG, tag));
            response.insert_header((CACHE_CONTROL, state.mutable().cache_control.as_str()));
            if unchanged {
                state.unchanged();
                response.finish()
            } else {
                response.content_type("application/jwk-set+json").body(body)
            }
        }
        other => injected_response(other).await,
    }
}

/// Token endpoint (RFC 6749 section 3.2): client credentials grant for any client and secret. With a
/// DPoP proof, the token is bound to its key (RFC 9449 section 5).
async fn token_endpoint(
    state: Data<IssuerState>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let parameters = match read_parameters(request.content_type(), &body) {
        Some(parameters) => parameters,
        None => return token_error("invalid_request", "a form or a JSON object is required"),
    };
    match parameters.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => {
            return token_error("unsupported_grant_type", "only client_credentials is supported");
        }
        None => return token_error("invalid_request", "grant_type is missing"),
    }
    let maker = match requested_token(&state, &parameters) {
        Ok(maker) => maker,
        Err(description) => return token_error("invalid_request", &description),
    };
    let key = match proven_key(&request) {
        Ok(key) => key,
        Err(description) => return token_error("invalid_dpop_proof", description),
    };
    if let Some(nonce) = key.as_ref().and_then(|key| state.nonce_needed(&key.nonce)) {
        let mut response = token_error("use_dpop_nonce", "the DPoP proof needs this nonce");
        if let Ok(nonce) = HeaderValue::try_from(nonce) {
            response.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        return response;
    }
    let (maker, token_type) = match &key {
        Some(key) => (bound(maker, &key.thumbprint), "DPoP"),
        None => (maker, "Bearer"),
    };
    let maker = match parameters.get("client_id") {
        // Without a user, the client is the subject (RFC 9068 section 2.2).
        Some(client) => maker.client_id(client).subject(client),
        None => maker,
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({
        "access_token": maker.encode(),
        "token_type": token_type,
        "expires_in": lifetime(&parameters).unwrap_or(LIFETIME),
        "scope": parameters.get("scope").map_or("", String::as_str),
    }))
}

/// A token as plain text, for command lines: `curl -H "Authorization: Bearer $(curl -s …/token)"`.
async fn bare_token(state: Data<IssuerState>, request: HttpRequest) -> HttpResponse {
    let parameters = web::Query::<HashMap<String, String>>::from_query(request.query_string());
    let Ok(parameters) = parameters.map(web::Query::into_inner) else {
        return token_error("invalid_request", "the query is malformed");
    };
    // A misspelled one would make another token than the one that was asked for.
    if let Some(unknown) = parameters.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        let known = PARAMETERS.join(", ");
        let description = format!("there is no parameter {unknown:?}; there are {known}");
        return token_error("invalid_request", &description);
    }
    match requested_token(&state, &parameters) {
        Ok(maker) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body(format!("{}\n", maker.encode())),
        Err(description) => token_error("invalid_request", &description),
    }
}

/// Builds a token from request parameters.
fn requested_token(
    state: &IssuerState,
    parameters: &HashMap<String, String>,
) -> Result<TokenMaker, String> {
    let key = match parameters.get("algorithm") {
        None => state.current_key(),
        Some(name) => {
            let algorithm: Algorithm = name.parse().map_err(|_| "algorithm is not supported")?;
            state.keys().into_iter().find(|key| key.algorithm() == algorithm)
        }
    };
    let key = key.ok_or("there is no key for this algorithm")?;
    let mut maker = TokenMaker::new(state.name.as_str(), &key).expires_in(lifetime(parameters)?);
    if let Some(audience) = parameters.get("audience").or(state.default_audience.as_ref()) {
        maker = maker.audience(audience);
    }
    if let Some(scope) = parameters.get("scope") {
        maker = maker.scope(scope);
    }
    if let Some(subject) = parameters.get("subject") {
        maker = maker.subject(subject);
    }
    let list = |name| {
        let text: Option<&String> = parameters.get(name);
        text.map(|text| text.split([' ', ',']).filter(|item| !item.is_empty()))
    };
    if let Some(permissions) = list("permissions") {
        maker = maker.permissions(permissions);
    }
    if let Some(roles) = list("roles") {
        maker = maker.roles(roles);
    }
    if let Some(claims) = parameters.get("claims") {
        let claims: Map<String, Value> =
            serde_json::from_str(claims).map_err(|_| "claims must be a JSON object")?;
        maker = claims.into_iter().fold(maker, |maker, (name, value)| maker.claim(name, value));
    }
    if let Some(jkt) = parameters.get("jkt") {
        let key = JwkThumbprint::from_base64url(jkt);
        maker = bound(maker, &key.ok_or("jkt must be an RFC 7638 thumbprint in base64url")?);
    }
    match parameters.get("defect") {
        None => Ok(maker),
        Some(name) => {
            let defect: Defect = name.parse().map_err(|error: UnknownDefect| error.to_string())?;
            Ok(maker.with_defect(defect))
        }
    }
}

/// The token with `cnf.jkt` (RFC 9449 section 6.1).
fn bound(maker: TokenMaker, key: &JwkThumbprint) -> TokenMaker {
    maker.claim("cnf", json!({"jkt": key.to_string()}))
}

/// Requested lifetime of the token, in seconds.
fn lifetime(parameters: &HashMap<String, String>) -> Result<i64, &'static str> {
    match parameters.get("lifetime") {
        None => Ok(LIFETIME),
        Some(seconds) => seconds.parse().map_err(|_| "lifetime must be a number of seconds"),
    }
}

fn read_parameters(content_type: &str, body: &[u8]) -> Option<HashMap<String, String>> {
    if content_type.eq_ignore_ascii_case("application/json") {
        let members: HashMap<String, Value> = serde_json::from_slice(body).ok()?;
        let texts = members.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        return Some(texts.collect());
    }
    let text = std::str::from_utf8(body).ok()?;
    Some(web::Query::<HashMap<String, String>>::from_query(text).ok()?.into_inner())
}

/// Error response of the token endpoint (RFC 6749 section 5.2).
fn token_error(error: &str, description: &str) -> HttpResponse {
    HttpResponse::BadRequest()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"error": error, "error_description": description}))
}
