//! API endpoints, health probes, metadata, methods, paths and headers.

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use awc::http::Method;
use serde_json::json;

use crate::test_app::{AUDIENCE, ORIGIN, TestApp};

const PUBLIC: &str = r#"{"message":"Hello from a public endpoint! You don't need to be authenticated to see this."}"#;
const PRIVATE: &str =
    r#"{"message":"Hello from a private endpoint! You need to be authenticated to see this."}"#;
const SCOPED: &str = r#"{"message":"Hello from a private endpoint! You need to be authenticated and have a scope of read:messages to see this."}"#;

#[actix_web::test]
async fn endpoint_bodies_are_exact() {
    let app = TestApp::start().await;
    let plain = app.token().encode();
    let scoped = app.token().scope("openid read:messages").encode();
    let table = [
        ("/api/public", None, 200, PUBLIC),
        ("/api/public", Some(plain.as_str()), 200, PUBLIC),
        ("/api/private", Some(plain.as_str()), 200, PRIVATE),
        ("/api/private", Some(scoped.as_str()), 200, PRIVATE),
        ("/api/private-scoped", Some(scoped.as_str()), 200, SCOPED),
    ];
    for (path, token, status, body) in table {
        let answer = match token {
            Some(token) => app.get_with_token(path, token).await,
            None => app.get(path).await,
        };
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.challenge(), None, "{path}");
        let caching = token.map(|_| "no-store");
        assert_eq!(answer.header("cache-control"), caching, "RFC 9111 3.5: {path}");
    }
}

#[actix_web::test]
async fn public_endpoint_ignores_credentials() {
    let app = TestApp::start().await;
    for credentials in ["Bearer nonsense", "Bearer", "Basic YTpi"] {
        let answer = app.send(Method::GET, "/api/public", &[("authorization", credentials)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, PUBLIC), "{credentials}");
    }
}

#[actix_web::test]
async fn every_error_is_a_problem_document() {
    let app = TestApp::start().await;
    let table = [
        (Method::GET, "/api/private", 401, "Unauthorized"),
        (Method::GET, "/nowhere", 404, "Not Found"),
        (Method::GET, "/api/public/", 404, "Not Found"),
        (Method::POST, "/api/public", 405, "Method Not Allowed"),
        (Method::DELETE, "/api/private", 405, "Method Not Allowed"),
    ];
    for (method, path, status, title) in table {
        let answer = app.send(method, path, &[]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "RFC 9457 3");
        let problem = answer.json();
        assert_eq!(problem["type"], "about:blank", "RFC 9457 4.2.1: {path}");
        assert_eq!(problem["title"], title, "RFC 9457 3.1: {path}");
        assert_eq!(problem["status"], status, "RFC 9457 3.1: {path}");
        assert!(problem["detail"].is_string(), "RFC 9457 3.1: {path}");
        let allow = (status == 405).then_some("GET, HEAD, OPTIONS");
        assert_eq!(answer.header("allow"), allow, "RFC 9110 15.5.6: {path}");
    }
}

#[actix_web::test]
async fn head_equals_get_without_body() {
    let app = TestApp::start().await;
    let answer = app.send(Method::HEAD, "/api/public", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "RFC 9110 9.3.2");
    assert_eq!(app.send(Method::HEAD, "/api/private", &[]).await.status, 401);
}

#[actix_web::test]
async fn every_response_has_security_headers() {
    let app = TestApp::start().await;
    for path in ["/api/public", "/api/private", "/nowhere", "/healthz"] {
        let answer = app.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
}

#[actix_web::test]
async fn preflight_needs_no_token() {
    let app = TestApp::start().await;
    let preflight = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ]
    };
    for path in ["/api/public", "/api/private", "/api/private-scoped"] {
        let answer = app.send(Method::OPTIONS, path, &preflight(ORIGIN)).await;
        assert_eq!(answer.status, 200, "Fetch 4.8: {path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{path}");
        let allowed = answer.header("access-control-allow-headers").unwrap_or_default();
        assert!(allowed.to_ascii_lowercase().contains("authorization"), "{path}: {allowed}");

        let stranger = app.send(Method::OPTIONS, path, &preflight("https://evil.example")).await;
        assert_ne!(stranger.status, 401, "{path}");
        assert_eq!(stranger.header("access-control-allow-origin"), None, "{path}");

        let plain = app.send(Method::OPTIONS, path, &[]).await;
        assert_eq!((plain.status, plain.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    }
}

#[actix_web::test]
async fn cors_exposes_challenge_nonce_and_retry_after() {
    let app = TestApp::start().await;
    let answer = app.send(Method::GET, "/api/private", &[("origin", ORIGIN)]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
    let mut exposed: Vec<&str> = exposed.split(',').map(str::trim).collect();
    exposed.sort_unstable();
    assert_eq!(exposed, ["dpop-nonce", "retry-after", "www-authenticate", "x-request-id"]);
}

#[actix_web::test]
async fn healthz_is_immediate_and_readyz_waits_for_keys() {
    let issuer = TestIssuer::start();
    issuer.respond(Endpoint::KeySet, Behavior::status(500));
    let app = TestApp::with_issuer(issuer).await;
    app.resource.verifier().first_attempts().await;
    assert_eq!(app.get("/healthz").await.json(), json!({"status": "alive"}));
    let waiting = app.get("/readyz").await;
    assert_eq!(waiting.status, 503);
    assert_eq!(waiting.header("content-type"), Some("application/problem+json"));

    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, json!({"status": "ready"})));
}

#[actix_web::test]
async fn metadata_names_issuers_and_scopes() {
    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    let path = "/.well-known/oauth-protected-resource";
    let answer = app.send(Method::GET, path, &[("host", "evil.example")]).await;
    assert_eq!(answer.header("content-type"), Some("application/json"), "RFC 9728 3.2: {answer:?}");
    let expected = json!({
        "resource": AUDIENCE,
        "authorization_servers": [app.issuer.url()],
        "scopes_supported": ["read:messages"],
        "bearer_methods_supported": ["header"],
        "resource_name": "actix-resource-server",
    });
    assert_eq!(answer.json(), expected, "RFC 9728 2, 3.3");
}
