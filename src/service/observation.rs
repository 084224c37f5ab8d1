//! What is observed of every request: for the access log.

mod request_id;
mod route_index;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Instant;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use pin_project_lite::pin_project;

pub(super) use self::request_id::X_REQUEST_ID;
use self::request_id::{RequestId, RequestIds};
use self::route_index::RouteIndex;
use crate::access::RouteTable;

/// Middleware that logs every request: it goes outermost, around [`Responses`](super::Responses).
///
/// A line has the target `access` and the fields `request_id`, `method`, `route` (the pattern, never
/// the path itself), `status`, `duration_us` (microseconds until the head of the answer was ready)
/// and `outcome` (`none`, `accepted`, or why the caller was refused). The request's id is its
/// `X-Request-Id` or the trace of its `traceparent` (W3C Trace Context) where these are valid, else
/// one is made; the answer has it as `X-Request-Id`.
#[derive(Debug, Clone)]
pub struct Observation(Option<Arc<RouteIndex>>);

impl Observation {
    /// No observation: it costs a request nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Observation of the requests to these routes.
    pub fn of(table: &RouteTable) -> Self {
        Self(Some(Arc::new(RouteIndex::new(table))))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Observation
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = Observing<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let observer = self.0.clone().map(|routes| Rc::new(Observer::new(routes)));
        ready(Ok(Observing { service, observer }))
    }
}

/// The middleware around one worker's service.
#[derive(Debug)]
pub struct Observing<S> {
    service: S,
    observer: Option<Rc<Observer>>,
}

impl<S, B> Service<ServiceRequest> for Observing<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Observed<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let observed = self.observer.as_ref().map(|observer| UnderWay::new(observer, &request));
        Observed { response: self.service.call(request), observed }
    }
}

pin_project! {
    /// A request that is observed until its answer is ready.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Observed<F> {
        #[pin]
        response: F,
        observed: Option<UnderWay>,
    }
}

impl<F, B> Future for Observed<F>
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
struct Observer {
    routes: Arc<RouteIndex>,
    ids: RequestIds,
}

impl Observer {
    fn new(routes: Arc<RouteIndex>) -> Self {
        Self { routes, ids: RequestIds::new() }
    }
}

/// What is known of a request while it is under way.
#[derive(Debug)]
struct UnderWay {
    observer: Rc<Observer>,
    started: Instant,
    id: Option<RequestId>,
}

impl UnderWay {
    fn new(observer: &Rc<Observer>, request: &ServiceRequest) -> Self {
        let started = Instant::now();
        let id = RequestId::of(request.headers()).or_else(|| observer.ids.make());
        Self { observer: Rc::clone(observer), started, id }
    }

    fn finish<B>(self, response: &mut ServiceResponse<B>) {
        let Some(id) = self.id else { return };
        let routes = &self.observer.routes;
        let route = routes.number(response.request());
        log::info!(
            target: "access",
            request_id = id.as_str(),
            method = method_word(response.request().method()),
            route = routes.pattern(route),
            status = response.status().as_u16(),
            duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            outcome = routes.outcome(route, response).word();
            "request"
        );
        response.headers_mut().insert(X_REQUEST_ID, id.into_value());
    }
}

/// The method, or a word for all that people make up.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
