//! Access log: one line per request with its outcome and without secrets.

use std::future::ready;

use actix_resource_server::service::{Telemetry, configure};
use actix_resource_server::testing::TestIssuer;
use actix_resource_server::{Claims, Maybe, Public, Routes, Scoped};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Json;
use actix_web::{App, HttpResponse};
use awc::http::Method;

use crate::captured_log;
use crate::test_app::{Answer, ORIGIN, TestApp};

actix_resource_server::scopes! {
    /// Read the log.
    ReadLogs = "read:logs";
}

fn all_guards() -> Routes {
    Routes::new()
        .get("/open", async |_: Public| "")
        .get("/maybe", async |_: Maybe<Claims>| "")
        .get("/closed", async |_: Claims| "")
        .post("/closed", async |_: Claims, _: Json<String>| "")
        .get("/scoped/{id}", async |_: Scoped<ReadLogs>| "")
        .get("/broken", async |_: Public| HttpResponse::InternalServerError())
}

struct Asked<'a> {
    method: Method,
    path: &'a str,
    credentials: Option<&'a str>,
}

impl Asked<'_> {
    /// Sends the request with a unique id and returns the one log line about it.
    async fn line(&self, app: &TestApp, id: &str) -> (Answer, String) {
        let mut headers = vec![("x-request-id", id)];
        headers.extend(self.credentials.map(|credentials| ("authorization", credentials)));
        let answer = app.send(self.method.clone(), self.path, &headers).await;
        let mut lines = captured_log::lines_with(&format!("request_id={id} "));
        assert_eq!(lines.len(), 1, "{lines:?}");
        (answer, lines.remove(0))
    }
}

#[actix_web::test]
async fn every_kind_of_request_is_logged_once() {
    captured_log::start();
    let app = TestApp::with_routes(TestIssuer::start(), all_guards(), |verifier| verifier).await;
    let good = format!("Bearer {}", app.token().encode());
    let scoped = format!("Bearer {}", app.token().scope("read:logs").encode());
    let expired = format!("Bearer {}", app.token().expires_in(-60).encode());
    type Row<'a> = (&'a str, &'a str, Option<&'a str>, &'a str, u16, &'a str);
    let table: &[Row<'_>] = &[
        ("GET", "/open", None, "GET route=/open", 200, "none"),
        ("GET", "/open?secret=MARKER", Some(&expired), "GET route=/open", 200, "none"),
        ("GET", "/%6fpen", None, "GET route=/open", 200, "none"),
        ("GET", "/broken", None, "GET route=/broken", 500, "none"),
        ("GET", "/maybe", None, "GET route=/maybe", 200, "none"),
        ("GET", "/maybe", Some("Basic YTpi"), "GET route=/maybe", 200, "none"),
        ("GET", "/maybe", Some(&good), "GET route=/maybe", 200, "accepted"),
        ("GET", "/maybe", Some(&expired), "GET route=/maybe", 401, "expired"),
        ("GET", "/closed", None, "GET route=/closed", 401, "no_credentials"),
        ("GET", "/closed", Some("Bearer"), "GET route=/closed", 400, "malformed_credentials"),
        ("GET", "/closed", Some("Bearer MARKER"), "GET route=/closed", 401, "opaque"),
        ("GET", "/closed", Some(&good), "GET route=/closed", 200, "accepted"),
        ("HEAD", "/closed", Some(&good), "HEAD route=/closed", 200, "accepted"),
        ("HEAD", "/closed", None, "HEAD route=/closed", 401, "no_credentials"),
        // The caller is authorized, but the body is invalid.
        ("POST", "/closed", Some(&good), "POST route=/closed", 400, "accepted"),
        ("PUT", "/closed", Some(&good), "PUT route=/closed", 405, "none"),
        ("OPTIONS", "/closed", Some(&good), "OPTIONS route=/closed", 204, "none"),
        ("MARKER", "/closed", Some(&good), "other route=/closed", 405, "none"),
        ("GET", "/scoped/MARKER", Some(&good), "GET route=/scoped/{id}", 403, "insufficient_scope"),
        ("GET", "/scoped/MARKER", Some(&scoped), "GET route=/scoped/{id}", 200, "accepted"),
        ("GET", "/MARKER?a=b", Some(&good), "GET route=unmatched", 404, "none"),
    ];
    for (number, (method, path, credentials, request, status, outcome)) in table.iter().enumerate()
    {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let asked = Asked { method, path, credentials: *credentials };
        let id = format!("every-kind-{number}");
        let (answer, line) = asked.line(&app, &id).await;
        assert_eq!(answer.status, *status, "{line}");
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()), "{line}");
        let start =
            format!("INFO access: request request_id={id} method={request} status={status} ");
        assert!(line.starts_with(&start), "{line} should start with {start}");
        assert!(line.contains(" duration_us="), "{line}");
        assert!(line.ends_with(&format!(" outcome={outcome}")), "{line}");
        assert!(!line.contains("MARKER"), "{line}");
        let token = credentials.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or("eyJ");
        assert!(!line.contains(token), "{line}");
    }
}

