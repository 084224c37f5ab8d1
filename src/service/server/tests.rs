//! Request bodies and expectations, with handlers that read the body and handlers that do not.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::spawn_blocking;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse};
use futures_core::Stream;

use super::*;
use crate::service::responses::Responses;
use crate::service::server::request_limits::RequestLimits;
use crate::service::settings::Limits;

/// A server with a handler that reads the body, one that does not, and one that rejects the request.
fn start(body_size: usize) -> (SocketAddr, ServerHandle) {
    let second = Duration::from_secs(1);
    let limits = Limits {
        connections: 10,
        connections_per_address: None,
        head_size: 8192,
        body_size,
        head_timeout: second,
        body_timeout: second,
        stall_timeout: second,
        keep_alive: 30 * second,
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let builder = Server::build().workers(1).disable_signals();
    let (acceptor, shutdown) = (Acceptor::new(limits, None), builder.graceful_shutdown_signal());
    let application = move || {
        let applications = [(); 2].map(|()| {
            let request_limits = RequestLimits {
                body_size,
                body_timeout: second,
                shutdown_state: ShutdownState::default(),
            };
            App::new()
                .app_data(web::PayloadConfig::new(1 << 20))
                .route("/read", web::post().to(async |body: Bytes| body.len().to_string()))
                .route("/stream", web::post().to(stream))
                .route("/unread", web::post().to(async |_: HttpRequest| "unread"))
                .route("/rejected", web::post().to(HttpResponse::Unauthorized))
                .service(web::resource("/readable").get(async || "readable"))
                .wrap(request_limits)
                .wrap(Responses)
        });
        acceptor.clone().http_service(applications, shutdown.clone())
    };
    let server = builder.listen("test", listener, application).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (address, handle)
}

/// Reads the body without asking for its length first.
async fn stream(mut body: web::Payload) -> actix_web::Result<String> {
    let mut size = 0;
    while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
        size += piece?.len();
    }
    Ok(size.to_string())
}

/// Sends the pieces and returns all that came back until the server closed.
async fn answer(address: SocketAddr, pieces: Vec<Vec<u8>>, pause: Duration) -> String {
    let client = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        for piece in pieces {
            if stream.write_all(&piece).is_err() {
                break;
            }
            std::thread::sleep(pause);
        }
        let mut answer = Vec::new();
        // What is read before a reset counts too.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    client.await.unwrap()
}

fn post(path: &str, fields: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n").into_bytes()
}

