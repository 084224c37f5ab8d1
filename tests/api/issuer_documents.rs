//! Metadata and key sets in every form that issuers publish them, over real connections: at the second
//! well-known address, with a byte order mark, over plain http.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use actix_resource_server::service::protected_resource;
use actix_resource_server::service::settings::{Settings, SettingsError, arguments};
use actix_resource_server::testing::{SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::Algorithm;
use actix_resource_server::verifier::{VerificationError, Verifier};
use serde_json::json;

use crate::captured_log;
use crate::check_advice::tls_issuer::{Authority, TlsIssuer};
use crate::command_line::{flat, run_in};
use crate::test_app::AUDIENCE;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// A server that answers each path with the bytes of a function, and notes the paths.
struct Server {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// The function is given the path and the server's origin.
    fn start(answers: impl Fn(&str, &str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, stopped) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let server = Self { origin, asked: Arc::clone(&asked), stopped: Arc::clone(&stopped) };
        let origin = server.origin.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Some(path) = path_of_request(&mut stream) else { continue };
                let answer = answers(&path, &origin);
                asked.lock().expect("paths").push(path);
                let _ = stream.write_all(&answer);
            }
        });
        server
    }

    /// The well-known addresses that were asked for, in their order.
    fn asked_for_metadata(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("paths");
        asked.iter().filter(|path| path.contains(".well-known")).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        let address = self.origin.trim_start_matches("http://");
        drop(address.parse().map(|address: SocketAddr| TcpStream::connect(address)));
    }
}

fn path_of_request(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    String::from_utf8(request).ok()?.split(' ').nth(1).map(ToOwned::to_owned)
}

fn answer(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn metadata(issuer: &str, origin: &str) -> String {
    json!({"issuer": issuer, "jwks_uri": format!("{origin}/keys")}).to_string()
}

fn key_set(key: &SigningKey) -> String {
    json!({"keys": [key.public_jwk()]}).to_string()
}

/// A verifier of tokens of this issuer, after its first attempt to obtain the keys.
async fn verifier(issuer: &str) -> Verifier {
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).start();
    let verifier = verifier.expect("a verifier");
    verifier.first_attempts().await;
    verifier
}

fn fault(verifier: &Verifier) -> String {
    verifier.issuers().iter().find_map(|issuer| issuer.fault.clone()).unwrap_or_default()
}

