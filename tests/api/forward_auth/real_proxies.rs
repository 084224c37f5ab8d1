//! nginx, HAProxy, Caddy, Traefik and Envoy with the recipes of `deploy/forward-auth`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

use actix_resource_server::testing::{ProofMaker, SigningKey};
use actix_resource_server::token::Algorithm;

use super::{Directory, exchange, free_address, recipe, status};
use crate::process::{Client, Process, report, wait_until};

/// A backend that answers with the head and the body that it got.
fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let (mut seen, mut byte) = (Vec::new(), [0]);
                while !is_whole(&seen) && matches!(stream.read(&mut byte), Ok(1)) {
                    seen.push(byte[0]);
                }
                let length = seen.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                drop(stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&seen)));
            });
        }
    });
    address
}

/// Whether a request has come with its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    match length {
        Some(length) => Ok(body.len()) == length.parse(),
        None => !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    }
}

/// A proxy in the foreground, ended on drop.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).status());
        drop(self.child.wait());
    }
}

const PUBLIC_URL: &str = "https://shop.example/v1";

/// Settings of the service that recipes follow.
struct Given {
    prefix: &'static str,
    authorization: &'static str,
}

const DEFAULT: Given = Given { prefix: "X-Auth-", authorization: "keep" };

const OTHER: Given = Given { prefix: "Remote-Caller-", authorization: "remove" };

impl Given {
    fn serve(&self, directory: &Directory) -> Process {
        let policy = directory.path("policy.toml");
        Process::start(&[
            ("FORWARD_AUTH", &policy),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("IDENTITY_HEADER_PREFIX", self.prefix),
            ("FORWARD_AUTHORIZATION", self.authorization),
            ("PUBLIC_URL", PUBLIC_URL),
            ("DPOP_NONCE", "required"),
        ])
    }

    /// Writes a recipe with the prefix, as its author is told to do.
    fn write(&self, directory: &Directory, path: &str, places: &[(&str, String)]) -> String {
        let (lower, default) = (self.prefix.to_lowercase(), DEFAULT.prefix.to_lowercase());
        let mut text = recipe(path, places).replace(DEFAULT.prefix, self.prefix);
        text = text.replace(&default, &lower);
        text = text.replace(&default.replace('-', "_"), &lower.replace('-', "_"));
        let under = |prefix: &str| prefix.replace('-', "_");
        text = text.replace(&under(DEFAULT.prefix), &under(self.prefix));
        let name = path.rsplit('/').next().unwrap_or(path);
        directory.write(name, &text);
        directory.path(name)
    }
}

fn start(directory: &Directory, process: &Process, name: &str, given: &Given) -> Option<Proxy> {
    let address = free_address();
    let listen = ("0.0.0.0:8080", address.to_string());
    let service = ("127.0.0.1:3010", process.address.to_string());
    let api = ("127.0.0.1:9000", backend().to_string());
    let write = |path: &str, places: &[_]| given.write(directory, path, places);
    // Envoy comes as a single file, so it may lie anywhere.
    let program = match name {
        "envoy" => std::env::var("ENVOY").unwrap_or_else(|_| name.to_owned()),
        _ => name.to_owned(),
    };
    let mut command = Command::new(program);
    match name {
        "nginx" => {
            let file = write("nginx/nginx.conf", &[listen, service, api]);
            command.args(["-c", &file, "-p", &directory.path(""), "-e", "stderr"]);
        }
        "haproxy" => {
            let lua = write("haproxy/authorize.lua", &[service]);
            let lua = ("/etc/haproxy/authorize.lua", lua);
            command.args(["-f", &write("haproxy/haproxy.cfg", &[listen, api, lua]), "-db"]);
        }
        "caddy" => {
            let global = "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n\n:";
            let port = (":8080", format!("{global}{}", address.port()));
            let file = write("caddy/Caddyfile", &[port, service, api]);
            command.args(["run", "--config", &file, "--adapter", "caddyfile"]);
            // Where it keeps what it would fetch and store.
            command.envs([("HOME", directory.path("")), ("XDG_DATA_HOME", directory.path(""))]);
            command.env("XDG_CONFIG_HOME", directory.path(""));
        }
        "traefik" => {
            let file = write("traefik/traefik.yaml", &[service, api]);
            command.arg(format!("--entrypoints.web.address={address}"));
            command.arg(format!("--providers.file.filename={file}"));
        }
        _ => {
            let port = |address: &str| {
                let (host, port) = address.rsplit_once(':').expect("an address");
                format!("address: {host}, port_value: {port}")
            };
            let places = [&listen, &service, &api].map(|(from, to)| (port(from), port(to)));
            let mut places: Vec<_> =
                places.iter().map(|(from, to)| (from.as_str(), to.clone())).collect();
            places.push(service);
            command.args(["-c", &write("envoy/envoy.yaml", &places), "--log-level", "warning"]);
            command.args(["--concurrency", "1", "--disable-hot-restart"]);
        }
    }
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn() else {
        report(format!("skipped: {name} is not installed"));
        return None;
    };
    let proxy = Proxy { child, address };
    wait_until("the proxy listens", || std::net::TcpStream::connect(address).is_ok());
    let has_routes = || status(&exchange(address, "GET /open HTTP/1.1")) != "404";
    wait_until("the proxy has read its configuration", has_routes);
    Some(proxy)
}

