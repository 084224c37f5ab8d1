//! From an accepted connection to HTTP.

use std::io;
use std::net::SocketAddr;

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
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::connection_limit::ConnectionLimit;
use super::connection_state::LINGER;
use super::early_response::early_response;
use super::stream::Stream;
use crate::service::settings::Limits;

/// How many clients at once are told that there is no room. To more the connection is just closed.
pub(super) const MAX_EARLY_RESPONSES: usize = 64;

/// What every connection passes through. Cheap to clone.
#[derive(Clone)]
pub(super) struct Acceptor {
    limits: Limits,
    capacity: ConnectionLimit,
    refusals: ConnectionLimit,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    pub(super) fn new(limits: Limits, tls: Option<TlsAcceptor>) -> Self {
        let capacity = ConnectionLimit::of(limits.connections);
        Self { limits, capacity, refusals: ConnectionLimit::of(MAX_EARLY_RESPONSES), tls }
    }

    /// One worker's way from a TCP stream to its application.
    pub(super) fn http_service<A, S, B>(
        self,
        application: A,
        shutdown: GracefulShutdownSignal,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
    where
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
        S::InitError: std::fmt::Debug,
        S::Response: Into<Response<B>>,
        B: MessageBody + 'static,
    {
        let http = HttpService::build()
            // A connection sees to that itself.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(self.limits.head_timeout)
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.state());
            });
        let application = application.into_factory().map_err(|error| error.error_response());
        fn_service(move |stream| self.clone().enter(stream))
            .map_err(DispatchError::Io)
            .and_then(http.h1(map_config(application, |()| AppConfig::default())))
    }

    async fn enter(self, mut stream: TcpStream) -> io::Result<(Connection, Option<SocketAddr>)> {
        let Some(place) = self.capacity.take() else {
            // To tell it in TLS would cost more than the refusal saves.
            if let (None, Some(_place)) = (&self.tls, self.refusals.take()) {
                drop(timeout(LINGER, refuse(&mut stream)).await);
            }
            return Err(io::ErrorKind::ConnectionAborted.into());
        };
        // An answer is written whole; nothing is gained by waiting for more of it.
        stream.set_nodelay(true)?;
        let client = stream.peer_addr().ok();
        let stream = match self.tls {
            None => Stream::Plain(stream),
            Some(tls) => {
                let handshake = timeout(self.limits.head_timeout, tls.accept(stream));
                Stream::Encrypted(Box::new(handshake.await??))
            }
        };
        Ok((Connection::new(stream, self.limits, place), client))
    }
}

/// Tells a client that there is no room, once it has asked: an answer before the question, and a
/// question left unread, may both be lost.
async fn refuse(stream: &mut TcpStream) -> io::Result<()> {
    let mut question = [0; 4096];
    let _ = stream.read(&mut question).await?;
    let detail = "The server has as many connections as it can take. Try again in a moment.";
    stream.write_all(&early_response(StatusCode::SERVICE_UNAVAILABLE, detail)).await?;
    stream.shutdown().await?;
    while stream.read(&mut question).await? > 0 {}
    Ok(())
}
