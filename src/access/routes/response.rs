//! The response of a guarded handler, kept out of caches.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, Responder};
use pin_project_lite::pin_project;

use crate::access::authentication::{NextNonce, has_credentials};
use crate::access::guards::Guard;
use crate::access::policy::Policy;
use crate::access::rejection::DPOP_NONCE;

pin_project! {
    /// The future of a guarded handler, or the error of an extractor in place of it.
    #[project = GuardedFutureProjection]
    #[must_use = "futures do nothing unless polled"]
    pub(in crate::access) enum GuardedFuture<G, F> {
        Handler { #[pin] future: F, guard: PhantomData<fn() -> G> },
        Failed { error: Option<Error> },
    }
}

/// The response of a guarded handler.
pub(in crate::access) struct GuardedResponse<G, R> {
    outcome: Result<R, Error>,
    guard: PhantomData<fn() -> G>,
}

impl<G, F: Future> GuardedFuture<G, F> {
    pub(super) const fn handler(future: F) -> Self {
        Self::Handler { future, guard: PhantomData }
    }

    pub(super) const fn failed(error: Error) -> Self {
        Self::Failed { error: Some(error) }
    }
}

impl<G, F: Future> Future for GuardedFuture<G, F> {
    type Output = GuardedResponse<G, F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match self.project() {
            GuardedFutureProjection::Handler { future, .. } => Ok(ready!(future.poll(context))),
            GuardedFutureProjection::Failed { error } => match error.take() {
                Some(error) => Err(error),
                // Polled after completion, which no executor does.
                None => return Poll::Pending,
            },
        };
        Poll::Ready(GuardedResponse { outcome, guard: PhantomData })
    }
}

impl<G: Guard, R: Responder> Responder for GuardedResponse<G, R> {
    type Body = EitherBody<R::Body, BoxBody>;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        let mut response = match self.outcome {
            Ok(response) => response.respond_to(request).map_into_left_body(),
            Err(error) => HttpResponse::from_error(error).map_into_right_body(),
        };
        let has_credentials = match G::POLICY {
            Policy::Public => false,
            Policy::Optional(_) => has_credentials(request),
            // The guard has admitted the caller by them.
            Policy::Authenticated | Policy::Requires(_) => true,
        };
        if has_credentials {
            add_next_nonce(request, &mut response);
            keep_out_of_caches(&mut response);
        }
        response
    }
}

/// The nonce for the client's next proof, if there is one. A response with it must not be stored,
/// whatever the handler says (RFC 9449 section 8.2).
fn add_next_nonce<B: MessageBody>(request: &HttpRequest, response: &mut HttpResponse<B>) {
    if let Some(NextNonce(nonce)) = request.extensions().get() {
        let headers = response.headers_mut();
        headers.insert(DPOP_NONCE, nonce.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// What one caller's credentials gave access to must not be shown to another (RFC 9111
/// section 3.5). A handler that sets the field knows better.
fn keep_out_of_caches<B: MessageBody>(response: &mut HttpResponse<B>) {
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.append(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
