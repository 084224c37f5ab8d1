//! Routes in scopes, beside other services, and requests with other methods.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Path;
use actix_web::{App, web};

use crate::testing::{BearerRequest, OfflineIssuer};
use crate::{Authorized, Claims, Routes, rules};

rules! { OwnTenant = path "tenant" equals claim "org_id"; }

async fn closed(_: Claims) -> &'static str {
    "closed"
}

/// A rule reads the same parameter as the handler, or none, wherever the routes are mounted.
#[actix_rt::test]
async fn a_rule_over_the_path_holds_in_nested_scopes_or_admits_nobody() {
    async fn own(_: Authorized<OwnTenant>, path: Path<(String, String)>) -> String {
        format!("{} {}", path.0, path.1)
    }
    let issuer = OfflineIssuer::new("https://api.example");
    let mounted = Routes::new().get("/{tenant}/notes", own).mounted_at("/a/{area}");
    // The table says another prefix than the scope has.
    let misplaced = Routes::new().get("/{id}", own).mounted_at("/c/{tenant}");
    let app = App::new()
        .app_data(issuer.protected_resource())
        .service(web::scope("/a").service(web::scope("/{area}").service(mounted)))
        .service(web::scope("/c/{area}").service(misplaced));
    let app = init_service(app).await;
    let token = issuer.token().claim("org_id", "acme").encode();
    for (path, status) in [
        ("/a/x/acme/notes", 200),
        ("/a/x/%61cme/notes", 200),
        ("/a/x/other/notes", 403),
        ("/a/acme/other/notes", 403),
        ("/a/x/acme%2Fother/notes", 403),
        ("/a/x/acme", 404),
        ("/c/acme/1", 403),
    ] {
        let request = TestRequest::with_uri(path).bearer(&token).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
}

/// RFC 9110 9.3.2, 9.3.7: neither HEAD nor OPTIONS reaches a guarded handler without a token.
#[actix_rt::test]
async fn other_methods_and_plain_routes_do_not_open_a_guarded_route() {
    let issuer = OfflineIssuer::new("https://api.example");
    let routes = Routes::new().get("/closed", closed).get("/{rest}*", closed).post("/b", closed);
    let app = App::new()
        .app_data(issuer.protected_resource())
        .service(routes)
        .route("/closed", web::to(|| async { "plain" }))
        .default_service(web::to(|| async { "default" }));
    let app = init_service(app).await;
    for (method, path, status) in [
        ("GET", "/closed", 401),
        ("HEAD", "/closed", 401),
        ("OPTIONS", "/closed", 204),
        ("POST", "/closed", 405),
        ("get", "/closed", 405),
        ("HEAD", "/x", 401),
        ("GET", "/b", 401),
        ("HEAD", "/b", 401),
        ("POST", "/b", 401),
        ("PUT", "/b", 405),
        ("TRACE", "/b", 405),
    ] {
        let request = TestRequest::with_uri(path).method(method.parse().unwrap());
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status, "{method} {path}");
        if method != "HEAD" {
            let body = read_body(response).await;
            assert!(![b"plain" as &[u8], b"default", b"closed"].contains(&&body[..]), "{path}");
        }
    }
}
