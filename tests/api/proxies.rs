//! Issuers behind an HTTP proxy: tunnels to a server under a private certificate authority.

pub(crate) mod http_proxy;
mod introspection;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use actix_resource_server::issuer::{IssuerStatus, KeyRefresh, Proxies};
use actix_resource_server::testing::TestIssuer;
use actix_resource_server::verifier::Verifier;

use self::http_proxy::{HttpProxy, Mode};
use crate::check_advice::tls_issuer::{Authority, Chain, TlsIssuer};
use crate::command_line::{flat, run_in};
use crate::test_app::AUDIENCE;

const ISSUER: &str = "https://issuer.example/";

/// `me:hush`.
const BASIC: &str = "Basic bWU6aHVzaA==";

/// An issuer with a certificate for `issuer.example`, and the file of its authority.
struct PrivateIssuer {
    server: TlsIssuer,
    ca_file: PathBuf,
}

impl PrivateIssuer {
    fn start(name: &str) -> Self {
        Self::serving(name, TlsIssuer::start)
    }

    fn serving(name: &str, serve: impl FnOnce(Chain) -> TlsIssuer) -> Self {
        let authority = Authority::root("Private");
        let server = serve(authority.server(&["issuer.example"], false));
        let file = format!("proxies-{name}-{}.pem", std::process::id());
        let ca_file = std::env::temp_dir().join(file);
        std::fs::write(&ca_file, authority.pem()).expect("a file");
        Self { server, ca_file }
    }

    fn port(&self) -> u16 {
        self.server.port()
    }
}

impl Drop for PrivateIssuer {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.ca_file));
    }
}

fn proxies(address: &str) -> Proxies {
    let mut proxies = Proxies::default();
    proxies.https = Some(address.parse().expect("a proxy"));
    proxies.http = proxies.https.clone();
    proxies
}

/// The status of the issuer after the first attempt to fetch its keys.
async fn attempt(issuer: &str, proxies: Proxies, ca_file: Option<&PathBuf>) -> IssuerStatus {
    let refresh = KeyRefresh {
        plain_http: "issuer.example".parse().expect("a host"),
        fetch_timeout: Duration::from_millis(1500),
        ..KeyRefresh::default()
    };
    let mut builder =
        Verifier::builder().key_refresh(refresh).issuer(issuer).audience(AUDIENCE).proxies(proxies);
    if let Some(path) = ca_file {
        builder = builder.key_fetch_ca_file(path);
    }
    assert!(!format!("{builder:?}").contains("hush"), "{builder:?}");
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    verifier.issuers().remove(0)
}

#[actix_web::test]
async fn https_goes_through_a_tunnel_and_the_certificate_is_that_of_the_issuer() {
    let issuer = PrivateIssuer::start("tunnel");
    let proxy = HttpProxy::start(Mode::Works { port: issuer.port() });
    let through = || proxies(&format!("http://{}", proxy.address()));
    let status = attempt(ISSUER, through(), Some(&issuer.ca_file)).await;
    assert_eq!((status.fault.as_deref(), status.is_ready()), (None, true));
    let requests = proxy.requests();
    assert_eq!(requests.len(), 2, "metadata and keys: {requests:?}");
    for head in &requests {
        assert!(head.starts_with("CONNECT issuer.example:443 HTTP/1.1\r\n"), "RFC 9110 9.3.6");
        let head = head.to_lowercase();
        assert!(head.contains("\r\nhost: issuer.example:443\r\n"), "RFC 9112 3.2.3: {head}");
        assert!(head.contains("\r\nuser-agent: actix-resource-server/"), "{head}");
        assert!(!head.contains("proxy-authorization"), "{head}");
    }
    let status = attempt(ISSUER, through(), None).await;
    let fault = status.fault.expect("a fault");
    assert!(fault.contains("certificate of https://issuer.example/"), "{fault}");
    assert!(fault.contains("does not lead to a certificate authority"), "{fault}");
}

