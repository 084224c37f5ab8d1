//! The body of a request, held to a size and a time.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

pin_project! {
    /// A body that ends in an error when it is too large or too slow.
    pub(super) struct RequestBody {
        #[pin]
        body: Payload,
        // Bytes that may still come.
        left: usize,
        #[pin]
        deadline: Sleep,
        state: Rc<Cell<BodyState>>,
    }
}

/// How far a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyState {
    /// More of it may come.
    Coming,
    /// It has been read to its end.
    Whole,
    /// It took too long.
    TooSlow,
}

impl RequestBody {
    /// The body with its limits, and where to see how far it has come.
    pub(super) fn limited(
        body: Payload,
        size: usize,
        time: Duration,
    ) -> (Payload, Rc<Cell<BodyState>>) {
        let state = Rc::new(Cell::new(BodyState::Coming));
        let limited = Self { body, left: size, deadline: sleep(time), state: Rc::clone(&state) };
        (Payload::Stream { payload: Box::pin(limited) }, state)
    }
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        match this.body.poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                Poll::Ready(Some(match this.left.checked_sub(bytes.len()) {
                    Some(left) => {
                        *this.left = left;
                        Ok(bytes)
                    }
                    None => Err(PayloadError::Overflow),
                }))
            }
            Poll::Ready(None) => {
                this.state.set(BodyState::Whole);
                Poll::Ready(None)
            }
            Poll::Ready(failed) => Poll::Ready(failed),
            Poll::Pending if this.deadline.poll(context).is_ready() => {
                this.state.set(BodyState::TooSlow);
                Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
