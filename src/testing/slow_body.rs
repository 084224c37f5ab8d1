//! Slow response body.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::{Sleep, sleep};

/// Sends one byte per interval.
#[derive(Debug)]
pub(super) struct SlowBody {
    rest: std::vec::IntoIter<u8>,
    wait: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl SlowBody {
    pub(super) fn new(body: Vec<u8>, wait: Duration) -> Self {
        Self { rest: body.into_iter(), wait, sleep: Box::pin(sleep(wait)) }
    }
}

impl MessageBody for SlowBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        ready!(self.sleep.as_mut().poll(context));
        self.sleep = Box::pin(sleep(self.wait));
        Poll::Ready(self.rest.next().map(|byte| Ok(Bytes::from(vec![byte]))))
    }
}
