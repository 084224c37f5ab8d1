//! A client's connection, held to what a client may ask.
//!
//! Actix bounds the head of the first request alone. Here is what bounds the rest, below HTTP: a
//! later head that drips, a body that never ends and that nobody reads, a client that never takes
//! its answers, heads and pipelined requests that pile up. None of it costs a request a timer.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::connection_limit::ConnectionPermit;
use super::connection_state::{ConnectionState, LINGER};
use super::early_response::early_response;
use super::stream::Stream;
use crate::service::settings::Limits;

/// How many bytes are handed to HTTP before it must make something of them. It makes requests of all
/// that it has, each of them far larger than its few bytes, before it answers the first.
const TURN: usize = 8192;

/// A connection that ends when its client asks too much.
pub(super) struct Connection {
    stream: Stream,
    state: Rc<ConnectionState>,
    limits: Limits,
    /// Bytes handed to HTTP in this turn.
    handed: usize,
    idle_timeout: IdleTimeout,
    /// Runs while the client does not take what is written.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once the client has been turned away.
    leaving: Option<Pin<Box<Sleep>>>,
    _place: ConnectionPermit,
}

impl Connection {
    pub(super) fn new(stream: Stream, limits: Limits, place: ConnectionPermit) -> Self {
        Self {
            stream,
            state: Rc::default(),
            limits,
            handed: 0,
            idle_timeout: IdleTimeout::new(limits.keep_alive),
            stalled: None,
            leaving: None,
            _place: place,
        }
    }

    pub(super) fn state(&self) -> Rc<ConnectionState> {
        Rc::clone(&self.state)
    }

    /// What a result of writing says about the client's taking.
    fn taking<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                // Reading was suspended, and nothing else would resume it.
                context.waker().wake_by_ref();
            }
            return written;
        }
        let limit = self.limits.stall_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn turn_away(&mut self, context: &mut Context<'_>) {
        let limit = self.limits.head_size;
        let detail = format!("The head of a request may have {limit} bytes.");
        let answer = early_response(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &detail);
        // The answer is a courtesy: a client that does not take it at once goes without.
        let _ = Pin::new(&mut self.stream).poll_write(context, &answer);
        let _ = Pin::new(&mut self.stream).poll_flush(context);
    }

    /// Lets the client finish speaking, to nobody; then its end of the stream is taken for reached.
    fn poll_leave(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let leaving = self.leaving.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if leaving.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                buffer.set_filled(before);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.leaving.is_some() {
            return this.poll_leave(context, buffer);
        }
        if this.state.is_over() {
            return Poll::Ready(Ok(()));
        }
        if this.stalled.is_some() {
            // Who does not take answers asks no more questions; writing on wakes this task.
            return Poll::Pending;
        }
        if this.handed >= TURN {
            this.handed = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let head_size = this.state.head_size().unwrap_or(0);
        if this.handed == 0 && head_size >= this.limits.head_size {
            this.turn_away(context);
            return this.poll_leave(context, buffer);
        }
        let before = buffer.filled().len();
        let result = poll_turn(&mut this.stream, context, buffer);
        if result.is_pending() {
            this.handed = 0;
            // Past the idle_timeout, the end of the stream is taken for reached.
            return this.idle_timeout.poll_end(&this.state, context).map(Ok);
        }
        let received = buffer.filled().len().saturating_sub(before);
        this.handed += received;
        this.state.receive(received);
        result
    }
}

/// Reads no more than one turn's worth, however much room there is.
fn poll_turn(
    stream: &mut Stream,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    if buffer.remaining() <= TURN {
        return Pin::new(stream).poll_read(context, buffer);
    }
    let mut turn = ReadBuf::new(buffer.initialize_unfilled_to(TURN));
    let result = Pin::new(stream).poll_read(context, &mut turn);
    let received = turn.filled().len();
    buffer.advance(received);
    result
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.taking(written, context)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.taking(flushed, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.taking(shut, context)
    }
}

/// How long a connection without a request is put up with: between once and twice the limit, told by
/// an alarm that goes at each limit's end whatever happens, so that no request has to set one.
struct IdleTimeout {
    limit: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<u32>,
}

impl IdleTimeout {
    const fn new(limit: Duration) -> Self {
        Self { limit, alarm: None, waiting_since: None }
    }

    /// Ready when the state waits since the last time the alarm went.
    fn poll_end(&mut self, state: &ConnectionState, context: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        loop {
            ready!(alarm.as_mut().poll(context));
            let waiting_since = state.waiting_since();
            if waiting_since.is_some() && waiting_since == self.waiting_since {
                return Poll::Ready(());
            }
            self.waiting_since = waiting_since;
            alarm.as_mut().reset(Instant::now() + self.limit);
        }
    }
}
