//! Bodies of rejections, and what a resource's settings change about them.

use std::time::Duration;

use actix_web::ResponseError;
use actix_web::body::to_bytes;
use actix_web::http::header::HeaderName;
use serde_json::Value;

use super::with_dpop;
use crate::access::{Policy, Realm, RejectionReason, TokenSource};
use crate::testing::OfflineIssuer;
use crate::token::{DpopMode, InvalidToken};
use crate::{Claims, Guard, InRole, ProtectedResource, Scoped, roles, scopes};

scopes! { Read = "read"; }
roles! { Admin = "admin"; }

const AUTHENTICATED: Policy = Claims::<()>::POLICY;
const READERS: Policy = <Scoped<Read>>::POLICY;
const ADMINS: Policy = <InRole<Admin>>::POLICY;

async fn body_of(
    resource: &ProtectedResource,
    reason: RejectionReason,
    policy: &'static Policy,
) -> Value {
    let response = resource.rejection(reason, policy).error_response();
    let body = to_bytes(response.into_body()).await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

#[actix_web::test]
async fn the_body_has_the_error_of_the_challenge_and_the_scopes() {
    use RejectionReason::{InsufficientScope, KeysUnavailable, MalformedToken, NoCredentials};

    let resource = OfflineIssuer::new("api").protected_resource();
    let bad = RejectionReason::InvalidToken(InvalidToken::IssuerMismatch);
    let twice = MalformedToken { description: "twice" };
    let outage = KeysUnavailable { retry_after: Duration::from_secs(1) };
    let table = [
        (NoCredentials, &AUTHENTICATED, None, None),
        (bad, &READERS, Some("invalid_token"), None),
        (twice, &READERS, Some("invalid_request"), None),
        (InsufficientScope, &READERS, Some("insufficient_scope"), Some("read")),
        (InsufficientScope, &ADMINS, Some("insufficient_scope"), None),
        (outage, &READERS, None, None),
    ];
    for (reason, policy, error, scope) in table {
        let body = body_of(&resource, reason, policy).await;
        assert_eq!(body.get("error").and_then(Value::as_str), error, "RFC 6750 3.1: {body}");
        assert_eq!(body.get("scope").and_then(Value::as_str), scope, "RFC 6750 3: {body}");
    }
}

#[actix_web::test]
async fn a_request_without_a_token_is_told_where_to_put_it() {
    let issuer = OfflineIssuer::new("api");
    let header = TokenSource::header(HeaderName::from_static("x-token"), |_| true);
    let cookie = TokenSource::cookie("__Host-t", ["https://app.example"]);
    let table = [
        (issuer.protected_resource(), "send Authorization: Bearer and the token."),
        (
            with_dpop(&issuer, DpopMode::Allowed),
            "Bearer and the token, or Authorization: DPoP, the token,",
        ),
        (
            with_dpop(&issuer, DpopMode::Required),
            "token: send Authorization: DPoP, the token, and a DPoP",
        ),
        (issuer.protected_resource().token_source(header), "the header field x-token, which a"),
        (issuer.protected_resource().token_source(cookie), "in the cookie __Host-t."),
    ];
    for (resource, part) in table {
        let body = body_of(&resource, RejectionReason::NoCredentials, &AUTHENTICATED).await;
        let detail = body.get("detail").and_then(Value::as_str).unwrap_or_default();
        assert!(detail.starts_with("This needs an access token"), "{detail}");
        assert!(detail.contains(part), "RFC 6750 2: {detail}");
    }
}

#[test]
fn a_realm_is_the_text_that_it_was_parsed_from() {
    let realm: Realm = "messages API".parse().expect("a realm");
    assert_eq!(realm.as_str(), "messages API", "RFC 9110 11.5");
}
