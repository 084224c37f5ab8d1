//! Middleware with the rate limit by client address.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;

use super::client_address::{caller, client_address};
use super::limiter::Limiter;
use crate::Problem;
use crate::access::whole_seconds;
use crate::service::health;
use crate::service::settings::{Network, RateLimits};

/// Middleware that limits the requests of each client address. Health probes are exempt. Clones share
/// the counts.
#[derive(Clone)]
pub(in crate::service) struct AddressRateLimit(Option<Arc<Inner>>);

struct Inner {
    limiter: Limiter,
    proxies: Vec<Network>,
}

impl AddressRateLimit {
    pub(in crate::service) fn new(limits: &RateLimits) -> Self {
        let limiter = limits.per_address.map(|per_minute| Limiter::new(per_minute, limits));
        let proxies = limits.trusted_proxies.clone();
        Self(limiter.map(|limiter| Arc::new(Inner { limiter, proxies })))
    }

    fn check(&self, request: &ServiceRequest) -> Result<(), Duration> {
        let Some(inner) = &self.0 else { return Ok(()) };
        if health::is_probe(request.path()) {
            return Ok(());
        }
        let address = client_address(request, &inner.proxies);
        address.map_or(Ok(()), |address| inner.limiter.check(caller(address)))
    }
}

impl<S, B> Transform<S, ServiceRequest> for AddressRateLimit
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = AddressRateLimitService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(AddressRateLimitService { service, limit: self.clone() }))
    }
}

/// The service that [`AddressRateLimit`] makes for each worker.
pub(in crate::service) struct AddressRateLimitService<S> {
    service: S,
    limit: AddressRateLimit,
}

impl<S, B> Service<ServiceRequest> for AddressRateLimitService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = AddressRateLimitFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.limit.check(&request) {
            Ok(()) => AddressRateLimitFuture::Admitted { response: self.service.call(request) },
            Err(wait) => {
                let response = request.into_response(too_many_requests(wait));
                AddressRateLimitFuture::Rejected { response: Some(response) }
            }
        }
    }
}

pin_project! {
    /// The future of a response, or the response to a request over the limit.
    #[project = AddressRateLimitProjection]
    #[must_use = "futures do nothing unless polled"]
    pub(in crate::service) enum AddressRateLimitFuture<F> {
        Admitted { #[pin] response: F },
        Rejected { response: Option<ServiceResponse> },
    }
}

impl<F, B> Future for AddressRateLimitFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AddressRateLimitProjection::Admitted { response } => Poll::Ready(
                is_ready!(response.poll(context)).map(ServiceResponse::map_into_left_body),
            ),
            AddressRateLimitProjection::Rejected { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map_into_right_body())),
                // Polled after completion, which no executor does.
                None => Poll::Pending,
            },
        }
    }
}

fn too_many_requests(wait: Duration) -> HttpResponse {
    let seconds = whole_seconds(wait);
    let problem = Problem::of(StatusCode::TOO_MANY_REQUESTS);
    let detail = format!("Too many requests from this address: try again in {seconds} s.");
    let mut response = problem.detail(detail).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}
