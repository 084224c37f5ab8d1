//! Responses and requests over real sockets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::issuer::tls::{NoTls, tls_from_machine};
use crate::issuer::{CertificateFault, Proxies};

const LIMIT: usize = 1024;

fn client(ca_file: Option<&Path>) -> GuardedClient {
    GuardedClient::new(tls_from_machine(ca_file).expect("TLS"), Proxies::default())
}

fn fetcher() -> Fetcher {
    let refresh = KeyRefresh { max_response_bytes: LIMIT, ..KeyRefresh::default() };
    Fetcher::new(client(None), &refresh)
}

fn condition(etag: Option<&str>, current: bool) -> Condition<'_> {
    let deadline = Instant::now().checked_add(Duration::from_secs(20));
    Condition { etag, current, deadline, token: None }
}

/// Answers one request with these bytes, then closes. Returns the result and the request.
async fn exchange(
    response: impl Into<Vec<u8>>,
    condition: Condition<'_>,
) -> (Result<Response, IssuerFault>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let response = response.into();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.expect("a request"));
        }
        // The client may have closed because the response is too large.
        let _ = stream.write_all(&response).await;
        let _ = stream.shutdown().await;
        String::from_utf8(request).expect("ASCII")
    });
    let url = format!("http://localhost:{port}/keys?x=1").parse().expect("a URL");
    let result = fetcher().get(&url, condition).await;
    (result, server.await.expect("no panic"))
}

/// The document that these bytes are read as; none if the response is rejected.
async fn document(response: impl Into<Vec<u8>>) -> Option<String> {
    match exchange(response, condition(None, false)).await.0 {
        Ok(Response { content: Content::Document(document), .. }) => {
            Some(String::from_utf8(document).expect("text"))
        }
        _ => None,
    }
}

fn with_fields(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("X-Field-{n}: value\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\n{{}}")
}

#[actix_web::test]
async fn each_form_of_a_complete_response_is_read_and_no_other() {
    let head = "HTTP/1.1 200 OK\r\n";
    let table = [
        ("9112 6.3: until the end", format!("{head}\r\n{{}}"), Some("{}")),
        ("9112 6.3: HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n{}".to_owned(), Some("{}")),
        ("9112 6.2: length", format!("{head}Content-Length: 2\r\n\r\n{{}}"), Some("{}")),
        (
            "9112 7.1: chunks",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n"),
            Some("{}"),
        ),
        (
            "9110 15.2: interim responses",
            format!(
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
                 HTTP/1.1 102 Processing\r\n\r\n{head}Content-Length: 2\r\n\r\n{{}}"
            ),
            Some("{}"),
        ),
        ("9110 8.4: no coding", format!("{head}Content-Encoding:\r\n\r\n{{}}"), Some("{}")),
        ("9110 8.4.1", format!("{head}Content-Encoding: identity\r\n\r\n{{}}"), Some("{}")),
        ("many fields", with_fields(200), Some("{}")),
        // Neighbors that stay rejected.
        ("9112 8: cut short", format!("{head}Content-Length: 3\r\n\r\n{{}}"), None),
        (
            "9112 8: chunks cut short",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
            None,
        ),
        ("9110 8.4: compressed", format!("{head}Content-Encoding: gzip\r\n\r\n{{}}"), None),
        ("too many fields", with_fields(300), None),
        ("too large", format!("{head}\r\n{}", "x".repeat(LIMIT + 1)), None),
        ("9110 15.2: an interim response alone", "HTTP/1.1 103 Hints\r\n\r\n".to_owned(), None),
        ("9112 4: not HTTP", "{}".to_owned(), None),
        ("nothing", String::new(), None),
    ];
    for (row, response, expected) in table {
        assert_eq!(document(response).await.as_deref(), expected, "RFC {row}");
    }
}

#[actix_web::test]
async fn a_response_that_is_too_large_is_named_so_whether_its_length_is_stated_or_not() {
    let body = "x".repeat(LIMIT + 1);
    let stated = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for response in [stated, format!("HTTP/1.1 200 OK\r\n\r\n{body}")] {
        let (result, _) = exchange(response, condition(None, false)).await;
        assert!(matches!(result, Err(IssuerFault::TooLarge { limit: LIMIT, .. })), "{result:?}");
    }
}

#[actix_web::test]
async fn a_redirect_is_not_followed_and_its_host_is_named() {
    let location = "Location: https://login.example:8443/keys\r\nContent-Length: 0";
    let (result, _) =
        exchange(format!("HTTP/1.1 302 Found\r\n{location}\r\n\r\n"), condition(None, false)).await;
    let response = result.expect("a response");
    assert!(matches!(response.content, Content::Nothing { status: 302 }));
    let host = response.head.redirect_host.map(|host| host.to_string());
    assert_eq!(host.as_deref(), Some("login.example"));
}

