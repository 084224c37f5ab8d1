//! What all responses have in common: security headers, caching, and problem documents.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready as is_ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;

use crate::access::{PROBLEM_JSON, Problem};

/// Middleware that finishes every response: it goes outermost.
#[derive(Debug, Clone, Copy)]
pub struct Responses;

/// What browsers are told; an API's answers are data, never a page.
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

/// The middleware around one worker's service.
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
        let has_credentials = request.headers().contains_key(AUTHORIZATION);
        ResponsesFuture { response: self.service.call(request), has_credentials }
    }
}

pin_project! {
    /// A response on its way out.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponsesFuture<F> {
        #[pin]
        response: F,
        has_credentials: bool,
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
        let headers = response.headers_mut();
        add_missing(headers);
        if *this.has_credentials {
            // Nobody else may be shown what one caller's token opened (RFC 9111 section 3.5).
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Poll::Ready(Ok(response))
    }
}

/// Adds the headers that a handler has not set: one that says something else knows better.
///
/// The few names that are there are gone through once, rather than looked up for each of ours.
fn add_missing(headers: &mut HeaderMap) {
    let mut missing = [true; HEADERS.len()];
    for name in headers.keys() {
        for ((ours, _), missing) in HEADERS.iter().zip(&mut missing) {
            *missing &= name != ours;
        }
    }
    headers.reserve(HEADERS.len().saturating_add(1));
    for ((name, value), _) in HEADERS.iter().zip(missing).filter(|(_, missing)| *missing) {
        headers.insert(name.clone(), value.clone());
    }
}

fn lacks_problem<B>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    (status.is_client_error() || status.is_server_error())
        && content_type != Some(PROBLEM_JSON.as_bytes())
}

/// Actix's own errors, and other middleware's, get the body that all errors here have. What their
/// text says of a caller's mistake is kept; what it says of ours is not the caller's to know.
fn with_problem<B: MessageBody>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    const LONGEST_DETAIL: usize = 512;

    let (request, response) = response.into_parts();
    let status = response.status();
    let (head, body) = response.into_parts();
    let text = match body.try_into_bytes() {
        Ok(bytes) if status.is_client_error() && bytes.len() <= LONGEST_DETAIL => {
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
