//! Load generator: back-to-back requests over persistent connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Default number of concurrent connections.
pub(crate) const CONNECTIONS: usize = 32;

/// Sends requests back to back on every connection for `spell`, and counts the responses.
pub(crate) fn run(
    address: SocketAddr,
    request: &str,
    status: u16,
    connections: usize,
    spell: Duration,
) -> u64 {
    let end = Instant::now() + spell;
    ask(address, request, status, connections, |_| Instant::now() < end)
}

/// Sends exactly this many requests over one connection.
pub(crate) fn send(address: SocketAddr, request: &str, status: u16, requests: u64) {
    ask(address, request, status, 1, |answered| answered < requests);
}

/// Sends each of these requests once over one connection; each must get 200.
pub(crate) fn send_each(address: SocketAddr, requests: impl Iterator<Item = String>) {
    actix_rt::System::new().block_on(async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let mut buffer = vec![0; 16 * 1024];
        for request in requests {
            first_answer(&mut stream, &request, 200, &mut buffer).await;
        }
    });
}

fn ask(
    address: SocketAddr,
    request: &str,
    status: u16,
    connections: usize,
    goes_on: impl Fn(u64) -> bool,
) -> u64 {
    actix_rt::System::new().block_on(async {
        let connections = (0..connections).map(|_| connection(address, request, status, &goes_on));
        futures_util::future::join_all(connections).await.into_iter().sum()
    })
}

async fn connection(
    address: SocketAddr,
    request: &str,
    status: u16,
    goes_on: &impl Fn(u64) -> bool,
) -> u64 {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let mut buffer = vec![0; 16 * 1024];
    let length = first_answer(&mut stream, request, status, &mut buffer).await;
    let mut answered = 1;
    while goes_on(answered) {
        stream.write_all(request.as_bytes()).await.expect("a request is sent");
        // Responses to the same request have the same length.
        let mut missing = length;
        while missing > 0 {
            let read = stream.read(&mut buffer).await.expect("an answer is read");
            assert!(read > 0 && read <= missing, "the server closed, or answered something else");
            missing = missing.saturating_sub(read);
        }
        answered += 1;
    }
    answered
}

/// Sends the request once, checks the response, and returns its length.
async fn first_answer(
    stream: &mut TcpStream,
    request: &str,
    status: u16,
    buffer: &mut [u8],
) -> usize {
    stream.write_all(request.as_bytes()).await.expect("a request is sent");
    let mut text = Vec::new();
    loop {
        let read = stream.read(buffer).await.expect("an answer is read");
        assert!(read > 0, "the server closed without an answer");
        text.extend(buffer.iter().take(read));
        let answer = String::from_utf8_lossy(&text);
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let expected = format!("http/1.1 {status} ");
        assert!(head.starts_with(&expected), "not {status}: {answer}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).expect("a length");
        if body.len() == length {
            return text.len();
        }
    }
}
