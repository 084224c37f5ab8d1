use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service, read_body};
use actix_web::{App, HttpRequest, HttpResponse};
use serde_json::json;

use crate::access::{MatchedPath, RejectionReason, ResourceIdentifier, TokenSource};
use crate::testing::OfflineIssuer;
use crate::{Authorized, Claims, ProtectedResource, Routes, Scoped, rules, scopes};

scopes! { Read = "read"; }
rules! { OwnTenant = path "tenant" equals claim "org_id"; }

fn issuer() -> OfflineIssuer {
    OfflineIssuer::new("https://api.example")
}

/// The raw token of the request, which a handler must ask for.
async fn forward(claims: Claims, request: HttpRequest) -> String {
    claims.raw_token(&request).unwrap_or_default().to_owned()
}

async fn list(_: Authorized<OwnTenant>) -> &'static str {
    "the notes"
}

#[actix_rt::test]
async fn a_handler_is_tested_with_a_guard_made_from_a_token() {
    let issuer = issuer();
    let resource = issuer.protected_resource();
    let read = issuer.token().scope("read").encode();
    assert!(resource.admit::<Claims>(&read).await.is_ok());
    assert!(resource.admit::<Scoped<Read>>(&read).await.is_ok());
    let nothing = issuer.token().encode();
    let rejection = resource.admit::<Scoped<Read>>(&nothing).await.expect_err("no scope");
    assert_eq!(*rejection.reason(), RejectionReason::InsufficientScope);
    let expired = issuer.token().expires_in(-60).encode();
    let rejection = resource.admit::<Claims>(&expired).await.expect_err("expired");
    assert_eq!(rejection.reason().code(), "expired");

    let acme = issuer.token().claim("org_id", "acme").encode();
    let path = MatchedPath::new("/{tenant}", "/acme").expect("a match");
    let guard = resource.admit_at::<Authorized<OwnTenant>>(path.parameters(), &acme).await;
    assert_eq!(list(guard.expect("the own tenant")).await, "the notes");
    let path = MatchedPath::new("/{tenant}", "/rival").expect("a match");
    let guard = resource.admit_at::<Authorized<OwnTenant>>(path.parameters(), &acme).await;
    assert_eq!(guard.expect_err("another tenant").reason().code(), "insufficient_scope");
    assert!(resource.admit::<Authorized<OwnTenant>>(&acme).await.is_err(), "no path");
}

#[actix_rt::test]
async fn a_handler_gets_the_token_from_where_the_guard_read_it() {
    let issuer = issuer();
    let token = issuer.token().encode();
    let cookie =
        issuer.protected_resource().token_source(TokenSource::cookie("t", ["https://app.example"]));
    let routes = Routes::new().get("/", forward).post("/", forward);
    let app = App::new().app_data(cookie).service(routes.clone());
    let app = init_service(app).await;
    let with_cookie = || TestRequest::get().insert_header((COOKIE, format!("t={token}")));
    let body = call_and_read_body(&app, with_cookie().to_request()).await;
    assert_eq!(body, token);
    let elsewhere = TestRequest::get().insert_header((AUTHORIZATION, format!("Bearer {token}")));
    assert_eq!(call_service(&app, elsewhere.to_request()).await.status(), 401);
    let forged = with_cookie().method(actix_web::http::Method::POST);
    assert_eq!(call_service(&app, forged.to_request()).await.status(), 403);

    let app = App::new().app_data(issuer.protected_resource()).service(routes);
    let app = init_service(app).await;
    let request = TestRequest::get().insert_header((AUTHORIZATION, format!("Bearer {token}")));
    assert_eq!(call_and_read_body(&app, request.to_request()).await, token);
    assert_eq!(call_service(&app, with_cookie().to_request()).await.status(), 401);
}

#[actix_rt::test]
async fn a_rejection_keeps_its_status_and_challenge_under_an_own_body() {
    let resource: ProtectedResource = issuer().protected_resource().rejection_body(|rejection| {
        HttpResponse::Ok()
            .insert_header((WWW_AUTHENTICATE, "Basic"))
            .insert_header((CACHE_CONTROL, "public"))
            .json(json!({"code": rejection.reason().code()}))
    });
    let routes = Routes::new().get("/", forward);
    let app = init_service(App::new().app_data(resource).service(routes)).await;
    let response = call_service(&app, TestRequest::get().to_request()).await;
    assert_eq!(response.status(), 401);
    let challenges: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).collect();
    assert_eq!(challenges, ["Bearer realm=\"api\""]);
    assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-store");
    assert_eq!(read_body(response).await, r#"{"code":"no_credentials"}"#);
}

#[test]
fn a_resource_knows_its_identifier() {
    let identifier: ResourceIdentifier = "https://api.example/v1".parse().expect("an identifier");
    let resource = issuer().protected_resource();
    assert_eq!(resource.resource_identifier(), None);
    let resource = resource.identifier(identifier.clone());
    assert_eq!(resource.resource_identifier(), Some(&identifier), "RFC 9728 1.2");
}

#[actix_rt::test]
async fn a_connection_ends_with_its_token() {
    let issuer = issuer();
    let resource = issuer.protected_resource();
    let admit = async |token: String| resource.admit::<Claims>(&token).await.expect("a good token");
    let short = admit(issuer.token().expires_in(1).encode()).await;
    let long = admit(issuer.token().encode()).await;
    tokio::select! {
        () = long.expired() => panic!("an hour is not over"),
        () = short.expired() => {}
    }
    let verifier = issuer.verifier();
    let expired = verifier.expired(short.token());
    tokio::time::timeout(Duration::from_secs(5), expired).await.expect("expired already");
}

/// A token that is too old is rejected whatever its `exp` (`max_token_age`), so a connection ends then.
#[actix_rt::test]
async fn a_connection_ends_when_its_token_is_too_old() {
    let issuer = issuer();
    let builder = issuer.verifier_builder().max_token_age(Duration::from_secs(1));
    let resource = ProtectedResource::new(builder.start().expect("a verifier"));
    let guard = resource.admit::<Claims>(&issuer.token().encode()).await.expect("a good token");
    let verifier = resource.verifier();
    let limit = Duration::from_secs(5);
    tokio::time::timeout(limit, guard.expired()).await.expect("too old");
    tokio::time::timeout(limit, verifier.expired(guard.token())).await.expect("too old");
}

#[test]
fn a_guard_can_be_made_on_any_thread() {
    fn is_send(_: impl Send) {}

    let resource = OfflineIssuer::new("api").protected_resource();
    is_send(resource.admit::<Claims>("a.b.c"));
}
