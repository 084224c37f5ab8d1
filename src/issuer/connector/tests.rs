//! Addresses that fail, over real sockets.

use std::time::Instant;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

fn connector(trusted: Option<&CertifiedKey<KeyPair>>) -> Connector {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(trusted) = trusted {
        roots.add(trusted.cert.der().clone()).expect("a certificate");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Connector::new(Arc::new(tls), Proxies::default())
}

fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

/// An address that takes a connection and never answers a TLS handshake.
fn silent() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn refusing() -> SocketAddr {
    silent().1
}

/// An address that answers nothing: its queue of one is full, and further packets are dropped.
struct Full {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Full {
    async fn start() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(0).expect("a queue");
        let address = listener.local_addr().expect("an address");
        let mut queue = Vec::new();
        for _ in 0..8 {
            let connecting = TcpStream::connect(address);
            let connected = tokio::time::timeout(Duration::from_millis(100), connecting).await;
            queue.extend(connected.into_iter().flatten());
        }
        Self { address, _listener: listener, _queue: queue }
    }
}

/// An address where TLS is spoken with this certificate.
async fn secure(certificate: &CertifiedKey<KeyPair>) -> SocketAddr {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    address
}

#[actix_web::test]
async fn an_address_that_does_not_answer_is_passed_over() {
    let url: Url = "http://localhost/".parse().expect("a URL");
    let full = Full::start().await;
    let good = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let good = good.local_addr().map(|address| (good, address)).expect("an address");
    let (full, good, refusing, dead) = (full.address, good.1, refusing(), refusing());
    // The addresses, and how many of them are waited for. RFC 8305 sections 4 and 5.
    let works = [
        (vec![good], 0),
        (vec![refusing, good], 0),
        (vec![full, good], 1),
        (vec![full, refusing, good], 1),
        (vec![refusing, full, dead, good], 1),
        (vec![good, full], 0),
    ];
    for (addresses, waits) in works {
        let (tried, began) = (Tried::default(), Instant::now());
        let all = VecDeque::from(addresses.clone());
        let connected = connector(None).first_of(&url, all, &tried).await;
        assert!(connected.is_ok(), "{addresses:?}: {}", tried.outcomes());
        let took = began.elapsed();
        assert!(took < NEXT_ADDRESS * (waits + 3), "{addresses:?}: {took:?}");
        assert!(took >= NEXT_ADDRESS * waits, "each has its time: {addresses:?}: {took:?}");
    }
    for addresses in [vec![], vec![refusing], vec![refusing, dead]] {
        let tried = Tried::default();
        let all = VecDeque::from(addresses.clone());
        assert!(connector(None).first_of(&url, all, &tried).await.is_err(), "{addresses:?}");
        let outcomes = tried.outcomes();
        for address in addresses {
            assert!(outcomes.contains(&format!("{address}: Connection refused")), "{outcomes}");
        }
    }
    for addresses in [vec![full], vec![refusing, full]] {
        let tried = Tried::default();
        let (all, connector) = (VecDeque::from(addresses.clone()), connector(None));
        let connecting = connector.first_of(&url, all, &tried);
        let limited = tokio::time::timeout(Duration::from_millis(600), connecting).await;
        assert!(limited.is_err(), "{addresses:?}");
        let outcomes = tried.outcomes();
        assert!(outcomes.contains(&format!("{full}: no answer")), "{outcomes}");
    }
}

#[actix_web::test]
async fn an_address_that_does_not_speak_tls_is_passed_over_and_each_is_named() {
    let url: Url = "https://localhost/".parse().expect("a URL");
    let (trusted, other) = (certificate(), certificate());
    let (good, untrusted) = (secure(&trusted).await, secure(&other).await);
    let ((_listener, silent), refusing) = (silent(), refusing());
    for addresses in [
        vec![good],
        vec![silent, good],
        vec![untrusted, good],
        vec![silent, refusing, untrusted, good],
    ] {
        let tried = Tried::default();
        let all = VecDeque::from(addresses.clone());
        let connected = connector(Some(&trusted)).first_of(&url, all, &tried).await;
        assert!(connected.is_ok(), "{addresses:?}: {}", tried.outcomes());
    }
    let refused = [
        (vec![untrusted], vec![(untrusted, "invalid peer certificate")]),
        (vec![silent, refusing], vec![(silent, "no answer"), (refusing, "Connection refused")]),
    ];
    for (addresses, expected) in refused {
        let (tried, connector) = (Tried::default(), connector(Some(&trusted)));
        let connecting = connector.first_of(&url, VecDeque::from(addresses), &tried);
        let limited = tokio::time::timeout(Duration::from_millis(600), connecting).await;
        assert!(!matches!(limited, Ok(Ok(_))), "{}", tried.outcomes());
        let outcomes = tried.outcomes();
        for (address, outcome) in expected {
            assert!(outcomes.contains(&format!("{address}: {outcome}")), "{outcomes}");
        }
    }
}
