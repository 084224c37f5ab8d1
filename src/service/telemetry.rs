//! What is observed of every request: for the access log, and for the metrics.

mod request_id;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Instant;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use pin_project_lite::pin_project;

pub(super) use self::request_id::X_REQUEST_ID;
use self::request_id::{RequestId, RequestIds};
use super::metrics::{Metrics, WorkerCounters};
use super::request_method::RequestMethod;
use super::route_index::{Outcome, RouteIndex};
use crate::access::RouteTable;

/// Middleware that observes every request, for the access log and for [`Metrics`]: it goes
/// outermost, around [`Responses`](super::Responses). Where neither is asked for, it costs a request
/// nothing.
///
/// A line of the access log has the target `access` and the fields `request_id`, `method`, `route`
/// (the pattern, never the path itself), `status`, `duration_us` (microseconds until the head of the
/// answer was ready) and `outcome` (`none`, `accepted`, or why the caller was refused). The
/// request's id is its `X-Request-Id` or the trace of its `traceparent` (W3C Trace Context) where
/// these are valid, else one is made; the answer has it as `X-Request-Id`.
#[derive(Debug, Clone)]
pub struct Telemetry {
    routes: Arc<RouteIndex>,
    has_access_log: bool,
    metrics: Option<Metrics>,
}

impl Telemetry {
    /// Of the requests to these routes; so far, of nothing.
    pub fn new(table: &RouteTable) -> Self {
        Self { routes: Arc::new(RouteIndex::new(table)), has_access_log: false, metrics: None }
    }

    /// Whether each request is logged, and answered with its id.
    #[must_use]
    pub const fn access_log(mut self, has_access_log: bool) -> Self {
        self.has_access_log = has_access_log;
        self
    }

    /// What counts the requests, if anything does. It knows the routes as it was made for them.
    #[must_use]
    pub fn metrics(mut self, metrics: Option<Metrics>) -> Self {
        if let Some(metrics) = &metrics {
            self.routes = Arc::clone(metrics.routes());
        }
        self.metrics = metrics;
        self
    }

    fn telemetry(&self) -> Option<Rc<WorkerTelemetry>> {
        let is_asked_for = self.has_access_log || self.metrics.is_some();
        is_asked_for.then(|| {
            Rc::new(WorkerTelemetry {
                routes: Arc::clone(&self.routes),
                ids: self.has_access_log.then(RequestIds::new),
                counts: self.metrics.as_ref().map(Metrics::worker),
            })
        })
    }
}

impl<S, B> Transform<S, ServiceRequest> for Telemetry
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = TelemetryService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(TelemetryService { service, telemetry: self.telemetry() }))
    }
}

/// The middleware around one worker's service.
#[derive(Debug)]
pub struct TelemetryService<S> {
    service: S,
    telemetry: Option<Rc<WorkerTelemetry>>,
}

impl<S, B> Service<ServiceRequest> for TelemetryService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = TelemetryFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let observed = self.telemetry.as_ref().map(|telemetry| UnderWay::new(telemetry, &request));
        TelemetryFuture { response: self.service.call(request), observed }
    }
}

pin_project! {
    /// A request that is observed until its answer is ready.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TelemetryFuture<F> {
        #[pin]
        response: F,
        observed: Option<UnderWay>,
    }
}

impl<F, B> Future for TelemetryFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<B>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = is_ready!(this.response.poll(context));
        if let (Some(observed), Ok(response)) = (this.observed.take(), &mut response) {
            observed.finish(response);
        }
        Poll::Ready(response)
    }
}

/// What one worker needs to observe.
#[derive(Debug)]
struct WorkerTelemetry {
    routes: Arc<RouteIndex>,
    ids: Option<RequestIds>,
    counts: Option<Arc<WorkerCounters>>,
}

/// What is known of a request while it is under way.
#[derive(Debug)]
struct UnderWay {
    telemetry: Rc<WorkerTelemetry>,
    started: Instant,
    id: Option<RequestId>,
}

impl UnderWay {
    fn new(telemetry: &Rc<WorkerTelemetry>, request: &ServiceRequest) -> Self {
        let started = Instant::now();
        if let Some(counts) = &telemetry.counts {
            counts.start();
        }
        let name = |ids: &RequestIds| RequestId::of(request.headers()).or_else(|| ids.make());
        Self { telemetry: Rc::clone(telemetry), started, id: telemetry.ids.as_ref().and_then(name) }
    }

    fn finish<B>(mut self, response: &mut ServiceResponse<B>) {
        let routes = &self.telemetry.routes;
        let duration = self.started.elapsed();
        let route = routes.number(response.request());
        let method = RequestMethod::of(response.request().method());
        let status = response.status().as_u16();
        let outcome = routes.outcome(route, response);
        if let Some(counts) = &self.telemetry.counts {
            counts.answered(route, method, status, duration);
            match outcome {
                Outcome::None => {}
                Outcome::Accepted => counts.accepted(),
                Outcome::Rejected(reason) => counts.refused(reason),
            }
        }
        let Some(id) = self.id.take() else { return };
        log::info!(
            target: "access",
            request_id = id.as_str(),
            method = method.as_str(),
            route = routes.pattern(route),
            status = status,
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            outcome = outcome.code();
            "request"
        );
        response.headers_mut().insert(X_REQUEST_ID, id.into_value());
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(counts) = &self.telemetry.counts {
            counts.end();
        }
    }
}
