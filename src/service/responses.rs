//! Response headers and problem documents of all responses.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready as is_ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;

use crate::access::{PROBLEM_JSON, Problem, has_credentials};

/// Middleware that adds security headers and `Cache-Control` to every response, and a problem document
/// (RFC 9457) to errors without one. Wrap it around all other middleware but
/// [`Telemetry`](super::Telemetry).
#[derive(Debug, Clone, Copy)]
pub struct Responses;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Security headers for an API, whose responses are data and never a page.
static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

impl<S, B> Transform<S, ServiceRequest> for Responses
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ResponsesService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ResponsesService { service }))
    }
}

/// The service that [`Responses`] makes for each worker.
#[derive(Debug)]
pub struct ResponsesService<S> {
    service: S,
}

impl<S, B> Service<ServiceRequest> for ResponsesService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponsesFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        ResponsesFuture { response: self.service.call(request) }
    }
}

pin_project! {
    /// The future of a response with its headers.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponsesFuture<F> {
        #[pin]
        response: F,
    }
}

impl<F, B> Future for ResponsesFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = is_ready!(this.response.poll(context))?;
        let mut response = if lacks_problem(&response) {
            with_problem(response)
        } else {
            response.map_into_left_body()
        };
        let says_no_store = add_missing(response.headers_mut());
        // A cache must not serve one caller's response to another (RFC 9111 section 3.5). Guards say so
        // already; to look is cheaper than to insert.
        if !says_no_store && has_credentials(response.request()) {
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        }
        Poll::Ready(Ok(response))
    }
}

/// Adds the headers that the handler has not set. Returns whether it has set `Cache-Control: no-store`.
///
/// One pass over the few headers that are set is cheaper than a lookup for each name, and to append what
/// is not there is cheaper than to insert it.
fn add_missing(headers: &mut HeaderMap) -> bool {
    let mut missing = [true; HEADERS.len()];
    let mut says_no_store = false;
    for (name, value) in &*headers {
        says_no_store |= name == CACHE_CONTROL && value == NO_STORE;
        for ((ours, _), missing) in HEADERS.iter().zip(&mut missing) {
            *missing &= name != ours;
        }
    }
    headers.reserve(HEADERS.len().saturating_add(1));
    for ((name, value), _) in HEADERS.iter().zip(missing).filter(|(_, missing)| *missing) {
        headers.append(name.clone(), value.clone());
    }
    says_no_store
}

fn lacks_problem<B>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    (status.is_client_error() || status.is_server_error())
        && content_type != Some(PROBLEM_JSON.as_bytes())
}

/// Gives an error of Actix or of other middleware a problem document. The text of a client error becomes
/// its detail; the text of a server error is not shown to callers.
fn with_problem<B: MessageBody>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    const MAX_DETAIL_LENGTH: usize = 512;

    let (request, response) = response.into_parts();
    let status = response.status();
    let (head, body) = response.into_parts();
    let text = match body.try_into_bytes() {
        Ok(bytes) if status.is_client_error() && bytes.len() <= MAX_DETAIL_LENGTH => {
            String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.trim().is_empty())
        }
        _ => None,
    };
    let problem = match text {
        Some(text) => Problem::of(status).detail(text),
        None => Problem::of(status),
    };
    let mut finished: HttpResponse = problem.into_response();
    for (name, value) in head.headers() {
        if name != CONTENT_TYPE {
            finished.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, finished).map_into_right_body()
}
