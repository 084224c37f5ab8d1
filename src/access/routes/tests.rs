use actix_web::http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Path;
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::access::authentication::NextNonce;
use crate::access::rejection::DPOP_NONCE;
use crate::testing::{BearerRequest, OfflineIssuer};
use crate::{Authorized, Claims, Fresh, Maybe, Public, Routes, Scoped, rules, scopes};

scopes! { Read = "read"; Write = "write"; }

async fn open(_: Public) -> &'static str {
    "open"
}

async fn closed(_: Claims) -> &'static str {
    "closed"
}

async fn by_id(_: Claims, id: Path<String>) -> String {
    format!("id {id}")
}

rules! {
    OwnTenant = path "tenant" equals claim "org_id";
    Owner = |claims: Caller, path: Owned| claims.sub == path.owner;
    Numbers = |_claims: Caller, path: (u8, u8)| path.0 < path.1;
}

#[derive(Deserialize)]
struct Caller {
    sub: String,
}

#[derive(Deserialize)]
struct Owned {
    owner: String,
}

async fn tenants(_: Authorized<OwnTenant>) -> &'static str {
    ""
}

async fn owners(_: Authorized<Owner>) -> &'static str {
    ""
}

async fn counted(_: Authorized<Numbers>) -> &'static str {
    ""
}

async fn tail(_: Public) -> &'static str {
    "tail"
}

#[actix_rt::test]
async fn a_request_goes_to_the_most_specific_path_with_a_route_for_its_method() {
    let issuer = OfflineIssuer::new("https://api.example");
    // The least specific first: the order of declaration does not count.
    let routes = Routes::new()
        .get("/{rest}*", tail)
        .get("/users/{id}", by_id)
        .delete("/users/{id}", by_id)
        .get("/users/admin", open)
        .post("/users/me", open);
    let app = App::new().app_data(issuer.protected_resource()).service(routes);
    let app = init_service(app).await;
    let table = [
        ("GET", "/users/admin", 200, "open"),
        ("HEAD", "/users/admin", 200, ""),
        ("DELETE", "/users/admin", 200, "id admin"),
        ("GET", "/users/me", 200, "id me"),
        ("POST", "/users/me", 200, "open"),
        ("GET", "/users/7", 200, "id 7"),
        ("GET", "/users/7/x", 200, "tail"),
        ("GET", "/", 200, "tail"),
        ("POST", "/users/7", 405, "DELETE, GET, HEAD, OPTIONS"),
        ("PUT", "/users/me", 405, "DELETE, GET, HEAD, OPTIONS, POST"),
        ("POST", "/users/admin", 405, "DELETE, GET, HEAD, OPTIONS"),
        ("OPTIONS", "/users/me", 204, "DELETE, GET, HEAD, OPTIONS, POST"),
        ("POST", "/elsewhere", 405, "GET, HEAD, OPTIONS"),
    ];
    for (method, path, status, expected) in table {
        let method: Method = method.parse().unwrap();
        let credentials = format!("Bearer {}", issuer.token().encode());
        let request = TestRequest::with_uri(path).method(method.clone());
        let request = request.insert_header((AUTHORIZATION, credentials)).to_request();
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), status, "{method} {path}");
        if let Some(allow) = response.headers().get(ALLOW) {
            let mut allowed: Vec<&str> = allow.to_str().unwrap().split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed.join(", "), expected, "RFC 9110 10.2.1: {method} {path}");
        } else if method != Method::HEAD {
            assert_eq!(read_body(response).await, expected, "{method} {path}");
        }
    }
    // Without a token: what the table calls open is open, the rest is not.
    for (method, path, status) in [
        (Method::GET, "/users/admin", 200),
        (Method::DELETE, "/users/admin", 401),
        (Method::GET, "/users/me", 401),
    ] {
        let request = TestRequest::with_uri(path).method(method).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
}

fn tabulated(routes: Routes) -> Routes {
    routes.table();
    routes
}

