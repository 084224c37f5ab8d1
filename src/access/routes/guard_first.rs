//! The order of a handler's arguments: the guard to its end, then the rest.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use pin_project_lite::pin_project;

use crate::access::guards::Guard;

/// A guard and the other arguments of a handler, taken in this order.
///
/// Actix starts all extractors of a handler at once, so a body could be read for a caller who may
/// not call. Here nothing but the guard is started before the guard has admitted the caller.
#[derive(Debug)]
pub(super) struct GuardFirst<G, R> {
    pub(super) guard: G,
    pub(super) rest: R,
}

impl<G: Guard, R: FromRequest + 'static> FromRequest for GuardFirst<G, R> {
    type Error = Error;
    type Future = GuardThenRest<G, R>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        GuardThenRest {
            // The guard gets no body: whether a caller may call does not depend on it.
            stage: Stage::Guard { guard: G::from_request(request, &mut Payload::None) },
            admitted: None,
            request: request.clone(),
            payload: payload.take(),
        }
    }
}

pin_project! {
    /// The future of [`GuardFirst`].
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct GuardThenRest<G: Guard, R: FromRequest> {
        #[pin]
        stage: Stage<G::Future, R::Future>,
        admitted: Option<G>,
        request: HttpRequest,
        payload: Payload,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<G, R> {
        Guard { #[pin] guard: G },
        Rest { #[pin] rest: R },
    }
}

impl<G: Guard, R: FromRequest> Future for GuardThenRest<G, R> {
    type Output = Result<GuardFirst<G, R>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let StageProjection::Guard { guard } = this.stage.as_mut().project() {
            let guard = ready!(guard.poll(context)).map_err(Into::into)?;
            *this.admitted = Some(guard);
            let rest = R::from_request(this.request, this.payload);
            this.stage.set(Stage::Rest { rest });
        }
        let StageProjection::Rest { rest } = this.stage.project() else { return Poll::Pending };
        let rest = ready!(rest.poll(context)).map_err(Into::into)?;
        match this.admitted.take() {
            Some(guard) => Poll::Ready(Ok(GuardFirst { guard, rest })),
            // Polled after it was done, which no executor does.
            None => Poll::Pending,
        }
    }
}