#[actix_web::test]
async fn each_fault_of_a_proxy_is_named_and_credentials_are_not_shown() {
    let issuer = PrivateIssuer::start("faults");
    let port = issuer.port();
    let demands = Mode::Demands { authorization: BASIC, port };
    let answers = Mode::Answers;
    let table = [
        ("me:hush@", demands, None),
        ("", demands, Some("it demands credentials (407)")),
        ("me:hush2@", demands, Some("it rejects the credentials (407)")),
        (
            "me:hush@",
            answers("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
            Some("it does not connect to issuer.example:443 (403)"),
        ),
        (
            "",
            answers("HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n"),
            Some("it does not connect to issuer.example:443 (302)"),
        ),
        ("me:hush@", answers("220 smtp.example\r\n"), Some("does not answer as an HTTP proxy")),
        ("me:hush@", Mode::Closes, Some("does not answer as an HTTP proxy")),
        ("me:hush@", Mode::Hangs, Some("did not answer within 1.5 s (connecting to the proxy ")),
    ];
    for (credentials, mode, expected) in table {
        let proxy = HttpProxy::start(mode);
        let proxies = proxies(&format!("http://{credentials}{}", proxy.address()));
        let began = Instant::now();
        let status = attempt(ISSUER, proxies, Some(&issuer.ca_file)).await;
        assert!(began.elapsed() < Duration::from_secs(4), "{mode:?}: {:?}", began.elapsed());
        let Some(expected) = expected else {
            assert_eq!(status.fault, None, "RFC 7617 2");
            continue;
        };
        let fault = status.fault.expect("a fault");
        assert!(fault.contains(expected), "{mode:?}: {fault}");
        assert!(fault.contains(&format!("the proxy {}", proxy.address())), "{fault}");
        assert!(!fault.contains("hush") && !fault.contains("bWU6"), "{fault}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let proxies = proxies(&format!("me:hush@{}", closed.expect("an address")));
    let fault = attempt(ISSUER, proxies, None).await.fault.expect("a fault");
    assert!(fault.contains("it cannot be reached: Connection refused"), "{fault}");
}

#[actix_web::test]
async fn plain_http_is_forwarded_with_whole_urls_and_credentials() {
    let proxy = HttpProxy::start(Mode::Demands { authorization: BASIC, port: 0 });
    let through = |credentials: &str| proxies(&format!("http://{credentials}{}", proxy.address()));
    let status = attempt("http://issuer.example", through("me:hush@"), None).await;
    assert_eq!((status.fault.as_deref(), status.is_ready()), (None, true));
    let requests = proxy.requests();
    let first = "GET http://issuer.example/.well-known/openid-configuration HTTP/1.1\r\n";
    assert!(requests[0].starts_with(first), "RFC 9112 3.2.2: {requests:?}");
    assert!(requests[1].starts_with("GET http://issuer.example/keys HTTP/1.1\r\n"));
    let fault = attempt("http://issuer.example", through(""), None).await.fault.expect("a fault");
    assert!(fault.contains("it demands credentials (407)"), "{fault}");
}

#[actix_web::test]
async fn loopback_is_never_reached_through_a_proxy() {
    let issuer = TestIssuer::start();
    let proxy = HttpProxy::start(Mode::Closes);
    let status = attempt(issuer.url(), proxies(&proxy.address().to_string()), None).await;
    assert_eq!((status.fault, proxy.requests().len()), (None, 0));
}

#[test]
fn the_service_reads_the_variables_that_every_program_reads() {
    let issuer = PrivateIssuer::start("variables");
    let demands = Mode::Demands { authorization: BASIC, port: issuer.port() };
    let check = |variable: &str, credentials: &str| {
        let proxy = HttpProxy::start(demands);
        let url = format!("http://{credentials}@{}", proxy.address());
        let ca_file = issuer.ca_file.to_str().expect("a path");
        let variables = [
            (variable, url.as_str()),
            ("KEY_FETCH_CA_FILE", ca_file),
            ("ISSUER_BASE_URL", ISSUER),
            ("AUDIENCE", AUDIENCE),
        ];
        let (code, text) = run_in(&variables, &["check"]);
        (code, flat(&text))
    };
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let (code, text) = check(variable, "me:hush");
        assert_eq!(code, 0, "{text}");
        let (code, text) = check(variable, "me:hush2");
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("it rejects the credentials (407)"), "{text}");
        assert!(text.contains("HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
}