#[actix_web::test]
async fn body_size_is_limited() {
    let (address, server) = start(1000);
    let close = "Connection: close\r\n";
    let chunk = |size: usize| format!("{size:x}\r\n{}\r\n", "a".repeat(size)).into_bytes();
    let table = [
        (
            "as large as may be",
            format!("{close}Content-Length: 1000"),
            vec![vec![b'a'; 1000]],
            "200",
        ),
        ("a byte more", format!("{close}Content-Length: 1001"), vec![vec![b'a'; 1001]], "413"),
        (
            "in chunks, as large as may be",
            format!("{close}Transfer-Encoding: chunked"),
            vec![chunk(500), chunk(500), b"0\r\n\r\n".to_vec()],
            "200",
        ),
        (
            "in chunks, a byte more",
            format!("{close}Transfer-Encoding: chunked"),
            vec![chunk(500), chunk(501), b"0\r\n\r\n".to_vec()],
            "413",
        ),
    ];
    for (what, fields, body, status) in table {
        let pieces = [vec![post("/read", &fields)], body].concat();
        let answer = answer(address, pieces, Duration::ZERO).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        let is_problem = answer.contains("application/problem+json");
        assert_eq!(is_problem, status != "200", "RFC 9457: {what}: {answer}");
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn slow_body_times_out() {
    let (address, server) = start(1000);
    for fields in ["Content-Length: 900", "Transfer-Encoding: chunked"] {
        let drip = match fields.starts_with("Content") {
            true => b"a".to_vec(),
            false => b"1\r\na\r\n".to_vec(),
        };
        let mut pieces = vec![post("/read", fields)];
        pieces.extend(std::iter::repeat_n(drip, 100));
        let answer = answer(address, pieces, Duration::from_millis(50)).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "RFC 9110 15.5.9: {fields}: {answer}");
        assert!(answer.contains("application/problem+json"), "{fields}: {answer}");
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn complete_body_keeps_the_connection_open() {
    let (address, server) = start(1000);
    let whole = [post("/read", "Content-Length: 3"), b"abc".to_vec()].concat();
    let last = post("/unread", "Connection: close\r\nContent-Length: 0");
    let answer = answer(address, vec![whole.clone(), whole, last], Duration::from_millis(1)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 3, "{answer}");
    server.stop(false).await;
}

/// What came back before the body was sent, and after.
async fn expecting(address: SocketAddr, path: &str, fields: &str, body: &[u8]) -> [String; 2] {
    let head = post(path, &format!("Expect: 100-continue\r\n{fields}"));
    let body = body.to_vec();
    let client = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(&head).unwrap();
        let mut before = vec![0; 4096];
        let size = stream.read(&mut before).unwrap();
        before.truncate(size);
        let mut after = Vec::new();
        if before.starts_with(b"HTTP/1.1 100 ") {
            stream.write_all(&body).unwrap();
            let mut piece = [0; 4096];
            let size = stream.read(&mut piece).unwrap();
            after.extend(&piece[..size]);
        }
        [before, after].map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    });
    client.await.unwrap()
}

#[actix_web::test]
async fn body_is_asked_for_when_a_handler_reads_it() {
    let (address, server) = start(1000);
    let length = |length: usize| format!("Content-Length: {length}");
    let chunked = "Transfer-Encoding: chunked".to_owned();
    let table: [(&str, String, &[u8], &str); 3] = [
        ("/read", length(3), b"abc", "3"),
        ("/stream", length(3), b"abc", "3"),
        ("/stream", chunked, b"3\r\nabc\r\n0\r\n\r\n", "3"),
    ];
    for (path, fields, body, expected) in table {
        let [before, after] = expecting(address, path, &fields, body).await;
        assert_eq!(before, "HTTP/1.1 100 Continue\r\n\r\n", "RFC 9110 10.1.1: {path} {fields}");
        assert!(after.starts_with("HTTP/1.1 200 "), "{path}: {after}");
        assert!(after.ends_with(&format!("\r\n\r\n{expected}")), "{path}: {after}");
    }
    let large = length(50_000_000);
    let table = [
        ("/rejected", &large, "401"),
        ("/nothing", &large, "404"),
        ("/readable", &large, "405"),
        ("/read", &large, "413"),
        ("/stream", &length(1001), "413"),
        ("/unread", &length(3), "200"),
    ];
    for (path, fields, status) in table {
        let [before, after] = expecting(address, path, fields, b"").await;
        assert!(before.starts_with(&format!("HTTP/1.1 {status} ")), "RFC 9110 10.1.1: {before}");
        assert_eq!(after, "", "{path}");
        assert!(before.to_lowercase().contains("connection: close\r\n"), "{path}: {before}");
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn interim_response_comes_between_the_responses_of_pipelined_requests() {
    let (address, server) = start(1000);
    let first = [post("/read", "Content-Length: 3"), b"abc".to_vec()].concat();
    let head = post("/stream", "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 4");
    let pieces = vec![[first, head].concat(), b"abcd".to_vec()];
    let answer = answer(address, pieces, Duration::from_millis(200)).await;
    let places = ["\r\n\r\n3HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", "\r\n\r\n4"];
    let places = places.map(|text| answer.find(text));
    assert!(places[0].is_some() && places[0] < places[1], "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn body_that_is_there_already_is_not_asked_for() {
    let (address, server) = start(1000);
    let head = post("/read", "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3");
    let whole = answer(address, vec![[head, b"abc".to_vec()].concat()], Duration::ZERO).await;
    assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
    let head = "POST /read HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let pieces = vec![head.as_bytes().to_vec(), b"abc".to_vec()];
    let old = answer(address, pieces, Duration::from_millis(100)).await;
    assert!(old.starts_with("HTTP/1.0 200 "), "RFC 9110 10.1.1: {old}");
    server.stop(false).await;
}
