//! Connections to issuers: TCP over the first address that works, proxies, and TLS.

mod addresses;
#[cfg(test)]
mod tests;
mod tried;
mod tunnel;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use self::addresses::{addresses, interleaved};
use self::tried::Stage;
pub(super) use self::tried::Tried;
use self::tunnel::tunnel;
use super::certificate_fault::CertificateFault;
use super::proxies::{Proxies, Proxy};
use super::proxy_fault::ProxyFault;
use crate::secure_url::ip_address;

/// How long one address is tried alone before the next is tried beside it (RFC 8305 section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Connects to issuers.
#[derive(Clone)]
pub(super) struct Connector {
    tls: TlsConnector,
    proxies: Arc<Proxies>,
}

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection on which requests can be sent.
pub(super) struct Connected {
    pub(super) stream: Box<dyn Stream>,
    /// The proxy that forwards plain http. It is sent whole URLs (RFC 9112 section 3.2.2), and its
    /// credentials with each request.
    pub(super) forwarded_by: Option<Proxy>,
}

/// Why there is no connection.
pub(super) enum NotConnected {
    /// The host name has no address.
    NoAddress(io::Error),
    /// Every address failed; the last error.
    AllFailed(io::Error),
    /// The proxy does not lead there.
    Proxy { proxy: String, fault: ProxyFault },
    /// The proxy leads there, and TLS fails.
    BehindProxy(io::Error),
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, proxies: Proxies) -> Self {
        Self { tls: TlsConnector::from(tls), proxies: Arc::new(proxies) }
    }

    /// Connects to the URL's host, or to the proxy on the way to it and through that to the host.
    pub(super) async fn connect(
        &self,
        url: &Url,
        tried: &Tried,
    ) -> Result<Connected, NotConnected> {
        let connected = match self.proxies.for_url(url) {
            None => Connected { stream: self.direct(url, tried).await?, forwarded_by: None },
            Some(proxy) => {
                tried.through(proxy);
                self.through(proxy, url, tried).await?
            }
        };
        match connected.forwarded_by {
            Some(_) => tried.reached(Stage::Forwarding),
            None => tried.reached(Stage::Connected),
        }
        Ok(connected)
    }

    async fn through(
        &self,
        proxy: &Proxy,
        url: &Url,
        tried: &Tried,
    ) -> Result<Connected, NotConnected> {
        let to_proxy = self.direct(proxy.url(), tried).await;
        let stream = to_proxy.map_err(|fault| of_proxy(proxy, fault))?;
        if url.scheme() != "https" {
            return Ok(Connected { stream, forwarded_by: Some(proxy.clone()) });
        }
        tried.reached(Stage::Tunnel);
        let host = &url[Position::BeforeHost..Position::AfterHost];
        let target = format!("{host}:{}", url.port_or_known_default().unwrap_or(443));
        let stream = tunnel(stream, &target, proxy).await;
        let stream =
            stream.map_err(|fault| NotConnected::Proxy { proxy: proxy.to_string(), fault })?;
        tried.reached(Stage::Handshake);
        let stream = self.secure(stream, url).await.map_err(NotConnected::BehindProxy)?;
        Ok(Connected { stream, forwarded_by: None })
    }

    /// Connects over the first of the host's addresses that works. They are tried in the order of RFC
    /// 8305 section 4, each a moment after the one before.
    async fn direct(&self, url: &Url, tried: &Tried) -> Result<Box<dyn Stream>, NotConnected> {
        let addresses = addresses(url).await.map_err(NotConnected::NoAddress)?;
        self.first_of(url, interleaved(addresses), tried).await.map_err(NotConnected::AllFailed)
    }

    async fn first_of(
        &self,
        url: &Url,
        mut addresses: VecDeque<SocketAddr>,
        tried: &Tried,
    ) -> io::Result<Box<dyn Stream>> {
        let mut attempts = JoinSet::new();
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        loop {
            if let Some(address) = addresses.pop_front() {
                tried.starts(address);
                let (connector, url) = (self.clone(), url.clone());
                attempts.spawn(async move { (address, connector.connect_to(address, &url).await) });
            }
            let more = !addresses.is_empty();
            let next = tokio::select! {
                done = attempts.join_next() => done,
                () = tokio::time::sleep(NEXT_ADDRESS), if more => continue,
            };
            match next {
                Some(Ok((_, Ok(stream)))) => return Ok(stream),
                Some(Ok((address, Err(fault)))) => {
                    tried.failed(address, &fault);
                    last = fault;
                }
                Some(Err(fault)) => last = io::Error::other(fault),
                None if !more => return Err(last),
                None => {}
            }
        }
    }

    async fn connect_to(&self, address: SocketAddr, url: &Url) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(address).await?;
        // One request follows, whole.
        stream.set_nodelay(true)?;
        self.secure(stream, url).await
    }

    /// Wraps the stream in TLS, if the URL demands it.
    async fn secure(
        &self,
        stream: impl Stream + 'static,
        url: &Url,
    ) -> io::Result<Box<dyn Stream>> {
        if url.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        let name = server_name(url).ok_or_else(|| io::Error::other("no host name for TLS"))?;
        Ok(Box::new(self.tls.connect(name, stream).await?))
    }
}

/// The fault of a proxy that is not connected.
fn of_proxy(proxy: &Proxy, fault: NotConnected) -> NotConnected {
    let fault = match fault {
        NotConnected::NoAddress(fault) => {
            ProxyFault::Unreachable { reason: format!("its host name has no address: {fault}") }
        }
        NotConnected::AllFailed(fault) => {
            let host = proxy.url().host_str().unwrap_or_default();
            match CertificateFault::of(&fault, host) {
                Some(fault) => ProxyFault::Certificate { fault },
                None => ProxyFault::Unreachable { reason: fault.to_string() },
            }
        }
        fault @ (NotConnected::Proxy { .. } | NotConnected::BehindProxy(_)) => return fault,
    };
    NotConnected::Proxy { proxy: proxy.to_string(), fault }
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match ip_address(url) {
        Some(address) => Some(ServerName::from(address)),
        None => ServerName::try_from(url.domain()?.to_owned()).ok(),
    }
}
