//! Web pages of other origins: preflights, permissions, and what stays unreadable.

use awc::http::Method;

use crate::process::Process;
use crate::test_app::{Answer, ORIGIN, TestApp};

const METADATA: &str = "/.well-known/oauth-protected-resource";

async fn preflight(app: &TestApp, path: &str, origin: &str, fields: Option<&str>) -> Answer {
    let mut headers = vec![("origin", origin), ("access-control-request-method", "GET")];
    headers.extend(fields.map(|fields| ("access-control-request-headers", fields)));
    app.send(Method::OPTIONS, path, &headers).await
}

#[actix_web::test]
async fn a_listed_origin_may_send_any_request_header() {
    let app = TestApp::start().await;
    let table = [
        "authorization",
        "authorization,content-type",
        "authorization,x-requested-with",
        "baggage,sentry-trace",
        "cache-control,pragma,if-none-match",
        "mcp-protocol-version",
        "authorization,traceparent,tracestate",
        "x-request-id",
        "authorization,dpop",
    ];
    for fields in table {
        let answer = preflight(&app, "/api/private", ORIGIN, Some(fields)).await;
        assert_eq!(answer.status, 200, "Fetch 4.8: {fields}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{fields}");
        assert_eq!(answer.header("access-control-allow-headers"), Some(fields), "Fetch 4.8");
        assert_eq!(answer.header("access-control-max-age"), Some("7200"), "{fields}");
    }
    for stranger in ["https://evil.example", "null", "https://page.example.evil.example"] {
        let answer = preflight(&app, "/api/private", stranger, Some("authorization")).await;
        for name in ["origin", "headers", "methods"] {
            let name = format!("access-control-allow-{name}");
            assert_eq!(answer.header(&name), None, "{stranger}");
        }
        let answer = app.send(Method::GET, "/api/public", &[("origin", stranger)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{stranger}");
        assert_eq!(answer.header("vary"), Some("Origin"), "Fetch, CORS protocol and HTTP caches");
    }
}

#[actix_web::test]
async fn a_preflight_names_the_methods_of_the_route() {
    let app = TestApp::start().await;
    for path in ["/api/public", "/api/private", "/healthz"] {
        let answer = preflight(&app, path, ORIGIN, None).await;
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD"), "{path}");
    }
    let answer = preflight(&app, "/nothing-here", ORIGIN, None).await;
    assert_eq!(answer.status, 404, "no route, no permission to send anything");
    assert_eq!(answer.header("access-control-allow-methods"), None);
}

#[actix_web::test]
async fn pages_of_any_origin_may_read_the_public_documents() {
    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    for path in [METADATA, "/openapi.json"] {
        for origin in ["https://inspector.example", "capacitor://localhost", "null", ORIGIN] {
            let answer = app.send(Method::GET, path, &[("origin", origin)]).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path} {origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
            let answer = preflight(&app, path, origin, Some("mcp-protocol-version")).await;
            assert_eq!(answer.status, 200, "{path} {origin}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path} {origin}");
            let allowed = answer.header("access-control-allow-headers");
            assert_eq!(allowed, Some("mcp-protocol-version"), "{path} {origin}");
        }
        // A cache must be able to use one answer for every request.
        let plain = app.get(path).await;
        assert_eq!(plain.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    for path in ["/api/public", "/healthz", "/openapi.json/", "/.well-known/other"] {
        let answer = app.send(Method::GET, path, &[("origin", "https://inspector.example")]).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

/// The head of an answer to a page of this origin.
fn answer_to(process: &Process, origin: &str) -> String {
    let mut client = process.connect();
    client.send(format!("GET /api/private HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\r\n"));
    client.response().expect("an answer").to_ascii_lowercase()
}

#[test]
fn origins_of_any_scheme_and_of_one_domain_can_be_listed() {
    let listed =
        "capacitor://localhost,chrome-extension://abcdefghijklmnop,https://*.preview.example";
    let process = Process::start(&[("CORS_ORIGINS", listed)]);
    let table = [
        ("capacitor://localhost", true),
        ("chrome-extension://abcdefghijklmnop", true),
        ("https://pr-7.preview.example", true),
        ("http://localhost", false),
        ("https://localhost", false),
        ("chrome-extension://ponmlkjihgfedcba", false),
        ("https://preview.example", false),
        ("https://a.b.preview.example", false),
        ("http://pr-7.preview.example", false),
        ("https://preview.example.evil.example", false),
        ("null", false),
    ];
    for (origin, is_allowed) in table {
        let answer = answer_to(&process, origin);
        let field = format!("access-control-allow-origin: {origin}\r\n");
        assert_eq!(answer.contains(&field), is_allowed, "RFC 6454 5: {origin}: {answer}");
        assert_eq!(answer.contains("access-control-allow-origin"), is_allowed, "{origin}");
    }
}

#[test]
fn without_listed_origins_only_the_documents_are_readable() {
    let process = Process::start(&[]);
    assert!(!answer_to(&process, "https://page.example").contains("access-control"));
    let mut client = process.connect();
    client.send("GET /openapi.json HTTP/1.1\r\nHost: a\r\nOrigin: https://page.example\r\n\r\n");
    let answer = client.response().expect("an answer").to_ascii_lowercase();
    assert!(answer.contains("access-control-allow-origin: *\r\n"), "{answer}");
}
