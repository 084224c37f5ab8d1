//! Request body with limits on size and time.

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

use super::connection_state::ConnectionState;

pin_project! {
    /// A body that ends in an error when it is too large or too slow.
    pub(super) struct RequestBody {
        #[pin]
        body: Payload,
        // How many more bytes are allowed.
        left: usize,
        // The body is larger than allowed, by its Content-Length.
        is_too_large: bool,
        // The connection whose client holds the body back until it is asked for.
        expects_continue: Option<Rc<ConnectionState>>,
        #[pin]
        deadline: Sleep,
        progress: Rc<Cell<BodyProgress>>,
    }
}

/// How much of a body has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyProgress {
    /// Not all of it.
    Incomplete,
    /// All of it.
    Complete,
    /// It took too long.
    TimedOut,
}

/// What is known of a body before it is read.
pub(super) struct BodyHead {
    /// The value of `Content-Length`.
    pub(super) length: Option<u64>,
    /// The connection, if the request has `Expect: 100-continue`.
    pub(super) expects_continue: Option<Rc<ConnectionState>>,
}

impl RequestBody {
    /// The body with its limits, and where to see how much of it has been read.
    pub(super) fn limited(
        body: Payload,
        head: BodyHead,
        size: usize,
        time: Duration,
    ) -> (Payload, Rc<Cell<BodyProgress>>) {
        let progress = Rc::new(Cell::new(BodyProgress::Incomplete));
        let max = u64::try_from(size).unwrap_or(u64::MAX);
        let limited = Self {
            body,
            left: size,
            is_too_large: head.length.is_some_and(|length| length > max),
            expects_continue: head.expects_continue,
            deadline: sleep(time),
            progress: Rc::clone(&progress),
        };
        (Payload::Stream { payload: Box::pin(limited) }, progress)
    }
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.is_too_large {
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        match this.body.poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                *this.expects_continue = None;
                Poll::Ready(Some(match this.left.checked_sub(bytes.len()) {
                    Some(left) => {
                        *this.left = left;
                        Ok(bytes)
                    }
                    None => Err(PayloadError::Overflow),
                }))
            }
            Poll::Ready(None) => {
                this.progress.set(BodyProgress::Complete);
                Poll::Ready(None)
            }
            Poll::Ready(failed) => Poll::Ready(failed),
            Poll::Pending if this.deadline.poll(context).is_ready() => {
                this.progress.set(BodyProgress::TimedOut);
                Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            }
            Poll::Pending => {
                if let Some(connection) = this.expects_continue.take() {
                    connection.ask_for_body();
                }
                Poll::Pending
            }
        }
    }
}