#[test]
fn routes_that_the_table_would_misstate_are_not_built() {
    type Build = fn() -> Routes;
    let table: [(Build, &str); 16] = [
        (|| Routes::new().get("x", open).get("/x", closed), "GET /x has two handlers"),
        (|| Routes::new().get("/x", open).get("/x/", closed), "differ only in a trailing slash"),
        (|| Routes::new().get("/", open).scope("/", Routes::new().get("", closed)), "trailing"),
        (
            || Routes::new().get("/{a:[0-9]+}", open).get("/{b:[a-z]+}", closed),
            "GET /{a:[0-9]+} (public) and GET /{b:[a-z]+} (any valid token) may match the same",
        ),
        // A route for GET also answers HEAD.
        (
            || Routes::new().get("/{a:[0-9]+}", closed).route(Method::HEAD, "/{b:.+}", open),
            "GET /{a:[0-9]+} (any valid token) and HEAD /{b:.+} (public) may match the same",
        ),
        (
            || Routes::new().route(Method::HEAD, "/x/", open).get("/x", closed),
            "HEAD /x/ (public) and GET /x (any valid token) differ only in a trailing slash",
        ),
        (|| Routes::new().get("/{a}", open).post("/{b}", closed), "give their parameters the same"),
        (|| Routes::new().get("/a%20b", open), "can never match"),
        (|| Routes::new().get("/a?b", open), "can never match"),
        (|| tabulated(Routes::new().get("/{a}/{a}", open)), "two parameters named a"),
        (
            || tabulated(Routes::new().get("/{a}", open).mounted_at("/{a}")),
            "/{a}/{a} has two parameters named a",
        ),
        (|| Routes::new().merge(Routes::new().mounted_at("/v1")), "call `mounted_at` last"),
        (
            || tabulated(Routes::new().get("/notes", tenants)),
            "GET /notes does not have what the rule OwnTenant reads: the parameter {tenant}",
        ),
        (
            || tabulated(Routes::new().get("/{tenant}/{note}", owners)),
            "does not have what the rule Owner reads: the parameter {owner}",
        ),
        (
            || tabulated(Routes::new().get("/{a}", counted)),
            "does not have what the rule Numbers reads: exactly 2 parameters",
        ),
        (
            || tabulated(Routes::new().get("/{Tenant}/{tenant_id}", tenants)),
            "the parameter {tenant}",
        ),
    ];
    for (build, expected) in table {
        let panic = std::panic::catch_unwind(build).expect_err(expected);
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a message")).to_owned());
        assert!(message.contains(expected), "{message}");
    }
    // What is served as the table says is built.
    let _ = Routes::new().get("/x", open).get("/x/", open).post("/x/", closed);
    let _ = Routes::new().get("/{a:[0-9]+}", open).get("/{b:[a-z]+}", open);
    let _ = Routes::new().get("/{a:[0-9]+}", open).get("/{a}", closed);
    let _ = Routes::new().get("/x", closed).route(Method::HEAD, "/x", open);
    let _ = Routes::new().post("/{a:[0-9]+}", closed).route(Method::HEAD, "/{b:.+}", open);
    tabulated(Routes::new().scope("/{tenant:[a-z]+}", Routes::new().get("/notes", tenants)));
    tabulated(Routes::new().get("/notes", tenants).mounted_at("/{tenant}"));
    tabulated(Routes::new().get("/{owner}/{note}", owners).get("/{a}/{b}/x", counted));
}

#[actix_rt::test]
async fn the_table_has_the_prefix_of_the_scope_that_the_routes_are_mounted_in() {
    let routes = Routes::new().get("", open).get("{id}", by_id).post("me", open).mounted_at("v1/");
    let paths: Vec<String> = routes.table().iter().map(|route| route.path.clone()).collect();
    assert_eq!(paths, ["/v1", "/v1/me", "/v1/{id}"]);
    let app = init_service(App::new().service(web::scope("/v1").service(routes))).await;
    for (path, status) in [("/v1", 200), ("/v1/7", 500)] {
        let request = TestRequest::with_uri(path).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
    let request = TestRequest::put().uri("/v1/me").to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.headers().get(ALLOW).unwrap(), "POST, GET, HEAD, OPTIONS");
}

#[actix_rt::test]
#[should_panic(expected = "add `.mounted_at(\"/prefix\")`")]
async fn routes_in_a_scope_must_know_its_prefix() {
    let routes = Routes::new().get("/about", open);
    init_service(App::new().service(web::scope("/v1").service(routes))).await;
}

