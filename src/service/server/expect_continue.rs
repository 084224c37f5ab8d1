//! `Expect: 100-continue` (RFC 9110 section 10.1.1).
//!
//! Actix answers 100 before it calls the application. Here the application answers first: a request
//! that is rejected gets its final status at once, and the body is asked for when a handler reads it.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::{Request, Response};
use actix_service::{Service, ServiceFactory};
use actix_web::body::{BoxBody, MessageBody};
use pin_project_lite::pin_project;

/// Makes the service that answers requests with `Expect: 100-continue`, from the application.
pub(super) struct ExpectContinue<A, B> {
    application: A,
    body: PhantomData<fn() -> B>,
}

impl<A, B> ExpectContinue<A, B> {
    pub(super) const fn new(application: A) -> Self {
        Self { application, body: PhantomData }
    }
}

/// The final response, which the server takes for the failure of an expectation.
pub(super) struct FinalResponse(Response<BoxBody>);

impl From<FinalResponse> for Response<BoxBody> {
    fn from(response: FinalResponse) -> Self {
        response.0
    }
}

impl<A, B> ServiceFactory<Request> for ExpectContinue<A, B>
where
    A: ServiceFactory<Request, Config = ()>,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    A::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    type Response = Request;
    type Error = FinalResponse;
    type Config = ();
    type Service = ExpectContinueService<A::Service, B>;
    type InitError = A::InitError;
    type Future = NewExpectContinue<A::Future, B>;

    fn new_service(&self, (): ()) -> Self::Future {
        NewExpectContinue { application: self.application.new_service(()), body: PhantomData }
    }
}

pin_project! {
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct NewExpectContinue<F, B> {
        #[pin]
        application: F,
        body: PhantomData<fn() -> B>,
    }
}

impl<F, S, E, B> Future for NewExpectContinue<F, B>
where
    F: Future<Output = Result<S, E>>,
{
    type Output = Result<ExpectContinueService<S, B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let application = ready!(self.project().application.poll(context))?;
        Poll::Ready(Ok(ExpectContinueService { application, body: PhantomData }))
    }
}

pub(super) struct ExpectContinueService<S, B> {
    application: S,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Service<Request> for ExpectContinueService<S, B>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    type Response = Request;
    type Error = FinalResponse;
    type Future = ExpectContinueFuture<S::Future, B>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.application.poll_ready(context).map_err(|error| FinalResponse(error.into()))
    }

    fn call(&self, request: Request) -> Self::Future {
        ExpectContinueFuture { response: self.application.call(request), body: PhantomData }
    }
}

pin_project! {
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct ExpectContinueFuture<F, B> {
        #[pin]
        response: F,
        body: PhantomData<fn() -> B>,
    }
}

impl<F, R, E, B> Future for ExpectContinueFuture<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
    E: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    type Output = Result<Request, FinalResponse>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match ready!(self.project().response.poll(context)) {
            Ok(response) => response.into().map_into_boxed_body(),
            Err(error) => error.into(),
        };
        Poll::Ready(Err(FinalResponse(response)))
    }
}
