//! The body of a rejected request is never read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_resource_server::testing::TestIssuer;
use actix_resource_server::{Claims, Routes};
use actix_web::dev::Payload;
use actix_web::web::{Bytes, Json};
use actix_web::{Error, FromRequest, HttpRequest};
use awc::http::Method;

use crate::test_app::TestApp;

const LARGE: usize = 10 * 1024 * 1024;

#[actix_web::test]
async fn large_body_without_token_is_rejected_unread() {
    let routes = Routes::new().post("/upload", upload);
    let app = TestApp::with_routes(TestIssuer::start(), routes, |verifier| verifier).await;
    let address = app.address();
    let answer = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        // Only the head has been sent, so a response now cannot have read the body.
        let head = format!("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer before the body");
        String::from_utf8_lossy(&answer).into_owned()
    });
    assert_eq!(answer.await.expect("no panic"), "HTTP/1.1 401", "RFC 9110 15.5.2");
}

async fn upload(_: Claims, body: Bytes) -> String {
    body.len().to_string()
}

/// An extractor that records whether it was started.
struct Watched;

static WATCHED: AtomicBool = AtomicBool::new(false);

impl FromRequest for Watched {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        WATCHED.store(true, Ordering::SeqCst);
        std::future::ready(Ok(Self))
    }
}

#[actix_web::test]
async fn no_extractor_starts_before_the_guard_admits() {
    let routes = Routes::new().post("/watched", watched);
    let app = TestApp::with_routes(TestIssuer::start(), routes, |verifier| verifier).await;
    // The keys are not available yet, so the guard waits. The body is not JSON, so an eager extractor
    // would respond with 400.
    let credentials = format!("Bearer {}", app.token().expires_in(-60).encode());
    let headers = [("authorization", credentials.as_str()), ("content-type", "application/json")];
    assert_eq!(app.send(Method::POST, "/watched", &headers).await.status, 401);
    assert!(!WATCHED.load(Ordering::SeqCst));

    let credentials = format!("Bearer {}", app.token().encode());
    let headers = [("authorization", credentials.as_str()), ("content-type", "application/json")];
    assert_eq!(app.send(Method::POST, "/watched", &headers).await.status, 400);
    assert!(WATCHED.load(Ordering::SeqCst));
}

async fn watched(_: Claims, _: Watched, body: Json<String>) -> String {
    body.into_inner()
}

#[actix_web::test]
async fn oversized_body_gets_a_problem_document() {
    let routes = Routes::new().post("/upload", upload);
    let app = TestApp::with_routes(TestIssuer::start(), routes, |verifier| verifier).await;
    let url = format!("http://{}/upload", app.address());
    let mut answer = awc::Client::default()
        .post(url)
        .insert_header(("authorization", format!("Bearer {}", app.token().encode())))
        .send_body(vec![0; 300 * 1024])
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 413, "RFC 9110 15.5.14");
    let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    assert_eq!(kind, Some("application/problem+json"), "RFC 9457 3");
    let problem: serde_json::Value = answer.json().await.expect("a problem");
    assert_eq!(problem["status"], 413);
}

#[actix_web::test]
async fn application_without_resource_rejects_everything() {
    use actix_web::test;

    let routes = Routes::new().post("/upload", upload);
    let app = test::init_service(actix_web::App::new().service(routes)).await;
    let request = test::TestRequest::post()
        .uri("/upload")
        .insert_header(("authorization", "Bearer a.b.c"))
        .to_request();
    let response = test::call_service(&app, request).await;
    assert_eq!(response.status().as_u16(), 500, "RFC 9110 15.6.1");
}
