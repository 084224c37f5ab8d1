//! Access log and request metrics.

mod request_id;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Instant;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use log::Level;
use pin_project_lite::pin_project;

pub(super) use self::request_id::X_REQUEST_ID;
use self::request_id::{RequestId, RequestIds};
use super::metrics::{Metrics, WorkerCounters};
use super::request_method::RequestMethod;
use super::route_index::{Outcome, RouteIndex};
use super::{health, logging};
use crate::access::RouteTable;

/// Middleware that writes the access log and counts requests for [`Metrics`]. Wrap it last, around
/// [`Responses`](super::Responses). With neither enabled, it costs a request nothing.
///
/// An access log line has the target `access` and these fields:
///
/// | field | value |
/// |---|---|
/// | `request_id` | `X-Request-Id`, or the trace id of `traceparent` (W3C Trace Context), if valid; otherwise generated |
/// | `method` | `GET`, …, or `other` |
/// | `route` | the pattern of the route, never the path; at `/authorize`, the path of the policy file's row; `unmatched` without either |
/// | `status` | the status code |
/// | `duration_us` | microseconds until the head of the response was ready |
/// | `outcome` | `none`, `accepted`, or the reason for the rejection |
///
/// The response carries the request id as `X-Request-Id`. Lines have the level `INFO`; health probes
/// answered 200 have `DEBUG`, because they come every few seconds.
#[derive(Debug, Clone)]
pub struct Telemetry {
    routes: Arc<RouteIndex>,
    has_access_log: bool,
    metrics: Option<Metrics>,
}

impl Telemetry {
    /// Telemetry of the requests to these routes, with everything disabled.
    pub fn new(table: &RouteTable) -> Self {
        Self { routes: Arc::new(RouteIndex::new(table)), has_access_log: false, metrics: None }
    }

    /// Whether each request is logged and answered with its id.
    #[must_use]
    pub const fn access_log(mut self, has_access_log: bool) -> Self {
        self.has_access_log = has_access_log;
        self
    }

    /// The counters for the requests, if any. Route labels are those of the table that the metrics
    /// were made for.
    #[must_use]
    pub fn metrics(mut self, metrics: Option<Metrics>) -> Self {
        if let Some(metrics) = &metrics {
            self.routes = Arc::clone(metrics.routes());
        }
        self.metrics = metrics;
        self
    }

    fn worker(&self) -> Option<Rc<WorkerTelemetry>> {
        let is_enabled = self.has_access_log || self.metrics.is_some();
        is_enabled.then(|| {
            if self.has_access_log {
                logging::batch_writes();
            }
            Rc::new(WorkerTelemetry {
                routes: Arc::clone(&self.routes),
                ids: self.has_access_log.then(RequestIds::new),
                counters: self.metrics.as_ref().map(Metrics::worker),
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
        ready(Ok(TelemetryService { service, telemetry: self.worker() }))
    }
}

/// The service that [`Telemetry`] makes for each worker.
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
        let started = self.telemetry.as_ref().map(|worker| StartedRequest::new(worker, &request));
        TelemetryFuture { response: self.service.call(request), request: started }
    }
}

pin_project! {
    /// The future of a response whose request is logged and counted.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TelemetryFuture<F> {
        #[pin]
        response: F,
        request: Option<StartedRequest>,
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
        if let (Some(request), Ok(response)) = (this.request.take(), &mut response) {
            request.finish(response);
        }
        Poll::Ready(response)
    }
}

/// What one worker needs to log and count requests.
#[derive(Debug)]
struct WorkerTelemetry {
    routes: Arc<RouteIndex>,
    ids: Option<RequestIds>,
    counters: Option<Arc<WorkerCounters>>,
}

/// A request that has not been answered.
#[derive(Debug)]
struct StartedRequest {
    worker: Rc<WorkerTelemetry>,
    started: Instant,
    id: Option<RequestId>,
}

impl StartedRequest {
    fn new(worker: &Rc<WorkerTelemetry>, request: &ServiceRequest) -> Self {
        let started = Instant::now();
        if let Some(counters) = &worker.counters {
            counters.request_started();
        }
        let name = |ids: &RequestIds| RequestId::of(request.headers()).or_else(|| ids.generate());
        Self { worker: Rc::clone(worker), started, id: worker.ids.as_ref().and_then(name) }
    }

    fn finish<B>(mut self, response: &mut ServiceResponse<B>) {
        let routes = &self.worker.routes;
        let duration = self.started.elapsed();
        let route = routes.number(response.request());
        let method = RequestMethod::of(response.request().method());
        let status = response.status().as_u16();
        let row = RouteIndex::row(route, response.request());
        let outcome = routes.outcome(route, row.as_ref(), response);
        let route = row.as_ref().map_or(route, |row| routes.row_number(row));
        if let Some(counters) = &self.worker.counters {
            counters.request_answered(route, method, status, duration);
            match outcome {
                Outcome::None => {}
                Outcome::Accepted => counters.token_accepted(),
                Outcome::Rejected(reason) => counters.request_rejected(reason),
            }
        }
        let Some(id) = self.id.take() else { return };
        let is_good_probe = status == 200 && health::is_probe(response.request().path());
        log::log!(
            target: "access",
            if is_good_probe { Level::Debug } else { Level::Info },
            request_id = id.as_str(),
            method = method.as_str(),
            route = row.as_ref().map_or_else(|| routes.pattern(route), |row| &row.path),
            status = status,
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            outcome = outcome.code();
            "request"
        );
        response.headers_mut().insert(X_REQUEST_ID, id.into_value());
    }
}

impl Drop for StartedRequest {
    fn drop(&mut self) {
        if let Some(counters) = &self.worker.counters {
            counters.request_ended();
        }
    }
}