#[actix_rt::test]
#[should_panic(expected = "mounted at /v1, and registered outside of a `web::scope`")]
async fn mounted_routes_must_be_in_a_scope() {
    let routes = Routes::new().get("/about", open).mounted_at("/v1");
    init_service(App::new().service(routes)).await;
}

#[actix_rt::test]
async fn responses_to_credentials_are_kept_out_of_caches() {
    async fn cached(_: Claims) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "private, max-age=60")).finish()
    }
    async fn failing(_: Claims) -> Result<&'static str, actix_web::Error> {
        Err(actix_web::error::ErrorConflict("taken"))
    }
    let issuer = OfflineIssuer::new("https://api.example");
    let routes = Routes::new()
        .get("/open", open)
        .get("/optional", |_: Maybe<Claims>| async { "" })
        .get("/closed", closed)
        .get("/cached", cached)
        .get("/failing", failing)
        .get("/scoped", |_: Scoped<Read>| async { "" })
        .get("/number/{n}", |_: Claims, _: Path<u32>| async { "" });
    let app = App::new().app_data(issuer.protected_resource()).service(routes);
    let app = init_service(app).await;
    let table = [
        ("/open", true, 200, None),
        ("/optional", false, 200, None),
        ("/optional", true, 200, Some("no-store")),
        ("/closed", false, 401, Some("no-store")),
        ("/closed", true, 200, Some("no-store")),
        ("/cached", true, 200, Some("private, max-age=60")),
        ("/failing", true, 409, Some("no-store")),
        ("/scoped", true, 403, Some("no-store")),
        ("/number/x", true, 404, Some("no-store")),
    ];
    for (path, has_token, status, expected) in table {
        let mut request = TestRequest::with_uri(path);
        if has_token {
            let credentials = format!("Bearer {}", issuer.token().encode());
            request = request.insert_header((AUTHORIZATION, credentials));
        }
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{path}");
        let caching = response.headers().get(CACHE_CONTROL).map(|value| value.to_str().unwrap());
        assert_eq!(caching, expected, "RFC 9111 3.5: {path}");
    }
}

#[actix_rt::test]
async fn the_nonce_for_the_next_proof_is_in_the_response_and_kept_out_of_caches() {
    async fn renewed(_: Claims, request: HttpRequest) -> HttpResponse {
        request.extensions_mut().insert(NextNonce(HeaderValue::from_static("abc")));
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "max-age=60")).finish()
    }
    let issuer = OfflineIssuer::new("https://api.example");
    let app = App::new().app_data(issuer.protected_resource());
    let app = init_service(app.service(Routes::new().get("/", renewed))).await;
    let request = TestRequest::get().bearer(issuer.token()).to_request();
    let response = call_service(&app, request).await;
    let field = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(field(DPOP_NONCE), Some("abc"), "RFC 9449 8.2");
    assert_eq!(field(CACHE_CONTROL), Some("no-store"), "RFC 9449 8.2");
}

#[test]
fn the_table_says_what_answers_a_path_and_which_scopes_there_are() {
    let table = Routes::new()
        .get("/a/{x}", closed)
        .get("/a/b", open)
        .post("/a/b", |_: Scoped<Read>| async { "" })
        .get("/c", |_: Scoped<(Write, Read)>| async { "" })
        .table();
    assert_eq!(table.scopes(), ["read", "write"], "RFC 9728 2: scopes_supported");
    for (path, rows) in
        [("/a/b", &["GET /a/b", "POST /a/b"] as &[&str]), ("/a/1", &["GET /a/{x}"]), ("/a", &[])]
    {
        let found = table.at(path);
        let found = found.iter().map(|(row, _)| format!("{} {}", row.method, row.path));
        assert_eq!(found.collect::<Vec<_>>(), rows, "{path}");
    }
}

#[test]
fn a_table_that_needs_introspection_is_not_served_without_it() {
    let resource = OfflineIssuer::new("https://api.example").protected_resource();
    let routes = || Routes::new().get("/a", closed);
    assert_eq!(routes().table().check(&resource), Ok(()));
    let routes = routes().post("/b", |_: Authorized<Fresh>| async { "" });
    let fault = routes.table().check(&resource).expect_err("there is no introspection");
    assert_eq!(fault.routes, ["POST /b"], "RFC 7662 2");
}
