//! Accepting connections: from a TCP stream to HTTP.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::select;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::connection_limit::{AtLimit, ConnectionLimit};
use super::connection_state::LINGER;
use super::early_response::early_response;
use super::expect_continue::ExpectContinue;
use super::stream::Stream;
use crate::service::settings::Limits;

/// How many clients above the connection limit get a response at the same time. The connections of
/// others are closed without one.
pub(super) const MAX_EARLY_RESPONSES: usize = 64;

/// Turns TCP streams into limited connections. Clones are cheap.
#[derive(Clone)]
pub(super) struct Acceptor {
    limits: Limits,
    connections: ConnectionLimit,
    early_responses: Arc<Semaphore>,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    pub(super) fn new(limits: Limits, tls: Option<TlsAcceptor>) -> Self {
        let connections = ConnectionLimit::new(limits.connections, limits.connections_per_address);
        let early_responses = Arc::new(Semaphore::new(MAX_EARLY_RESPONSES));
        Self { limits, connections, early_responses, tls }
    }

    /// The service of one worker, from a TCP stream to the application, which is needed twice: for
    /// requests with `Expect: 100-continue` and for all others.
    pub(super) fn http_service<A, S, B>(
        self,
        applications: [A; 2],
        shutdown: GracefulShutdownSignal,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
    where
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
        S::InitError: std::fmt::Debug,
        S::Response: Into<Response<B>>,
        B: MessageBody + 'static,
    {
        let [application, expecting] = applications.map(|application| {
            let application = application.into_factory().map_err(|error| error.error_response());
            map_config(application, |()| AppConfig::default())
        });
        let http = HttpService::build()
            // A connection has an idle timeout of its own.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(self.limits.head_timeout)
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.state());
                if let Some(certificate) = connection.client_certificate() {
                    data.insert(certificate);
                }
            })
            .expect(ExpectContinue::new(expecting));
        fn_service(move |stream| self.clone().accept(stream))
            .map_err(DispatchError::Io)
            .and_then(http.h1(application))
    }

    async fn accept(self, mut stream: TcpStream) -> io::Result<(Connection, Option<SocketAddr>)> {
        let client = stream.peer_addr().ok();
        let permit = match self.connections.acquire(client.map(|client| client.ip())) {
            Ok(permit) => permit,
            Err(limit) => {
                // A TLS handshake would cost more than the rejection saves.
                if let (None, Ok(_permit)) = (&self.tls, self.early_responses.try_acquire()) {
                    drop(timeout(LINGER, reject(&mut stream, limit)).await);
                }
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        };
        // Responses are written whole; waiting for more would only delay them.
        stream.set_nodelay(true)?;
        let stream = match self.tls {
            None => Stream::Plain(stream),
            Some(tls) => {
                let handshake = timeout(self.limits.head_timeout, tls.accept(stream));
                let activity = permit.activity();
                let stream = select! {
                    stream = handshake => stream??,
                    () = poll_fn(|context| activity.poll_evicted(context)) => {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                };
                Stream::Encrypted(Box::new(stream))
            }
        };
        Ok((Connection::new(stream, self.limits, permit), client))
    }
}

/// Answers 503 or 429 after the client has sent its request: a response before the request, or a request
/// left unread, could reset the connection.
async fn reject(stream: &mut TcpStream, limit: AtLimit) -> io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    let (status, detail) = match limit {
        AtLimit::Server => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server has reached its connection limit. Try again in a moment.",
        ),
        AtLimit::Address => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many connections from this address. Try again in a moment.",
        ),
    };
    stream.write_all(&early_response(status, detail)).await?;
    stream.shutdown().await?;
    while stream.read(&mut request).await? > 0 {}
    Ok(())
}
