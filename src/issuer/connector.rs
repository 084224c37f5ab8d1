//! TCP and TLS connections to issuers, over the first address that works.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// How long one address is tried alone before the next is tried beside it (RFC 8305 section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Connects to issuers.
#[derive(Clone)]
pub(super) struct Connector {
    tls: TlsConnector,
}

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The addresses that have been tried, and what became of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Tried(Arc<Mutex<Outcomes>>);

/// Addresses, each with its error once it has failed.
type Outcomes = Vec<(SocketAddr, Option<String>)>;

/// Why there is no connection.
pub(super) enum NotConnected {
    /// The host name has no address.
    NoAddress(io::Error),
    /// Every address failed; the last error.
    AllFailed(io::Error),
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>) -> Self {
        Self { tls: TlsConnector::from(tls) }
    }

    /// Connects to the URL's host over the first of its addresses that works. They are tried in
    /// the order of RFC 8305 section 4, each a moment after the one before.
    pub(super) async fn connect(
        &self,
        url: &Url,
        tried: &Tried,
    ) -> Result<Box<dyn Stream>, NotConnected> {
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

impl Tried {
    fn starts(&self, address: SocketAddr) {
        self.each(|tried| tried.push((address, None)));
    }

    fn failed(&self, address: SocketAddr, fault: &io::Error) {
        self.each(|tried| {
            if let Some((_, outcome)) = tried.iter_mut().find(|(tried, _)| *tried == address) {
                *outcome = Some(fault.to_string());
            }
        });
    }

    /// What became of each address, for the operator.
    pub(super) fn outcomes(&self) -> String {
        let outcomes: Vec<String> = self.each(|tried| {
            let text = |(address, fault): &(SocketAddr, Option<String>)| {
                format!("{address}: {}", fault.as_deref().unwrap_or("no answer"))
            };
            tried.iter().map(text).collect()
        });
        outcomes.join("; ")
    }

    fn each<R>(&self, work: impl FnOnce(&mut Outcomes) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn addresses(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().unwrap_or(443);
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(vec![SocketAddr::from((address, port))]),
        Some(Host::Ipv6(address)) => Ok(vec![SocketAddr::from((address, port))]),
        Some(Host::Domain(name)) => Ok(tokio::net::lookup_host((name, port)).await?.collect()),
        None => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    }
}

/// The addresses with the two families in turn, in the resolver's order otherwise.
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (VecDeque::from(first), VecDeque::from(second));
    let mut mixed = VecDeque::new();
    while !(first.is_empty() && second.is_empty()) {
        mixed.extend(first.pop_front());
        mixed.extend(second.pop_front());
    }
    mixed
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::from(std::net::IpAddr::from(address))),
        Host::Ipv6(address) => Some(ServerName::from(std::net::IpAddr::from(address))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::net::TcpListener;

    use super::*;

    fn connector() -> Connector {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        Connector::new(Arc::new(tls))
    }

    /// An address that takes a connection and never answers a TLS handshake.
    async fn silent() -> (std::net::TcpListener, SocketAddr) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    async fn refusing() -> SocketAddr {
        silent().await.1
    }

    #[test]
    fn the_families_take_turns() {
        let at = |text: &str| -> SocketAddr { text.parse().expect("an address") };
        let (a, b) = (at("192.0.2.1:1"), at("192.0.2.2:1"));
        let (x, y) = (at("[2001:db8::1]:1"), at("[2001:db8::2]:1"));
        let table = [
            (vec![x, y, a, b], vec![x, a, y, b]),
            (vec![a, b, x], vec![a, x, b]),
            (vec![a, b], vec![a, b]),
            (vec![], vec![]),
        ];
        for (given, expected) in table {
            assert_eq!(Vec::from(interleaved(given)), expected, "RFC 8305 4");
        }
    }

    #[actix_web::test]
    async fn an_address_that_does_not_answer_is_passed_over() {
        // To a URL with http, the connection is all; so the silent one must not connect at all:
        // its queue of one is full, and further packets are dropped.
        let url: Url = "http://localhost/".parse().expect("a URL");
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let full = socket.listen(0).expect("a queue");
        let full_address = full.local_addr().expect("an address");
        let mut held = Vec::new();
        for _ in 0..8 {
            let connecting = TcpStream::connect(full_address);
            let connected = tokio::time::timeout(Duration::from_millis(100), connecting).await;
            held.extend(connected.ok());
        }
        let good = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let good_address = good.local_addr().expect("an address");
        let refusing = refusing().await;
        let tried = Tried::default();
        let began = Instant::now();
        let addresses = VecDeque::from([refusing, full_address, good_address]);
        let connected = connector().first_of(&url, addresses, &tried).await;
        assert!(connected.is_ok(), "{}", tried.outcomes());
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert!(began.elapsed() >= NEXT_ADDRESS, "the first one has its time");
        assert!(tried.outcomes().starts_with(&format!("{refusing}: ")), "{}", tried.outcomes());
        drop(held);
    }

    #[actix_web::test]
    async fn an_address_that_does_not_speak_tls_is_passed_over_and_each_is_named() {
        let url: Url = "https://localhost/".parse().expect("a URL");
        let (_listener, silent) = silent().await;
        let refusing = refusing().await;
        let tried = Tried::default();
        let connector = connector();
        let addresses = VecDeque::from([silent, refusing]);
        let connecting = connector.first_of(&url, addresses, &tried);
        assert!(tokio::time::timeout(Duration::from_millis(600), connecting).await.is_err());
        let outcomes = tried.outcomes();
        assert!(outcomes.contains(&format!("{silent}: no answer")), "{outcomes}");
        assert!(outcomes.contains(&format!("{refusing}: Connection refused")), "{outcomes}");
    }
}
