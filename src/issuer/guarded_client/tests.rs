//! Kept connections, bodies and limits, over real sockets.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::issuer::tls::tls_from_machine;

/// Answers each request on each connection with `response`; closes a connection after `per_connection`
/// responses. Counts connections.
async fn server(response: String, per_connection: usize) -> (Url, Arc<AtomicUsize>) {
    server_of(std::iter::repeat_n(response, per_connection)).await
}

/// Answers the requests on each connection with these responses, then closes it. After an empty one it
/// closes without an answer.
async fn server_of(
    responses: impl Iterator<Item = String> + Clone + Send + 'static,
) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            count.fetch_add(1, Ordering::SeqCst);
            let responses = responses.clone();
            tokio::spawn(async move {
                for response in responses {
                    let mut request = Vec::new();
                    while !request.ends_with(b"token=a") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        request.push(byte);
                    }
                    let _ = stream.write_all(response.as_bytes()).await;
                }
            });
        }
    });
    (format!("http://127.0.0.1:{port}/introspect").parse().expect("a URL"), connections)
}

fn client(idle: usize) -> GuardedClient {
    let client = GuardedClient::new(tls_from_machine(None).expect("TLS"), Proxies::default());
    if idle == 0 { client } else { client.keeping_connections(idle) }
}

async fn post(client: &GuardedClient, url: &Url) -> Result<GuardedResponse, IssuerFault> {
    post_reading(client, url, BodyOf::Every).await
}

async fn post_reading(
    client: &GuardedClient,
    url: &Url,
    body_of: BodyOf,
) -> Result<GuardedResponse, IssuerFault> {
    let request = GuardedRequest {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"token=a"),
    };
    client.send(request, Limits::from_now(Duration::from_secs(5), 64, body_of)).await
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[actix_web::test]
async fn connections_are_kept_only_where_that_is_asked_for() {
    for (idle, expected) in [(0, 5), (4, 1)] {
        let (url, connections) = server(ok("{}"), usize::MAX).await;
        let client = client(idle);
        for _ in 0..5 {
            let response = post(&client, &url).await.expect("a response");
            assert_eq!((response.status.as_u16(), &*response.body), (200, &b"{}"[..]));
            tokio::task::yield_now().await;
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected, "RFC 9112 9.3");
    }
}

#[actix_web::test]
async fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let (url, connections) = server(ok("{}"), 1).await;
    let client = client(4);
    for _ in 0..4 {
        assert!(post(&client, &url).await.is_ok(), "RFC 9112 9.3.1");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[actix_web::test]
async fn a_request_on_a_kept_connection_is_sent_again_if_the_connection_ends_and_not_otherwise() {
    let (url, connections) = server_of([ok("{}"), String::new()].into_iter()).await;
    let keeping = client(4);
    for _ in 0..3 {
        assert!(post(&keeping, &url).await.is_ok(), "RFC 9112 9.3.1");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);

    let (url, connections) = server_of([ok("{}"), "no HTTP\r\n\r\n".to_owned()].into_iter()).await;
    let keeping = client(4);
    assert!(post(&keeping, &url).await.is_ok());
    let fault = post(&keeping, &url).await;
    assert!(matches!(fault, Err(IssuerFault::Unreachable { .. })), "RFC 9112 4: {fault:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 1, "it did answer");
}

#[actix_web::test]
async fn a_server_that_answers_nothing_is_not_asked_for_ever() {
    let (url, connections) = server(String::new(), 1).await;
    assert!(matches!(post(&client(4), &url).await, Err(IssuerFault::Unreachable { .. })));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn the_body_of_an_error_is_read_within_limits_and_is_optional() {
    let long = "x".repeat(65);
    let error = |fields: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 400 Bad Request\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
    };
    let table = [
        (error("", "{}"), "{}"),
        (error("", &long), ""),
        (error("Content-Encoding: gzip\r\n", "{}"), ""),
    ];
    for (response, expected) in table {
        let (url, _) = server(response, 1).await;
        let response = post(&client(0), &url).await.expect("a response");
        assert_eq!((response.status.as_u16(), &*response.body), (400, expected.as_bytes()));
    }
    let (url, _) = server(ok(&long), 1).await;
    let too_large = post(&client(0), &url).await;
    assert!(matches!(too_large, Err(IssuerFault::TooLarge { limit: 64, .. })), "{too_large:?}");
}

#[actix_web::test]
async fn no_more_connections_are_kept_than_is_allowed() {
    let (url, connections) = server(ok("{}"), usize::MAX).await;
    let client = client(1);
    for expected in [2, 3] {
        let (first, second) = tokio::join!(post(&client, &url), post(&client, &url));
        assert!(first.is_ok() && second.is_ok());
        tokio::task::yield_now().await;
        assert_eq!(connections.load(Ordering::SeqCst), expected, "one of two is kept");
    }
}

#[actix_web::test]
async fn the_body_of_an_error_is_not_waited_for_where_it_is_not_wanted() {
    // The rest of the body never comes.
    let error = "HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\n".to_owned();
    let (url, _) = server(error, usize::MAX).await;
    let response = post_reading(&client(0), &url, BodyOf::Success).await.expect("a response");
    assert_eq!((response.status.as_u16(), response.body.len()), (400, 0));
}
