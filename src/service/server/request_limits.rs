//! Middleware around each request and its answer: bounds the body, and tells the connection.

use std::cell::Cell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready as is_ready};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::{ConnectionType, StatusCode};
use pin_project_lite::pin_project;

use super::connection_state::{ConnectionState, RequestInProgress};
use super::request_body::{BodyState, RequestBody};
use crate::Problem;
use crate::service::shutdown_state::ShutdownState;

/// Middleware that holds each request's body to a size and a time. A request without a body costs
/// nothing more.
///
/// A body that is too large is an error to whoever reads it, and the answer 413 by the extractors of
/// Actix. One that takes too long is answered 408.
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
        ready(Ok(RequestLimitsService { service, rules: self.clone() }))
    }
}

/// The middleware around one worker's service.
#[derive(Debug)]
pub(super) struct RequestLimitsService<S> {
    service: S,
    rules: RequestLimits,
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
        let in_progress = request.conn_data::<Rc<ConnectionState>>().map(ConnectionState::begin);
        let (_, payload) = request.parts_mut();
        let body = match payload {
            Payload::None => None,
            payload => {
                let body = std::mem::replace(payload, Payload::None);
                let RequestLimits { body_size, body_timeout, .. } = self.rules;
                let (body, state) = RequestBody::limited(body, body_size, body_timeout);
                *payload = body;
                Some(state)
            }
        };
        let is_last = self.rules.shutdown_state.is_shutting_down();
        RequestLimitsFuture { response: self.service.call(request), in_progress, body, is_last }
    }
}

pin_project! {
    /// A request under way.
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct RequestLimitsFuture<F> {
        #[pin]
        response: F,
        in_progress: Option<RequestInProgress>,
        body: Option<Rc<Cell<BodyState>>>,
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
            (Some(BodyState::Whole), Some(in_progress)) => in_progress.body_is_whole(),
            (Some(_), Some(in_progress)) => in_progress.body_is_unwanted(),
            _ => {}
        }
        let mut response = response?;
        if *this.is_last {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        // Whatever the handler made of the error, this is its cause.
        if body == Some(BodyState::TooSlow) && !response.status().is_success() {
            let problem = Problem::of(StatusCode::REQUEST_TIMEOUT);
            let problem = problem.detail("The body of the request took too long to come.");
            return Poll::Ready(Ok(response
                .into_response(problem.into_response())
                .map_into_right_body()));
        }
        Poll::Ready(Ok(response.map_into_left_body()))
    }
}