/// What a real proxy lets through, and what reaches the backend.
fn through(name: &str) {
    for given in [DEFAULT, OTHER] {
        let directory = Directory::new();
        let process = given.serve(&directory);
        let Some(proxy) = start(&directory, &process, name, &given) else { return };
        decides(name, &process, &proxy);
        tells_the_backend(name, &process, &proxy, &given);
        rejects_tricks(name, &proxy);
        copies_nonces_back(name, &process, &proxy);
    }
    counts_clients_by_address(name);
}

fn bearer(token: String) -> String {
    format!("\r\nAuthorization: Bearer {token}")
}

fn get(proxy: &Proxy, uri: &str, fields: &str) -> String {
    exchange(proxy.address, &format!("GET {uri} HTTP/1.1{fields}"))
}

fn decides(name: &str, process: &Process, proxy: &Proxy) {
    let scoped = bearer(process.token().scope("read:notes").encode());
    let plain = bearer(process.token().encode());
    let table = [
        ("/open", "", "200", ""),
        ("/notes", "", "401", "www-authenticate: bearer realm=\"api\""),
        ("/notes", &*plain, "403", "error=\"insufficient_scope\""),
        ("/notes", &*scoped, "200", ""),
        ("/unknown", &*scoped, "403", ""),
    ];
    for (uri, fields, expected, challenge) in table {
        let answer = get(proxy, uri, fields).to_lowercase();
        assert_eq!(status(&answer), expected, "{name}: {uri}: {answer}");
        assert!(answer.contains(challenge), "RFC 6750 3: {name}: {uri}: {answer}");
    }
    let bodies = [
        "Content-Length: 9\r\n\r\n{\"a\":\"b\"}",
        "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a\":\"b\"}\r\n0\r\n\r\n",
    ];
    for body in bodies {
        let mut client = Client::connect(proxy.address);
        let head = format!("POST /private HTTP/1.1\r\nHost: a\r\nConnection: close{plain}");
        client.send(format!("{head}\r\n{body}"));
        let seen = client.rest();
        assert_eq!(status(&seen), "200", "{name}: {seen}");
        assert!(seen.contains("{\"a\":\"b\"}"), "{name}: the body reaches the API: {seen}");
    }
}

