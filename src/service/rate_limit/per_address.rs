//! Middleware with the rate limit by client address.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
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
use super::shared_limiter::SharedLimiter;
use crate::Problem;
use crate::access::{Throttled, whole_seconds};
use crate::memory::SharedMemoryUrl;
use crate::service::health;
use crate::service::settings::{Network, RateLimits};

/// Middleware that limits the requests of each client address. Health probes are exempt. Clones share
/// the counts.
#[derive(Clone)]
pub(in crate::service) struct AddressRateLimit(Option<Arc<Inner>>);

struct Inner {
    limiter: SharedLimiter,
    proxies: Vec<Network>,
}

impl AddressRateLimit {
    pub(in crate::service) fn new(limits: &RateLimits, shared: Option<&SharedMemoryUrl>) -> Self {
        let limiter = |per_minute| SharedLimiter::new("address", per_minute, limits, shared);
        let proxies = limits.trusted_proxies.clone();
        Self(limits.per_address.map(|limit| Arc::new(Inner { limiter: limiter(limit), proxies })))
    }

    fn check(&self, request: &ServiceRequest) -> Throttled {
        const UNLIMITED: Throttled = Throttled::Decided(Ok(()));
        let Some(inner) = &self.0 else { return UNLIMITED };
        if health::is_probe(request.path()) {
            return UNLIMITED;
        }
        let address = client_address(request, &inner.proxies);
        address.map_or(UNLIMITED, |address| inner.limiter.check(caller(address)))
    }
}

impl<S, B> Transform<S, ServiceRequest> for AddressRateLimit
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = AddressRateLimitService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(AddressRateLimitService { service: Rc::new(service), limit: self.clone() }))
    }
}

/// The service that [`AddressRateLimit`] makes for each worker.
pub(in crate::service) struct AddressRateLimitService<S> {
    service: Rc<S>,
    limit: AddressRateLimit,
}

impl<S, B> Service<ServiceRequest> for AddressRateLimitService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = AddressRateLimitFuture<S::Future, B>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.limit.check(&request) {
            Throttled::Decided(Ok(())) => {
                AddressRateLimitFuture::Admitted { response: self.service.call(request) }
            }
            Throttled::Decided(Err(wait)) => {
                let response = request.into_response(too_many_requests(wait));
                AddressRateLimitFuture::Rejected { response: Some(response) }
            }
            Throttled::Waiting(limit) => {
                let service = Rc::clone(&self.service);
                let response = async move {
                    match limit.await {
                        Ok(()) => Ok(service.call(request).await?.map_into_left_body()),
                        Err(wait) => {
                            Ok(request.into_response(too_many_requests(wait)).map_into_right_body())
                        }
                    }
                };
                AddressRateLimitFuture::Waiting { response: Box::pin(response) }
            }
        }
    }
}

type Outcome<B> = Result<ServiceResponse<EitherBody<B>>, Error>;

pin_project! {
    /// The future of a response, or the response to a request over the limit.
    #[project = AddressRateLimitProjection]
    #[must_use = "futures do nothing unless polled"]
    pub(in crate::service) enum AddressRateLimitFuture<F, B> {
        Admitted { #[pin] response: F },
        Rejected { response: Option<ServiceResponse> },
        Waiting { response: Pin<Box<dyn Future<Output = Outcome<B>>>> },
    }
}

impl<F, B> Future for AddressRateLimitFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Outcome<B>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AddressRateLimitProjection::Admitted { response } => Poll::Ready(
                is_ready!(response.poll(context)).map(ServiceResponse::map_into_left_body),
            ),
            AddressRateLimitProjection::Waiting { response } => response.as_mut().poll(context),
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
