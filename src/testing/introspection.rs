//! Introspection and revocation endpoints of the test issuer (RFC 7662, RFC 7009, RFC 9701).

use std::collections::HashMap;

use actix_web::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::fault_injection::{Behavior, Endpoint};
use super::injected_response::injected_response;
use super::issuer_state::IssuerState;
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::token::{Algorithms, Audiences, Expectations, KeySet, Timestamp, UnverifiedToken};

/// The client that may ask about tokens.
pub(super) const CLIENT_ID: &str = "test-client";

/// The secret of that client.
pub(super) const CLIENT_SECRET: &str = "test-secret";

/// Media type of signed responses.
const SIGNED: &str = "application/token-introspection+jwt";

/// `POST /introspect`.
pub(super) async fn introspect(
    state: Data<IssuerState>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    match state.count_request(Endpoint::Introspection) {
        Behavior::Healthy => {}
        other => return injected_response(other).await,
    }
    let form = read_form(&body);
    if !is_authenticated(&state, &request, &form) {
        return HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Basic realm=\"introspection\""))
            .json(json!({"error": "invalid_client"}));
    }
    let Some(token) = form.get("token") else {
        return HttpResponse::BadRequest().json(json!({"error": "invalid_request"}));
    };
    let response = match claims_of(&state, token) {
        Some(mut claims) => {
            claims.insert("active".to_owned(), true.into());
            let is_dpop = claims.get("cnf").is_some_and(|cnf| cnf.get("jkt").is_some());
            let kind = if is_dpop { "DPoP" } else { "Bearer" };
            claims.entry("token_type").or_insert_with(|| kind.into());
            Value::Object(claims)
        }
        None => json!({"active": false}),
    };
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_signed = state.introspection().is_signed;
    match state
        .current_key()
        .filter(|_| is_signed && accept.is_some_and(|accept| accept.contains(SIGNED)))
    {
        Some(key) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type(SIGNED)
            .body(signed_response(&state.name, &key, &response).encode()),
        None => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(response),
    }
}

/// `POST /revoke`: any client may revoke any token.
pub(super) async fn revoke(state: Data<IssuerState>, body: Bytes) -> HttpResponse {
    if let Some(token) = read_form(&body).get("token") {
        state.introspection().revoked.insert(token.clone());
    }
    HttpResponse::Ok().finish()
}

/// A signed response for the test client (RFC 9701 section 5).
pub(super) fn signed_response(issuer: &str, key: &SigningKey, response: &Value) -> TokenMaker {
    let mut maker = TokenMaker::new(issuer, key).header("typ", "token-introspection+jwt");
    for claim in ["client_id", "jti", "sub", "exp"] {
        maker = maker.without_claim(claim);
    }
    maker.audience(CLIENT_ID).claim("token_introspection", response.clone())
}

/// The claims of an active token.
fn claims_of(state: &IssuerState, token: &str) -> Option<Map<String, Value>> {
    let tokens = state.introspection();
    if tokens.revoked.contains(token) {
        return None;
    }
    let claims = match tokens.opaque.get(token) {
        Some(claims) => claims.clone(),
        None => jwt_claims(state, token)?,
    };
    let now = Timestamp::now().milliseconds() / 1000;
    let is_expired = claims.get("exp").and_then(Value::as_u64).is_some_and(|exp| exp <= now);
    (!is_expired).then_some(claims)
}

/// The claims of a JWT that this issuer has signed.
fn jwt_claims(state: &IssuerState, token: &str) -> Option<Map<String, Value>> {
    let unverified = UnverifiedToken::parse(token).ok()?;
    let audiences = Audiences::new(unverified.unverified_claims().audience.clone()).ok()?;
    let expected = Expectations::new(state.name.as_str(), audiences);
    let keys = json!({"keys": state.keys().iter().map(SigningKey::public_jwk).collect::<Vec<_>>()});
    let (keys, _) = KeySet::from_json(keys.to_string().as_bytes(), Algorithms::ASYMMETRIC).ok()?;
    let verified = unverified.verify(&keys, &expected, Timestamp::now()).ok()?;
    serde_json::from_str(verified.claims_json()).ok()
}

/// Whether the request is authenticated by the test client's secret or key.
fn is_authenticated(
    state: &IssuerState,
    request: &HttpRequest,
    form: &HashMap<String, String>,
) -> bool {
    let (id, secret) = (CLIENT_ID, CLIENT_SECRET);
    let text = |name: &str| form.get(name).map(String::as_str);
    if let Some(assertion) = text("client_assertion") {
        return is_valid_assertion(state, assertion);
    }
    if text("client_secret").is_some() {
        return (text("client_id"), text("client_secret")) == (Some(id), Some(secret));
    }
    let expected = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    request
        .headers()
        .get(AUTHORIZATION)
        .is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

/// Checks a client assertion (RFC 7523 section 3).
fn is_valid_assertion(state: &IssuerState, assertion: &str) -> bool {
    let Some(key) = state.introspection().client_key.clone() else { return false };
    let Ok((keys, _)) = KeySet::from_file(key.as_bytes(), Algorithms::ASYMMETRIC) else {
        return false;
    };
    let Ok(audiences) = Audiences::new([state.name.as_str()]) else { return false };
    let expected = Expectations::new(CLIENT_ID, audiences);
    UnverifiedToken::parse(assertion)
        .and_then(|assertion| assertion.verify(&keys, &expected, Timestamp::now()))
        .is_ok()
}

fn read_form(body: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}
