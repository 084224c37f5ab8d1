//! Middleware with limits on request bodies. It also tells the connection when requests begin and end.

use std::cell::Cell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::http::{ConnectionType, StatusCode};
use pin_project_lite::pin_project;

use super::connection_state::{ConnectionState, RequestInProgress};
use super::request_body::{BodyHead, BodyProgress, RequestBody};
use crate::Problem;
use crate::service::shutdown_state::ShutdownState;

/// Middleware that limits the size of each request body and the time to receive it. A request without
/// a body costs nothing more.
///
/// A body that is too large is an error to its reader, which the extractors of Actix answer 413. A body
/// that takes too long is answered 408.
#[derive(Debug, Clone)]
pub(super) struct RequestLimits {
    pub(super) body_size: usize,
    pub(super) body_timeout: Duration,
    pub(super) shutdown_state: ShutdownState,
}

impl<S, B> Transform<S, ServiceRequest> for RequestLimits
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequestLimitsService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequestLimitsService { service, limits: self.clone() }))
    }
}

/// The service that [`RequestLimits`] makes for each worker.
#[derive(Debug)]
pub(super) struct RequestLimitsService<S> {
    service: S,
    limits: RequestLimits,
}

impl<S> RequestLimitsService<S> {
    fn limit_body(
        &self,
        request: &mut ServiceRequest,
        in_progress: Option<&RequestInProgress>,
    ) -> Rc<Cell<BodyProgress>> {
        let expects_continue = in_progress.filter(|_| request.head().expect());
        let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let head = BodyHead {
            length: length.and_then(|length| length.parse().ok()),
            expects_continue: expects_continue.map(RequestInProgress::connection),
        };
        let (_, payload) = request.parts_mut();
        let body = std::mem::replace(payload, Payload::None);
        let RequestLimits { body_size, body_timeout, .. } = self.limits;
        let (body, progress) = RequestBody::limited(body, head, body_size, body_timeout);
        *payload = body;
        progress
    }
}

impl<S, B> Service<ServiceRequest> for RequestLimitsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = RequestLimitsFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let connection = request.conn_data::<Rc<ConnectionState>>();
        let in_progress = connection.map(ConnectionState::begin_request);
        let has_body = !matches!(request.parts_mut().1, Payload::None);
        let body = has_body.then(|| self.limit_body(&mut request, in_progress.as_ref()));
        let is_last = self.limits.shutdown_state.is_shutting_down();
        RequestLimitsFuture { response: self.service.call(request), in_progress, body, is_last }
    }
}

pin_project! {
    /// The future of a response to a request with limits.
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct RequestLimitsFuture<F> {
        #[pin]
        response: F,
        in_progress: Option<RequestInProgress>,
        body: Option<Rc<Cell<BodyProgress>>>,
        is_last: bool,
    }
}

impl<F, B> Future for RequestLimitsFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = is_ready!(this.response.poll(context));
        let in_progress = this.in_progress.take();
        let body = this.body.as_ref().map(|body| body.get());
        match (body, &in_progress) {
            (Some(BodyProgress::Complete), Some(request)) => request.body_complete(),
            (Some(_), Some(request)) => request.body_unread(),
            _ => {}
        }
        let mut response = response?;
        if *this.is_last {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        // The cause of whatever error the handler answered.
        if body == Some(BodyProgress::TimedOut) && !response.status().is_success() {
            let problem = Problem::of(StatusCode::REQUEST_TIMEOUT);
            let problem = problem.detail("The body of the request was not received in time.");
            return Poll::Ready(Ok(response
                .into_response(problem.into_response())
                .map_into_right_body()));
        }
        Poll::Ready(Ok(response.map_into_left_body()))
    }
}
