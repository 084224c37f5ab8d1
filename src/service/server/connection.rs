//! A client connection with limits below HTTP.
//!
//! Actix limits the head of the first request only. This layer limits the rest: later heads that
//! arrive slowly, bodies that never end and that no handler reads, clients that do not read their
//! responses, and heads and pipelined requests that accumulate. No request sets a timer for it.

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
use crate::service::client_certificate::TlsClientCertificate;
use crate::service::settings::Limits;
use crate::token::CertificateThumbprint;

/// How many bytes HTTP gets before it must process them. It parses all that it has into requests,
/// each far larger than its few bytes, before it answers the first.
const MAX_READ: usize = 8192;

/// A connection that closes when its client exceeds a limit.
pub(super) struct Connection {
    stream: Stream,
    state: Rc<ConnectionState>,
    limits: Limits,
    /// Bytes that HTTP got and has not processed.
    unprocessed: usize,
    idle_timeout: IdleTimeout,
    /// Runs while the client does not read.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs after an early response.
    closing: Option<Pin<Box<Sleep>>>,
    _permit: ConnectionPermit,
}

impl Connection {
    pub(super) fn new(stream: Stream, limits: Limits, permit: ConnectionPermit) -> Self {
        Self {
            stream,
            state: Rc::new(ConnectionState::new(permit.activity())),
            limits,
            unprocessed: 0,
            idle_timeout: IdleTimeout::new(limits.keep_alive),
            stalled: None,
            closing: None,
            _permit: permit,
        }
    }

    pub(super) fn state(&self) -> Rc<ConnectionState> {
        Rc::clone(&self.state)
    }

    /// The client's certificate, if it has proven to hold one.
    pub(super) fn client_certificate(&self) -> Option<TlsClientCertificate> {
        let der = self.stream.client_certificate()?;
        Some(TlsClientCertificate(CertificateThumbprint::of_certificate(der)))
    }

    /// Fails a write once the client has not read for longer than the limit.
    fn check_stall<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.state.resume();
                // Reading was suspended, and nothing else would resume it.
                context.waker().wake_by_ref();
            }
            return written;
        }
        let limit = self.limits.stall_timeout;
        let stalled = self.stalled.get_or_insert_with(|| {
            self.state.stall();
            Box::pin(sleep(limit))
        });
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Sends what remains of an interim response.
    fn poll_interim(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.state.interim().is_empty() {
            let stream = Pin::new(&mut self.stream);
            match ready!(stream.poll_write(context, self.state.interim()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.state.interim_sent(sent),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn reject_head(&mut self, context: &mut Context<'_>) {
        let limit = self.limits.head_size;
        let detail = format!("The head of a request is limited to {limit} bytes.");
        let answer = early_response(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &detail);
        // Best effort: a client that does not read at once gets no response.
        let _ = Pin::new(&mut self.stream).poll_write(context, &answer);
        let _ = Pin::new(&mut self.stream).poll_flush(context);
    }

    /// Discards what the client still sends, for a limited time, and then returns end of stream.
    fn poll_close(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let closing = self.closing.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if closing.as_mut().poll(context).is_ready() {
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

    /// Ready when an idle connection should close: after the idle timeout, or to make room for another.
    fn poll_idle_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.state.idle_after().is_some()
            && self.state.activity().poll_evicted(context).is_ready()
        {
            return Poll::Ready(());
        }
        self.idle_timeout.poll_end(&self.state, context)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_some() {
            return this.poll_close(context, buffer);
        }
        if this.state.has_lingered() {
            return Poll::Ready(Ok(()));
        }
        if this.stalled.is_some() {
            // No further requests until the client reads its responses; a write wakes this task.
            return Poll::Pending;
        }
        if this.unprocessed >= MAX_READ {
            this.unprocessed = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let head_size = this.state.head_size().unwrap_or(0);
        if this.unprocessed == 0 && head_size >= this.limits.head_size {
            this.reject_head(context);
            return this.poll_close(context, buffer);
        }
        let before = buffer.filled().len();
        let result = poll_read_limited(&mut this.stream, context, buffer);
        if result.is_pending() {
            this.unprocessed = 0;
            // End of stream closes the connection.
            return this.poll_idle_end(context).map(Ok);
        }
        let received = buffer.filled().len().saturating_sub(before);
        this.unprocessed += received;
        this.state.receive(received);
        result
    }
}

/// Reads no more than [`MAX_READ`] bytes, however much room there is.
fn poll_read_limited(
    stream: &mut Stream,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    if buffer.remaining() <= MAX_READ {
        return Pin::new(stream).poll_read(context, buffer);
    }
    let mut limited = ReadBuf::new(buffer.initialize_unfilled_to(MAX_READ));
    let result = Pin::new(stream).poll_read(context, &mut limited);
    let received = limited.filled().len();
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
        if this.state.is_interim_begun() {
            let interim = this.poll_interim(context);
            ready!(this.check_stall(interim, context))?;
        }
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.check_stall(written, context)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // HTTP flushes when it has written all that it has: only then is it the interim response's turn.
        let mut flushed = this.poll_interim(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            flushed = Pin::new(&mut this.stream).poll_flush(context);
        }
        this.check_stall(flushed, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.check_stall(shut, context)
    }
}

/// Closes a connection that has been idle for between one and two periods. One timer that runs for
/// the life of the connection finds out, so that no request has to set one.
struct IdleTimeout {
    period: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    idle_after: Option<u32>,
}

impl IdleTimeout {
    const fn new(period: Duration) -> Self {
        Self { period, timer: None, idle_after: None }
    }

    /// Ready when the connection has been idle for the whole period before.
    fn poll_end(&mut self, state: &ConnectionState, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.period)));
        loop {
            ready!(timer.as_mut().poll(context));
            let idle_after = state.idle_after();
            if idle_after.is_some() && idle_after == self.idle_after {
                return Poll::Ready(());
            }
            self.idle_after = idle_after;
            timer.as_mut().reset(Instant::now() + self.period);
        }
    }
}
