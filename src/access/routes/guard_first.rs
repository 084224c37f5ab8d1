//! Extraction order of a handler's arguments: the guard first, then the others.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use pin_project_lite::pin_project;

use crate::access::guards::Guard;

/// A guard and the other arguments of a handler, extracted in this order.
///
/// Actix starts all extractors of a handler at once, so it could read a body for a caller who is
/// then rejected. Here no other extractor starts before the guard has admitted the caller.
#[derive(Debug)]
pub(super) struct GuardFirst<G, R> {
    pub(super) guard: G,
    /// Another extractor's error is the response to an admitted caller, so it is handled like one.
    pub(super) rest: Result<R, Error>,
}

impl<G: Guard, R: FromRequest + 'static> FromRequest for GuardFirst<G, R> {
    type Error = G::Error;
    type Future = GuardThenRest<G, R>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        GuardThenRest {
            // The guard gets no body: the body must not decide who is admitted, and it is left
            // for the other extractors.
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
    type Output = Result<GuardFirst<G, R>, G::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let StageProjection::Guard { guard } = this.stage.as_mut().project() {
            *this.admitted = Some(ready!(guard.poll(context))?);
            let rest = R::from_request(this.request, this.payload);
            this.stage.set(Stage::Rest { rest });
        }
        let StageProjection::Rest { rest } = this.stage.project() else { return Poll::Pending };
        let rest = ready!(rest.poll(context)).map_err(Into::into);
        match this.admitted.take() {
            Some(guard) => Poll::Ready(Ok(GuardFirst { guard, rest })),
            // Polled after completion, which no executor does.
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use actix_web::test::TestRequest;

    use super::*;
    use crate::Policy;

    /// A guard that would read the body, as an extractor of someone else's could.
    struct BodyReader {
        had_body: bool,
    }

    impl FromRequest for BodyReader {
        type Error = Error;
        type Future = Ready<Result<Self, Error>>;

        fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
            ready(Ok(Self { had_body: !matches!(payload.take(), Payload::None) }))
        }
    }

    impl Guard for BodyReader {
        const POLICY: Policy = Policy::Public;
    }

    #[actix_rt::test]
    async fn the_guard_is_given_no_body_and_leaves_it_to_the_others() {
        let (request, mut payload) = TestRequest::post().set_payload("the body").to_http_parts();
        let first = GuardFirst::<BodyReader, String>::from_request(&request, &mut payload).await;
        let GuardFirst { guard, rest } = first.expect("an admitted request");
        assert!(!guard.had_body);
        assert_eq!(rest.expect("a body"), "the body");
    }
}
