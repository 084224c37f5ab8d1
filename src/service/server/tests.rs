//! Bodies, as a server with a handler that reads them takes them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::spawn_blocking;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest};

use super::*;
use crate::service::responses::Responses;
use crate::service::server::request_limits::RequestLimits;
use crate::service::settings::Limits;

/// A server with a handler that reads its body, and one that does not.
fn start(body_size: usize) -> (SocketAddr, ServerHandle) {
    let second = Duration::from_secs(1);
    let limits = Limits {
        connections: 10,
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
        let request_limits = RequestLimits {
            body_size,
            body_timeout: second,
            shutdown_state: ShutdownState::default(),
        };
        let application = App::new()
            .app_data(web::PayloadConfig::new(1 << 20))
            .route("/read", web::post().to(async |body: Bytes| body.len().to_string()))
            .route("/unread", web::post().to(async |_: HttpRequest| "unread"))
            .wrap(request_limits)
            .wrap(Responses);
        acceptor.clone().http_service(application, shutdown.clone())
    };
    let server = builder.listen("test", listener, application).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (address, handle)
}

/// Sends the pieces, and tells all that came back until the server closed.
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
async fn a_body_is_held_to_its_size() {
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
async fn a_body_that_drips_is_answered_in_time() {
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
async fn a_body_that_is_there_does_not_end_the_conversation() {
    let (address, server) = start(1000);
    let whole = [post("/read", "Content-Length: 3"), b"abc".to_vec()].concat();
    let last = post("/unread", "Connection: close\r\nContent-Length: 0");
    let answer = answer(address, vec![whole.clone(), whole, last], Duration::from_millis(1)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 3, "{answer}");
    server.stop(false).await;
}
