//! nginx, HAProxy, Caddy and Envoy with the recipes of `deploy/forward-auth`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

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

fn start(directory: &Directory, process: &Process, name: &str) -> Option<Proxy> {
    let address = free_address();
    let listen = ("0.0.0.0:8080", address.to_string());
    let service = ("127.0.0.1:3010", process.address.to_string());
    let api = ("127.0.0.1:9000", backend().to_string());
    // Envoy comes as a single file, so it may lie anywhere.
    let program = match name {
        "envoy" => std::env::var("ENVOY").unwrap_or_else(|_| name.to_owned()),
        _ => name.to_owned(),
    };
    let mut command = Command::new(program);
    match name {
        "nginx" => {
            directory.write("nginx.conf", &recipe("nginx.conf", &[listen, service, api]));
            let (file, prefix) = (directory.path("nginx.conf"), directory.path(""));
            command.args(["-c", &file, "-p", &prefix, "-e", "stderr"]);
        }
        "caddy" => {
            let port = (":8080", format!(":{}", address.port()));
            let text = recipe("Caddyfile", &[port, service, api]);
            let global = "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n";
            directory.write("Caddyfile", &format!("{global}{text}"));
            let file = directory.path("Caddyfile");
            command.args(["run", "--config", &file, "--adapter", "caddyfile"]);
            // Where it keeps what it would fetch and store.
            command.envs([("HOME", directory.path("")), ("XDG_DATA_HOME", directory.path(""))]);
            command.env("XDG_CONFIG_HOME", directory.path(""));
        }
        "envoy" => {
            let port = |address: &str| {
                let (host, port) = address.rsplit_once(':').expect("an address");
                format!("address: {host}, port_value: {port}")
            };
            let places = [listen, service.clone(), api].map(|(from, to)| (port(from), port(&to)));
            let mut places: Vec<_> =
                places.iter().map(|(from, to)| (from.as_str(), to.clone())).collect();
            places.push(service);
            directory.write("envoy.yaml", &recipe("envoy.yaml", &places));
            command.args(["-c", &directory.path("envoy.yaml"), "--log-level", "warning"]);
            command.args(["--concurrency", "1", "--disable-hot-restart"]);
        }
        _ => {
            directory.write("authorize.lua", &recipe("authorize.lua", &[service]));
            let lua = ("/etc/haproxy/authorize.lua", directory.path("authorize.lua"));
            directory.write("haproxy.cfg", &recipe("haproxy.cfg", &[listen, api, lua]));
            command.args(["-f", &directory.path("haproxy.cfg"), "-db"]);
        }
    }
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn() else {
        report(format!("skipped: {name} is not installed"));
        return None;
    };
    let proxy = Proxy { child, address };
    wait_until("the proxy listens", || std::net::TcpStream::connect(address).is_ok());
    Some(proxy)
}

/// What a real proxy lets through, and what reaches the backend.
fn through(name: &str) {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    let Some(proxy) = start(&directory, &process, name) else { return };
    let bearer = |token: String| format!("\r\nAuthorization: Bearer {token}");
    let scoped = bearer(process.token().subject("alice").scope("read:notes").encode());
    let plain = bearer(process.token().encode());
    let get =
        |uri: &str, fields: &str| exchange(proxy.address, &format!("GET {uri} HTTP/1.1{fields}"));

    let open = get("/open", "");
    assert_eq!(status(&open), "200", "{name}: {open}");
    let missing = get("/notes", "").to_lowercase();
    assert_eq!(status(&missing), "401", "{name}: {missing}");
    assert!(missing.contains("www-authenticate: bearer realm=\"api\""), "{name}: {missing}");
    let insufficient = get("/notes", &plain).to_lowercase();
    assert_eq!(status(&insufficient), "403", "{name}: {insufficient}");
    assert!(insufficient.contains("error=\"insufficient_scope\""), "{name}: {insufficient}");
    assert_eq!(status(&get("/unknown", &scoped)), "403", "{name}");

    let forged = "\r\nX-Auth-Subject: root\r\nX-Auth-Roles: admin\r\nX-Auth-Client: forged\
                  \r\nX-Forwarded-Uri: /open\r\nX-Forwarded-Method: GET\r\nx_auth_subject: root\
                  \r\nClient-Cert: :forged:\r\nX-SSL-Cert: forged\r\nclient-cert-chain: forged\
                  \r\nX-Forwarded-Client-Cert: Cert=forged";
    for (uri, fields, subject) in [("/notes", &*scoped, "alice"), ("/open", "", "")] {
        let seen = get(uri, &format!("{fields}{forged}")).to_lowercase();
        assert_eq!(status(&seen), "200", "{name}: {seen}");
        assert!(!seen.contains("root") && !seen.contains("admin"), "{name}: {seen}");
        assert!(!seen.contains("forged"), "{name}: {seen}");
        if !subject.is_empty() {
            assert!(seen.contains(&format!("x-auth-subject: {subject}\r\n")), "{name}: {seen}");
        }
    }
    // The client's own fields do not choose the policy.
    assert_eq!(status(&get("/notes", forged)), "401", "{name}");
    let post = exchange(proxy.address, &format!("POST /open HTTP/1.1{forged}"));
    assert_eq!(status(&post), "403", "{name}: {post}");
    for uri in
        ["//notes", "/open/../notes", "/%6eotes", "/open%2f..%2fnotes", "/notes;a=b", "/notes%00"]
    {
        let answer = get(uri, "");
        assert_ne!(status(&answer), "200", "{name}: {uri}: {answer}");
    }
    for fields in ["\r\nX-Original-URL: /notes", "\r\nX-HTTP-Method-Override: DELETE"] {
        assert_ne!(status(&get("/open", fields)), "200", "{name}: {fields}");
    }

    for body in [
        "Content-Length: 9\r\n\r\n{\"a\":\"b\"}",
        "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a\":\"b\"}\r\n0\r\n\r\n",
    ] {
        let mut client = Client::connect(proxy.address);
        client.send(format!(
            "POST /private HTTP/1.1\r\nHost: a\r\nConnection: close{plain}\r\n{body}"
        ));
        let seen = client.rest();
        assert_eq!(status(&seen), "200", "{name}: {seen}");
        assert!(seen.contains("{\"a\":\"b\"}"), "{name}: the body reaches the API: {seen}");
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
