//! Requests through a proxy over real sockets: what it gets, and what its answers tell.

use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::issuer::guarded_client::{
    BodyOf, GuardedClient, GuardedRequest, GuardedResponse, Limits,
};
use crate::issuer::tls::tls_from_machine;
use crate::issuer::{IssuerFault, Proxies, ProxyFault};

/// What the proxy does after the head of a request.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Stay,
}

/// A proxy that answers each request with `answer`. Returns its address and the heads of the requests.
async fn proxy(answer: &'static str, then: Then) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, heads) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                let _ = sender.send(String::from_utf8_lossy(&head).to_lowercase());
                let _ = stream.write_all(answer.as_bytes()).await;
                if matches!(then, Then::Stay) {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            });
        }
    });
    (address, heads)
}

async fn get(url: &str, proxy: &str, wait: Duration) -> Result<GuardedResponse, IssuerFault> {
    let proxy = Some(proxy.parse().expect("a proxy"));
    let mut proxies = Proxies::default();
    (proxies.https, proxies.http) = (proxy.clone(), proxy);
    let client = GuardedClient::new(tls_from_machine(None).expect("TLS"), proxies);
    let url = url.parse().expect("a URL");
    let request = GuardedRequest {
        method: Method::GET,
        url: &url,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    client.send(request, Limits::from_now(wait, 64, BodyOf::Success)).await
}

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

#[actix_web::test]
async fn plain_http_is_forwarded_with_the_credentials_for_the_proxy() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    for (credentials, field) in [("", None), ("me:hush@", Some("basic bwu6ahvzaa=="))] {
        let (address, mut heads) = proxy(answer, Then::Close).await;
        let proxy = format!("{credentials}{address}");
        let response = get("http://issuer.example/keys?a=b", &proxy, LONG).await;
        assert_eq!(&*response.expect("a response").body, b"{}");
        let head = heads.recv().await.expect("a request");
        assert!(
            head.starts_with("get http://issuer.example/keys?a=b http/1.1\r\n"),
            "RFC 9112 3.2.2"
        );
        let sent = head.lines().find_map(|line| line.strip_prefix("proxy-authorization: "));
        assert_eq!(sent, field, "RFC 9110 11.7.2");
    }
}

#[actix_web::test]
async fn https_goes_through_a_tunnel_with_the_credentials_for_the_proxy() {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    for (credentials, field) in [("", None), ("me:hush@", Some("basic bwu6ahvzaa=="))] {
        let (address, mut heads) = proxy(refused, Then::Close).await;
        let proxy = format!("{credentials}{address}");
        assert!(get("https://issuer.example/keys", &proxy, LONG).await.is_err());
        let head = heads.recv().await.expect("a request");
        assert!(
            head.starts_with("connect issuer.example:443 http/1.1\r\n"),
            "RFC 9110 9.3.6: {head}"
        );
        assert!(head.contains("\r\nhost: issuer.example:443\r\n"), "RFC 9112 3.2: {head}");
        let sent = head.lines().find_map(|line| line.strip_prefix("proxy-authorization: "));
        assert_eq!(sent, field, "RFC 9110 11.7.2");
    }
}

#[actix_web::test]
async fn what_the_proxy_answers_is_told_from_what_the_issuer_answers() {
    let needed = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let (http, https) = ("http://issuer.example/", "https://issuer.example/");
    let target = "issuer.example:443".to_owned();
    let table = [
        (http, "", needed, Some(ProxyFault::CredentialsNeeded { sent: false })),
        (http, "me:hush@", needed, Some(ProxyFault::CredentialsNeeded { sent: true })),
        (http, "", refused, None),
        (https, "", needed, Some(ProxyFault::CredentialsNeeded { sent: false })),
        (https, "me:hush@", needed, Some(ProxyFault::CredentialsNeeded { sent: true })),
        (https, "", refused, Some(ProxyFault::Refused { target, status: 403 })),
    ];
    for (url, credentials, answer, expected) in table {
        let (address, _heads) = proxy(answer, Then::Close).await;
        let found = match get(url, &format!("{credentials}{address}"), LONG).await {
            Err(IssuerFault::Proxy { fault, proxy, .. }) => {
                assert_eq!(proxy, address, "without the credentials");
                Some(fault)
            }
            Ok(response) => {
                assert_eq!(response.status.as_u16(), 403, "the issuer may have refused");
                None
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected, "RFC 9110 15.5.8: {url} {answer}");
    }
    let (address, _heads) = proxy("HTTP/1.1 200 OK\r\n\r\n", Then::Close).await;
    let fault = get(https, &address, LONG).await.expect_err("no TLS behind the proxy");
    assert!(fault.to_string().contains("behind the proxy"), "{fault}");
}

#[actix_web::test]
async fn a_request_that_takes_too_long_says_how_far_it_came() {
    let tunnel = "HTTP/1.1 200 OK\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    let table = [
        ("https://issuer.example/", "", "the proxy {}: no answer"),
        ("https://issuer.example/", tunnel, "it through the proxy {}: no TLS"),
        ("http://issuer.example/", "", "it through the proxy {}: no answer"),
        ("http://issuer.example/", head, "it through the proxy {}: no answer"),
    ];
    for (url, answer, expected) in table {
        let (address, _heads) = proxy(answer, Then::Stay).await;
        match get(url, &address, SHORT).await {
            Err(IssuerFault::TimedOut { tried, .. }) => {
                assert_eq!(tried, expected.replace("{}", &address));
            }
            other => panic!("{:?}", other.err()),
        }
    }
    // Without a proxy, nothing is left to say once the issuer is connected.
    let (address, _heads) = proxy("", Then::Stay).await;
    match get(&format!("http://{address}/"), "unused.example:1", SHORT).await {
        Err(IssuerFault::TimedOut { tried, .. }) => assert_eq!(tried, ""),
        other => panic!("{:?}", other.err()),
    }
}