fn tells_the_backend(name: &str, process: &Process, proxy: &Proxy, given: &Given) {
    let prefix = given.prefix.to_lowercase();
    let token = process.token().subject("alice").scope("read:notes").encode();
    let forged = format!(
        "\r\n{prefix}subject: root\r\n{prefix}Roles: admin\r\n{prefix}client: forged\
         \r\nX-Forwarded-Uri: /open\r\nX-Forwarded-Method: GET\r\n{}subject: root\
         \r\nClient-Cert: :forged:\r\nX-SSL-Cert: forged\r\nclient-cert-chain: forged\
         \r\nX-Forwarded-Client-Cert: Cert=forged",
        prefix.replace('-', "_"),
    );
    for (uri, subject) in [("/notes", "alice"), ("/open", "")] {
        let fields = format!("{}{forged}", bearer(token.clone()));
        let seen = get(proxy, uri, &fields).to_lowercase();
        assert_eq!(status(&seen), "200", "{name}: {seen}");
        for word in ["root", "admin", "forged"] {
            assert!(!seen.contains(word), "{name}: {word} reaches the API: {seen}");
        }
        let line = format!("{prefix}subject: {subject}\r\n");
        // nginx does not send empty fields.
        assert!(seen.contains(&line) || subject.is_empty(), "{name}: {line}: {seen}");
        let line = format!("authorization: bearer {}\r\n", token.to_lowercase());
        assert_eq!(seen.contains(&line), given.authorization == "keep", "{name}: {seen}");
        assert_eq!(seen.contains("bearer"), given.authorization == "keep", "{name}: {seen}");
    }
    // A backend under CGI reads these as identity headers (RFC 3875 section 4.1.18).
    for mixed in [prefix.replacen('-', "_", 1), format!("{}_", prefix.trim_end_matches('-'))] {
        let seen = get(proxy, "/open", &format!("\r\n{mixed}roles: forged"));
        assert!(!seen.contains("forged"), "{name}: {mixed}roles reaches the API: {seen}");
    }
    // Proxies remove the fields that Connection names (RFC 9110 section 7.6.1).
    let fields = format!("{}\r\nConnection: {prefix}Subject", bearer(token));
    let seen = get(proxy, "/notes", &fields).to_lowercase();
    let line = format!("{prefix}subject: alice\r\n");
    assert!(status(&seen) == "400" || seen.contains(&line), "{name}: {line}: {seen}");
    // The client's own fields do not choose the policy.
    assert_eq!(status(&get(proxy, "/notes", &forged)), "401", "{name}");
    let post = exchange(proxy.address, &format!("POST /open HTTP/1.1{forged}"));
    assert_eq!(status(&post), "403", "{name}: {post}");
}

fn rejects_tricks(name: &str, proxy: &Proxy) {
    for uri in
        ["//notes", "/open/../notes", "/%6eotes", "/open%2f..%2fnotes", "/notes;a=b", "/notes%00"]
    {
        let answer = get(proxy, uri, "");
        assert_ne!(status(&answer), "200", "{name}: {uri}: {answer}");
    }
    for fields in ["\r\nX-Original-URL: /notes", "\r\nX-HTTP-Method-Override: DELETE"] {
        assert_ne!(status(&get(proxy, "/open", fields)), "200", "{name}: {fields}");
    }
}

fn copies_nonces_back(name: &str, process: &Process, proxy: &Proxy) {
    let key = SigningKey::generate(Algorithm::Es256);
    let token = process.token().bound_to(&key).encode();
    let present = |proof: ProofMaker| {
        let proof = proof.target(format!("{PUBLIC_URL}/private")).token(&token).encode();
        get(proxy, "/private", &format!("\r\nAuthorization: DPoP {token}\r\nDPoP: {proof}"))
    };
    let answer = present(ProofMaker::new(&key));
    assert_eq!(status(&answer), "401", "{name}: {answer}");
    assert!(answer.contains("error=\"use_dpop_nonce\""), "RFC 9449 9: {name}: {answer}");
    let nonces: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(field, _)| field.eq_ignore_ascii_case("dpop-nonce"))
        .map(|(_, nonce)| nonce.trim_end())
        .collect();
    let [nonce] = nonces[..] else { panic!("RFC 9449 8: {name}: {answer}") };
    let answer = present(ProofMaker::new(&key).nonce(nonce));
    assert_eq!(status(&answer), "200", "{name}: {answer}");
}

/// The rate limit counts the address that the proxy sees, whatever the client says.
fn counts_clients_by_address(name: &str) {
    let directory = Directory::new();
    let limit = [("RATE_LIMIT_PER_ADDRESS", "1"), ("RATE_LIMIT_BURST", "1")];
    let process = directory.serve_with("127.0.0.1", &limit);
    let Some(proxy) = start(&directory, &process, name, &DEFAULT) else { return };
    for number in 1..4 {
        let answer = get(&proxy, "/open", &format!("\r\nX-Forwarded-For: 203.0.113.{number}"));
        assert_eq!(status(&answer), "429", "{name}: {answer}");
    }
}

#[test]
fn nginx_lets_through_what_policies_allow() {
    through("nginx");
}

#[test]
fn caddy_lets_through_what_policies_allow() {
    through("caddy");
}

#[test]
fn haproxy_lets_through_what_policies_allow() {
    through("haproxy");
}

#[test]
fn envoy_lets_through_what_policies_allow() {
    through("envoy");
}

#[test]
fn traefik_lets_through_what_policies_allow() {
    through("traefik");
}
