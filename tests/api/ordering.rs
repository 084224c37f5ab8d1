//! Guard-first order: no part of a rejected request is read, whatever the handler's other arguments
//! are.

use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{Claims, Maybe, ProtectedResource, Routes, Scoped, scopes};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{App, Error, FromRequest, HttpRequest};
use futures_util::Stream;

use crate::test_app::AUDIENCE;

scopes! {
    Write = "write";
}

/// Number of extractor starts and body polls.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// An extractor that records its start.
struct Watched;

impl FromRequest for Watched {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(count) = request.app_data::<Count>() {
            count.add();
        }
        ready(Ok(Self))
    }
}

/// A body that records when it is polled.
struct CountedBody(Count);

impl Stream for CountedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.add();
        Poll::Ready(None)
    }
}

type Q = Query<Vec<(String, String)>>;

async fn json_last(_: Scoped<Write>, _: Watched, _: Json<u32>) -> &'static str {
    ""
}
async fn json_first(_: Scoped<Write>, _: Json<u32>, _: Watched) -> &'static str {
    ""
}
async fn bytes(_: Scoped<Write>, _: Bytes, _: Watched, _: Path<u32>) -> &'static str {
    ""
}
async fn everything(_: Scoped<Write>, _: Path<u32>, _: Q, _: Watched, _: String) -> &'static str {
    ""
}

fn routes() -> Routes {
    Routes::new()
        .post("/json-last/{id}", json_last)
        .post("/json-first/{id}", json_first)
        .post("/bytes/{id}", bytes)
        .post("/everything/{id}", everything)
}

fn resource(issuer: &TestIssuer) -> ProtectedResource {
    let verifier = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE);
    ProtectedResource::new(
        verifier.fetch_timeout(Duration::from_secs(20)).start().expect("a verifier"),
    )
}

#[actix_web::test]
async fn rejected_request_starts_no_extractor_and_polls_no_body() {
    // Cold: the first guard of each resource waits for the keys.
    for warm in [false, true] {
        let issuer = TestIssuer::start();
        issuer.respond(
            Endpoint::KeySet,
            Behavior::json(&serde_json::json!({"keys": [issuer.signing_key().public_jwk()]}))
                .with_byte_interval(Duration::from_millis(if warm { 0 } else { 1 })),
        );
        let resource = resource(&issuer);
        if warm {
            resource.verifier().first_attempts().await;
        }
        let token = || issuer.token().audience(AUDIENCE);
        let refused = [
            (None, 401),
            (Some("Bearer".to_owned()), 400),
            (Some(format!("Bearer {}", token().expires_in(-60).encode())), 401),
            (Some(format!("Bearer {}", token().broken_signature().encode())), 401),
            (Some(format!("Bearer {}", token().scope("read").encode())), 403),
        ];
        let admitted = format!("Bearer {}", token().scope("write").encode());
        let count = Count::default();
        let app = App::new().app_data(resource).app_data(count.clone()).service(routes());
        let app = init_service(app).await;
        for route in routes().table().iter() {
            let path = route.path.replace("{id}", "7");
            let call = |credentials: Option<&str>| {
                let mut request = TestRequest::post()
                    .uri(&path)
                    .insert_header(("content-type", "application/json"))
                    .to_request();
                if let Some(credentials) = credentials {
                    let value = credentials.parse().expect("a header value");
                    request.headers_mut().insert(actix_web::http::header::AUTHORIZATION, value);
                }
                let body: Pin<Box<dyn Stream<Item = _>>> = Box::pin(CountedBody(count.clone()));
                call_service(&app, request.replace_payload(Payload::from(body)).0)
            };
            for (credentials, status) in &refused {
                let response = call(credentials.as_deref()).await;
                assert_eq!(response.status(), *status, "{path}");
                assert_eq!(count.get(), 0, "RFC 9110 15.5.2: {path}: {status}");
            }
        }
        // The counters work: the same calls with a valid token.
        for route in routes().table().iter() {
            let before = count.get();
            let body: Pin<Box<dyn Stream<Item = _>>> = Box::pin(CountedBody(count.clone()));
            let request = TestRequest::post()
                .uri(&route.path.replace("{id}", "7"))
                .insert_header(("content-type", "application/json"))
                .insert_header(("authorization", admitted.as_str()))
                .to_request();
            let _ = call_service(&app, request.replace_payload(Payload::from(body)).0).await;
            assert!(count.get() >= before + 2, "{}", route.path);
        }
    }
}

#[actix_web::test]
async fn guard_with_cached_keys_is_ready_at_first_poll() {
    let issuer = TestIssuer::start();
    let resource = resource(&issuer);
    resource.verifier().first_attempts().await;
    let token = issuer.token().audience(AUDIENCE).scope("write").encode();
    let request = TestRequest::get()
        .insert_header(("authorization", format!("Bearer {token}")))
        .app_data(resource)
        .app_data(Data::new(()))
        .to_http_request();
    fn is_ready<G: FromRequest>(request: &HttpRequest) -> bool {
        let guard = pin!(G::extract(request));
        let mut context = Context::from_waker(Waker::noop());
        matches!(guard.poll(&mut context), Poll::Ready(Ok(_)))
    }
    assert!(is_ready::<Claims>(&request));
    assert!(is_ready::<Scoped<Write>>(&request));
    assert!(is_ready::<Maybe<Claims>>(&request));
}