#[actix_web::test]
async fn the_request_says_what_it_wants_and_nothing_else() {
    let (result, request) =
        exchange("HTTP/1.1 304 Not Modified\r\n\r\n", condition(Some("\"a\""), true)).await;
    assert!(matches!(result.map(|it| it.content), Ok(Content::Unchanged)));
    let mut lines: Vec<&str> = request.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "GET /keys?x=1 HTTP/1.1");
    lines.sort_unstable();
    let (host, user_agent) = (lines[4], lines[6]);
    assert!(host.starts_with("host: localhost:"), "RFC 9112 3.2: {host}");
    assert!(user_agent.starts_with("user-agent: actix-resource-server/"), "{user_agent}");
    let expected = [
        "accept-encoding: identity",
        "accept: application/jwk-set+json, application/json, */*;q=0.1",
        "cache-control: no-cache",
        "connection: close",
        host,
        "if-none-match: \"a\"",
        user_agent,
    ];
    // RFC 9110 section 8.6: no Content-Length, since a GET has no content.
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(lines, expected);

    let (_, request) = exchange("HTTP/1.1 200 OK\r\n\r\n{}", condition(None, false)).await;
    assert!(!request.contains("cache-control") && !request.contains("if-none-match"), "{request}");
}

#[actix_web::test]
async fn a_silent_server_is_given_up_in_time_and_a_dead_one_is_named_by_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let url: Url = format!("http://127.0.0.1:{}/", address.port()).parse().expect("a URL");
    let deadline = Instant::now().checked_add(Duration::from_millis(300));
    let silent =
        fetcher().get(&url, Condition { etag: None, current: false, deadline, token: None }).await;
    assert!(matches!(silent, Err(IssuerFault::TimedOut { .. })), "{silent:?}");
    drop(listener);
    let dead = fetcher().get(&url, condition(None, false)).await;
    let Err(IssuerFault::Unreachable { reason, .. }) = dead else { panic!("{dead:?}") };
    assert!(reason.starts_with(&format!("{address}: Connection refused")), "{reason}");
}

#[actix_web::test]
async fn a_token_is_sent_as_a_bearer_token() {
    let condition = Condition { token: Some("hush"), ..condition(None, false) };
    assert!(!format!("{condition:?}").contains("hush"));
    let (_, request) = exchange("HTTP/1.1 200 OK\r\n\r\n{}", condition).await;
    assert!(request.contains("\r\nauthorization: Bearer hush\r\n"), "{request}");
}

#[actix_web::test]
async fn a_private_certificate_authority_is_trusted_where_its_file_is_named() {
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = server.signed_by(&key, &issuer).expect("a certificate");

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = vec![certificate.der().clone()];
    let der = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, der)
        .expect("a server");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
            let _ = stream.write_all(response).await;
            let _ = stream.shutdown().await;
        }
    });

    let path = std::env::temp_dir().join(format!("private-ca-{}.pem", std::process::id()));
    std::fs::write(&path, ca_certificate.pem()).expect("a file");
    let url: Url = format!("https://localhost:{port}/").parse().expect("a URL");
    let refresh = KeyRefresh::default();
    let trusting = Fetcher::new(client(Some(&path)), &refresh);
    std::fs::write(&path, "no certificate").expect("a file");
    let useless = tls_from_machine(Some(&path)).map(drop);
    std::fs::remove_file(&path).expect("a file");
    let missing = tls_from_machine(Some(&path)).map(drop);

    let trusted = trusting.get(&url, condition(None, false)).await;
    assert!(matches!(trusted.map(|it| it.content), Ok(Content::Document(_))));
    let other = Fetcher::new(client(None), &refresh);
    let stranger = other.get(&url, condition(None, false)).await;
    let unknown = CertificateFault::UnknownAuthority;
    assert!(matches!(stranger, Err(IssuerFault::Certificate { fault, .. }) if fault == unknown));
    assert!(matches!(useless, Err(NoTls::CaFile { .. })), "{useless:?}");
    assert!(matches!(missing, Err(NoTls::CaFile { .. })), "{missing:?}");
}

#[actix_web::test]
async fn a_response_that_is_cut_short_is_unreachable_with_every_cause() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}";
    let (result, _) = exchange(cut, condition(None, false)).await;
    let Err(IssuerFault::Unreachable { reason, .. }) = result else {
        panic!("RFC 9112 8: {result:?}");
    };
    assert!(reason.contains(": ") && reason.contains("message"), "{reason}");
}

#[actix_web::test]
async fn nothing_is_unchanged_if_nothing_was_known() {
    let response = "HTTP/1.1 304 Not Modified\r\n\r\n";
    let (known, _) = exchange(response, condition(Some("\"a\""), false)).await;
    assert!(matches!(known.map(|it| it.content), Ok(Content::Unchanged)), "RFC 9110 15.4.5");
    let (unknown, _) = exchange(response, condition(None, false)).await;
    let content = unknown.map(|it| it.content);
    assert!(matches!(content, Ok(Content::Nothing { status: 304 })), "RFC 9110 15.4.5");
}