#[actix_web::test]
async fn invalid_request_id_is_replaced_and_not_logged() {
    captured_log::start();
    let app = TestApp::start().await;
    let too_long = "MARKER-".repeat(20);
    for name in ["MARKER name", "MARKER\"name", "MARKER\tname", &too_long] {
        let answer = app.send(Method::GET, "/api/public", &[("x-request-id", name)]).await;
        let made = answer.header("x-request-id").expect("a name").to_owned();
        assert_eq!(made.len(), 32, "{made}");
        assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        let lines = captured_log::lines_with(&made);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains("MARKER"), "{lines:?}");
    }
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = app.send(Method::GET, "/api/public", &[("traceparent", &traceparent)]).await;
    assert_eq!(answer.header("x-request-id"), Some(trace), "Trace Context 3.2");
}

#[actix_web::test]
async fn response_before_routing_has_outcome_none() {
    captured_log::start();
    let app = TestApp::start().await;
    let headers = [
        ("x-request-id", "a-preflight"),
        ("origin", ORIGIN),
        ("access-control-request-method", "GET"),
    ];
    let answer = app.send(Method::OPTIONS, "/api/private", &headers).await;
    assert_eq!(answer.status, 200);
    let lines = captured_log::lines_with("request_id=a-preflight ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("method=OPTIONS route=/api/private status=200 "), "{lines:?}");
    assert!(lines[0].ends_with(" outcome=none"), "{lines:?}");

    let routes = all_guards();
    let early = App::new()
        .configure(|config| configure(config, &app.resource, &routes))
        .wrap_fn(|request, _| ready(Ok(request.into_response(HttpResponse::TooManyRequests()))))
        .wrap(Telemetry::new(&routes.table()).access_log(true));
    let request = TestRequest::get().uri("/closed").insert_header(("x-request-id", "too-early"));
    call_service(&init_service(early).await, request.to_request()).await;
    let lines = captured_log::lines_with("request_id=too-early ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(" route=/closed status=429 "), "{lines:?}");
    assert!(lines[0].ends_with(" outcome=none"), "{lines:?}");
}

#[actix_web::test]
async fn without_access_log_no_line_and_no_request_id() {
    captured_log::start();
    let app = TestApp::start().await;
    let routes = all_guards();
    let silent = App::new()
        .configure(|config| configure(config, &app.resource, &routes))
        .wrap(Telemetry::new(&routes.table()));
    let request = TestRequest::get().uri("/open").insert_header(("x-request-id", "unobserved"));
    let response = call_service(&init_service(silent).await, request.to_request()).await;
    assert_eq!(response.status().as_u16(), 200);
    assert!(!response.headers().contains_key("x-request-id"));
    assert_eq!(captured_log::lines_with("unobserved"), Vec::<String>::new());
}