/// RFC 8414 sections 3.1 and 5: the other forms of the address are asked unless one has this issuer's
/// metadata.
#[actix_web::test]
async fn metadata_is_looked_for_at_the_next_address_unless_this_is_too_many_requests() {
    let key = SigningKey::generate(Algorithm::Es256);
    let other = || metadata("https://other.example", "https://other.example");
    let no_metadata = [
        ("a web page", answer("200 OK\r\nContent-Type: text/html", "<!doctype html><html>")),
        ("a redirect", answer("302 Found\r\nLocation: https://www.issuer.example/", "")),
        ("a bad gateway", answer("502 Bad Gateway", "<html>")),
        ("unavailable", answer("503 Service Unavailable\r\nRetry-After: 600", "")),
        ("no content", b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".to_vec()),
        ("not found", answer("404 Not Found", "")),
        ("unauthorized", answer("401 Unauthorized", "")),
        ("an empty object", answer("200 OK", "{}")),
        ("a list", answer("200 OK", "[]")),
        ("metadata of another issuer", answer("200 OK", other())),
    ];
    // The last address of an issuer without a path, and of one with a path.
    for (path, last) in [("", OAUTH), ("/t/1", "/.well-known/openid-configuration/t/1")] {
        for (what, first) in &no_metadata {
            let (first, keys) = (first.clone(), key_set(&key));
            let server = Server::start(move |asked, origin| match asked {
                "/keys" => answer("200 OK", &keys),
                _ if asked == last => {
                    answer("200 OK", metadata(&format!("{origin}{path}"), origin))
                }
                _ => first.clone(),
            });
            let issuer = format!("{}{path}", server.origin);
            let verifier = verifier(&issuer).await;
            let token = TokenMaker::new(&issuer, &key).audience(AUDIENCE).encode();
            let verdict = verifier.verify(&token).await;
            assert!(verdict.is_ok(), "RFC 8414 3.1: {what}: {verdict:?} {}", fault(&verifier));
            assert_eq!(server.asked_for_metadata().last().map(String::as_str), Some(last));
        }
    }

    let page = || answer("200 OK", "<html>");
    let table = [
        // The issuer is not asked again at once (RFC 6585 section 4).
        (answer("429 Too Many Requests", ""), None, "answered 429", 1),
        // The first fault is reported if no address has the metadata.
        (answer("502 Bad Gateway", ""), Some(page()), "answered 502", 2),
        (page(), Some(answer("404 Not Found", "")), "not one JSON object", 2),
        (answer("404 Not Found", ""), Some(answer("200 OK", other())), "answered 404", 2),
    ];
    for (first, second, expected, count) in table {
        let (keys, first_of_all) = (key_set(&key), first.clone());
        let server = Server::start(move |asked, origin| match (asked, &second) {
            (OPENID, _) => first_of_all.clone(),
            (OAUTH, Some(second)) => second.clone(),
            ("/keys", _) => answer("200 OK", &keys),
            _ => answer("200 OK", metadata(origin, origin)),
        });
        let verifier = verifier(&server.origin).await;
        let (found, asked) = (fault(&verifier), server.asked_for_metadata());
        assert!(found.contains(expected), "{expected}: {found}");
        assert_eq!(asked.len(), count, "{expected}: {asked:?}");
        assert_eq!(asked.first().map(String::as_str), Some(OPENID));
        let token = TokenMaker::new(&server.origin, &key).audience(AUDIENCE).encode();
        let verdict = verifier.verify(&token).await.map(drop);
        let is_undecided = matches!(verdict, Err(VerificationError::KeysUnavailable { .. }));
        assert!(is_undecided, "{expected}: {verdict:?}");
    }
}

/// RFC 8259 section 8.1: one mark before a document is ignored.
#[actix_web::test]
async fn a_byte_order_mark_is_ignored_in_documents_and_in_no_token() {
    const MARK: &str = "\u{feff}";
    let two = format!("{MARK}{MARK}");
    let table = [
        ("in the metadata", MARK, "", true),
        ("in the key set", "", MARK, true),
        ("in both", MARK, MARK, true),
        ("two in the metadata", &two, "", false),
        ("two in the key set", "", &two, false),
        ("after a space", " \u{feff}", "", false),
        ("not of UTF-8", "\u{fffe}", "", false),
    ];
    let key = SigningKey::generate(Algorithm::Es256);
    for (what, in_metadata, in_keys, is_read) in table {
        let (in_metadata, keys) = (in_metadata.to_owned(), format!("{in_keys}{}", key_set(&key)));
        let server = Server::start(move |path, origin| match path {
            "/keys" => answer("200 OK", &keys),
            _ => answer("200 OK", format!("{in_metadata}{}", metadata(origin, origin))),
        });
        let verifier = verifier(&server.origin).await;
        let token = || TokenMaker::new(&server.origin, &key).audience(AUDIENCE);
        let verdict = verifier.verify(&token().encode()).await.map(drop);
        if !is_read {
            let is_undecided = matches!(verdict, Err(VerificationError::KeysUnavailable { .. }));
            assert!(is_undecided, "RFC 8259 8.1: {what}: {verdict:?}");
            continue;
        }
        assert_eq!(verdict.map_err(|fault| fault.to_string()), Ok(()), "RFC 8259 8.1: {what}");
        let header = json!({"alg": "ES256", "kid": key.id()});
        let claims = json!({"iss": server.origin, "aud": AUDIENCE, "exp": 9_999_999_999_u64});
        for token in [
            token().raw_header(format!("{MARK}{header}")).encode(),
            token().raw_claims(format!("{MARK}{claims}")).encode(),
        ] {
            let verdict = verifier.verify(&token).await.map(drop);
            let is_rejected = matches!(verdict, Err(VerificationError::Rejected(_)));
            assert!(is_rejected, "RFC 7515 2: {verdict:?}");
        }
    }
}

/// An address of this machine that is not loopback. No packet is sent.
pub(crate) fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

fn settings(issuer: &str, allowed: &str) -> Result<Settings, SettingsError> {
    let flags = clap::Command::new("serve").args(arguments()).get_matches_from(["serve"]);
    Settings::load(&flags, |name| match name {
        "ISSUER_BASE_URL" => Some(issuer.to_owned()),
        "AUDIENCE" => Some(AUDIENCE.to_owned()),
        "ALLOW_HTTP_ISSUERS" => Some(allowed.to_owned()),
        _ => None,
    })
}

#[actix_web::test]
async fn plain_http_is_used_for_listed_hosts_alone_and_warned_of() {
    let Some(own) = own_address() else {
        println!("skipped: this machine has no address beside loopback");
        return;
    };
    let issuer = TestIssuer::builder().listen((own, 0).into()).start().expect("an issuer");
    let token = issuer.token().audience(AUDIENCE).encode();
    captured_log::start();
    let listed = [own.to_string(), format!("{own}/31"), format!("keycloak, {own}/16")];
    for (before, allowed) in listed.iter().enumerate() {
        let resource = protected_resource(&settings(issuer.url(), allowed).expect(allowed));
        let resource = resource.expect(allowed);
        let verdict = resource.verifier().verify(&token).await.map(drop);
        assert_eq!(verdict.map_err(|fault| fault.to_string()), Ok(()), "{allowed}");
        let of_issuer = captured_log::lines_with(issuer.url());
        let warnings = of_issuer.iter().filter(|line| line.contains("over plain http"));
        assert_eq!(warnings.count(), before + 1, "{of_issuer:?}");

        let arguments = ["check", "--issuer-base-url", issuer.url(), "--audience", AUDIENCE];
        let (code, text) = run_in(&[("ALLOW_HTTP_ISSUERS", allowed)], &arguments);
        assert_eq!(code, 0, "{text}");
        assert!(
            flat(&text).contains("its keys are fetched over plain http fix: use https"),
            "{text}"
        );
    }
    let asked = issuer.requests();
    for other in ["", "keycloak", "203.0.113.0/24", "localhost"] {
        let error = settings(issuer.url(), other).expect_err(other).to_string();
        assert!(error.contains("ALLOW_HTTP_ISSUERS"), "RFC 8414 2: {other}: {error}");
    }
    assert_eq!(issuer.requests(), asked, "nothing was sent");

    // Metadata of an issuer over https, and of one on this machine, does not lead to plain http.
    let keys = issuer.jwks_uri();
    let root = Authority::root("root");
    let ca = std::env::temp_dir().join(format!("plain-http-{}.pem", std::process::id()));
    std::fs::write(&ca, root.pem()).expect("a file");
    let to_plain = keys.clone();
    let secure = TlsIssuer::answering(root.server(&["localhost"], false), move |head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let own_name = format!("https://{host}/");
        (200, json!({"issuer": own_name, "jwks_uri": to_plain}).to_string())
    });
    let local = Server::start(move |_, origin| {
        answer("200 OK", json!({"issuer": origin, "jwks_uri": keys}).to_string())
    });
    for issuer in [&secure.url(), &local.origin] {
        let allowed = own.to_string();
        let variables = [
            ("ALLOW_HTTP_ISSUERS", allowed.as_str()),
            ("SSL_CERT_FILE", ca.to_str().expect("a path")),
        ];
        let arguments = ["check", "--issuer-base-url", issuer, "--audience", AUDIENCE];
        let (code, text) = run_in(&variables, &arguments);
        assert_eq!(code, 1, "RFC 8414 2: {text}");
        assert!(flat(&text).contains("not safe to fetch"), "{text}");
    }
    assert_eq!(issuer.requests(), asked, "nothing was sent");
    drop(std::fs::remove_file(&ca));
}
