//! Addresses that fail, over real sockets.

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
    Connector::new(Arc::new(tls), Proxies::default())
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
