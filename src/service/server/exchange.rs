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

use super::conversation::{Conversation, UnderWay};
use super::request_body::{BodyState, RequestBody};
use crate::Problem;
use crate::service::stopping::Stopping;

/// Middleware that holds each request's body to a size and a time. A request without a body costs
/// nothing more.
///
/// A body that is too large is an error to whoever reads it, and the answer 413 by the extractors of
/// Actix. One that takes too long is answered 408.
#[derive(Debug, Clone)]
pub(super) struct Exchanges {
    pub(super) body_size: usize,
    pub(super) body_timeout: Duration,
    pub(super) stopping: Stopping,
}

impl<S, B> Transform<S, ServiceRequest> for Exchanges
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Exchanging<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Exchanging { service, rules: self.clone() }))
    }
}

/// The middleware around one worker's service.
#[derive(Debug)]
pub(super) struct Exchanging<S> {
    service: S,
    rules: Exchanges,
}

impl<S, B> Service<ServiceRequest> for Exchanging<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Exchange<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let under_way = request.conn_data::<Rc<Conversation>>().map(Conversation::begin);
        let (_, payload) = request.parts_mut();
        let body = match payload {
            Payload::None => None,
            payload => {
                let body = std::mem::replace(payload, Payload::None);
                let Exchanges { body_size, body_timeout, .. } = self.rules;
                let (body, state) = RequestBody::limited(body, body_size, body_timeout);
                *payload = body;
                Some(state)
            }
        };
        let is_last = self.rules.stopping.has_begun();
        Exchange { response: self.service.call(request), under_way, body, is_last }
    }
}

pin_project! {
    /// A request under way.
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct Exchange<F> {
        #[pin]
        response: F,
        under_way: Option<UnderWay>,
        body: Option<Rc<Cell<BodyState>>>,
        is_last: bool,
    }
}

impl<F, B> Future for Exchange<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = is_ready!(this.response.poll(context));
        let under_way = this.under_way.take();
        let body = this.body.as_ref().map(|body| body.get());
        match (body, &under_way) {
            (Some(BodyState::Whole), Some(under_way)) => under_way.body_is_whole(),
            (Some(_), Some(under_way)) => under_way.body_is_unwanted(),
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
