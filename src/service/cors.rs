//! Cross-origin resource sharing (CORS, Fetch standard section 3.2).

use std::collections::BTreeMap;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as is_ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ResourceDef, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;

use super::settings::Origin;
use super::{open_api, resource_metadata};
use crate::access::RouteTable;

/// How long browsers may cache the answer to a preflight, in seconds: the most that Chromium honors.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Response headers that pages may read: why a request was rejected, when to retry, what to quote.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("dpop-nonce, retry-after, www-authenticate, x-request-id");

/// What the answer to a preflight depends on.
const VARY_PREFLIGHT: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

/// Middleware that lets web pages call the API from a browser.
///
/// - Pages of a listed origin may call every route, with any request header. A preflight names the
///   methods of the route and never reaches a guard.
/// - Pages of any origin may read the OpenAPI document and the protected resource metadata
///   (RFC 9728): they are public, and browser-based clients discover the API by them.
/// - Pages of other origins get answers without permission to read them, which their browser enforces.
#[derive(Clone)]
pub struct Cors(Arc<Inner>);

struct Inner {
    origins: Vec<Origin>,
    routes: Vec<RouteMethods>,
}

/// The methods of one path of the route table.
struct RouteMethods {
    path: ResourceDef,
    methods: Vec<Method>,
}

impl Cors {
    /// Lets pages of these origins call these routes.
    pub fn new(table: &RouteTable, origins: impl IntoIterator<Item = Origin>) -> Self {
        let mut methods: BTreeMap<&str, Vec<Method>> = BTreeMap::new();
        for entry in table.iter() {
            let methods = methods.entry(&entry.path).or_default();
            methods.push(entry.method.clone());
            if entry.method == Method::GET {
                methods.push(Method::HEAD);
            }
        }
        let route = |(path, methods)| RouteMethods { path: ResourceDef::new(path), methods };
        let routes = methods.into_iter().map(route).collect();
        Self(Arc::new(Inner { origins: origins.into_iter().collect(), routes }))
    }

    /// The value of `Access-Control-Allow-Origin` in the answer to this request.
    fn permission(&self, request: &ServiceRequest) -> Option<HeaderValue> {
        if is_open(request.path()) {
            // Whatever the request says, so that caches can use the answer for any request.
            return Some(HeaderValue::from_static("*"));
        }
        if self.0.origins.is_empty() {
            return None;
        }
        let origin = only(request.headers(), &ORIGIN)?;
        self.0
            .origins
            .iter()
            .any(|listed| listed.matches(origin.as_bytes()))
            .then(|| origin.clone())
    }

    /// The answer to a preflight of a path that has routes.
    fn preflight(
        &self,
        request: &ServiceRequest,
        permission: Option<&HeaderValue>,
    ) -> Option<HttpResponse> {
        let headers = request.headers();
        let is_preflight = request.method() == Method::OPTIONS
            && (permission.is_some() || !self.0.origins.is_empty())
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let methods = self.methods(request.path())?;
        let mut response = HttpResponse::Ok().finish();
        let answer = response.headers_mut();
        answer.insert(VARY, VARY_PREFLIGHT);
        if permission.is_some() {
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            // A wildcard would not cover `Authorization` (Fetch standard section 4.9).
            if let Some(wanted) = only(headers, &ACCESS_CONTROL_REQUEST_HEADERS) {
                answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
        Some(response)
    }

    fn methods(&self, path: &str) -> Option<HeaderValue> {
        let matching = self.0.routes.iter().filter(|route| route.path.is_match(path));
        let mut methods: Vec<&str> =
            matching.flat_map(|route| &route.methods).map(Method::as_str).collect();
        methods.sort_unstable();
        methods.dedup();
        (!methods.is_empty()).then(|| HeaderValue::from_str(&methods.join(", ")).ok()).flatten()
    }
}

/// Whether pages of any origin may read what is at this path.
fn is_open(path: &str) -> bool {
    path == open_api::PATH || resource_metadata::is_metadata(path)
}

/// The value of a header field that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name);
    values.next().filter(|_| values.next().is_none())
}

impl<S, B> Transform<S, ServiceRequest> for Cors
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CorsService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(CorsService { service, cors: self.clone() }))
    }
}

/// The service that [`Cors`] makes for each worker.
pub struct CorsService<S> {
    service: S,
    cors: Cors,
}

impl<S, B> Service<ServiceRequest> for CorsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = CorsFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let permission = self.cors.permission(&request);
        let varies = !self.cors.0.origins.is_empty() && !is_open(request.path());
        match self.cors.preflight(&request, permission.as_ref()) {
            Some(response) => {
                let response = Some(request.into_response(response));
                CorsFuture::Preflight { response, permission }
            }
            None => {
                let response = self.service.call(request);
                CorsFuture::Request { response, permission, varies }
            }
        }
    }
}

pin_project! {
    /// The future of a response that a page of another origin may read.
    #[project = CorsProjection]
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub enum CorsFuture<F> {
        /// Answered by the middleware.
        #[doc(hidden)]
        Preflight { response: Option<ServiceResponse>, permission: Option<HeaderValue> },
        /// Answered by the application.
        #[doc(hidden)]
        Request { #[pin] response: F, permission: Option<HeaderValue>, varies: bool },
    }
}

impl<F, B> Future for CorsFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            CorsProjection::Preflight { response, permission } => match response.take() {
                Some(mut response) => {
                    permit(response.headers_mut(), permission.take());
                    Poll::Ready(Ok(response.map_into_right_body()))
                }
                // Polled after completion, which no executor does.
                None => Poll::Pending,
            },
            CorsProjection::Request { response, permission, varies } => {
                let mut response = is_ready!(response.poll(context))?;
                let headers = response.headers_mut();
                if *varies {
                    headers.append(VARY, HeaderValue::from_static("Origin"));
                }
                if permission.as_ref().is_some_and(|origin| origin != "*") {
                    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
                }
                permit(headers, permission.take());
                Poll::Ready(Ok(response.map_into_left_body()))
            }
        }
    }
}

fn permit(headers: &mut HeaderMap, permission: Option<HeaderValue>) {
    if let Some(permission) = permission {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, permission);
    }
}
