//! Connections on which requests are sent, and those that are kept for the next request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::issuer::connector::Connected;
use crate::issuer::proxies::Proxy;

/// How many header fields of a response are read.
const MOST_FIELDS: usize = 256;

/// How long an idle connection is kept. Servers close theirs after a minute or more.
const LONGEST_IDLE: Duration = Duration::from_secs(15);

/// An HTTP/1.1 connection. It closes when it is dropped.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) forwarded_by: Option<Proxy>,
    driver: Driver,
}

/// The task that moves the bytes.
struct Driver(JoinHandle<Result<(), hyper::Error>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    pub(super) async fn over(connected: Connected) -> Result<Self, hyper::Error> {
        let Connected { stream, forwarded_by } = connected;
        let mut builder = http1::Builder::new();
        let builder = builder.max_headers(MOST_FIELDS);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let driver = Driver(tokio::spawn(connection));
        Ok(Self { sender, forwarded_by, driver })
    }

    /// Waits for the end of the connection, and returns its error.
    pub(super) async fn ended(self) -> Option<hyper::Error> {
        let Self { sender, mut driver, .. } = self;
        drop(sender);
        (&mut driver.0).await.ok()?.err()
    }
}

/// Idle connections by their origin.
pub(super) struct KeptConnections {
    idle: Mutex<HashMap<String, Vec<(Connection, Instant)>>>,
    most: usize,
}

impl KeptConnections {
    /// Keeps up to `most` idle connections for each origin.
    pub(super) fn new(most: usize) -> Self {
        Self { idle: Mutex::default(), most }
    }

    /// The connection that was idle for the shortest time, unless it is closed or was for too long.
    pub(super) fn take(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.get_mut(origin)?;
        connections.retain(|(connection, since)| {
            connection.sender.is_ready() && since.elapsed() < LONGEST_IDLE
        });
        connections.pop().map(|(connection, _)| connection)
    }

    /// Keeps a connection whose response was read to its end.
    pub(super) fn put(&self, origin: String, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.entry(origin).or_default();
        if connections.len() < self.most {
            connections.push((connection, Instant::now()));
        }
    }
}
