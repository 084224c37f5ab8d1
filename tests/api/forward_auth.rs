//! Forward authentication: the policy file at the edge, asked directly and by real proxies.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::process::{Client, Process, report, wait_until};

const POLICY: &str = r#"
[rules]
OwnTenant = 'path "tenant" equals claim "org_id"'

[[routes]]
methods = ["GET"]
path = "/open"
policy = "public"

[[routes]]
methods = ["GET", "POST"]
path = "/private"
policy = "any valid token"

[[routes]]
methods = ["GET"]
path = "/notes"
policy = "scope read:notes or role admin"

[[routes]]
methods = ["GET"]
path = "/tenants/{tenant}/notes"
policy = "scope read:notes and rule OwnTenant"

[[routes]]
methods = ["GET"]
path = "/greeting"
policy = "public, or any valid token"
"#;

/// A directory for files of a test, removed on drop.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("actix-resource-server-edge-{}-{count}", std::process::id());
        let directory = Self(std::env::temp_dir().join(name));
        fs::create_dir(&directory.0).expect("a directory");
        directory.write("policy.toml", POLICY);
        directory
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).expect("written");
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }

    fn serve(&self, proxies: &str) -> Process {
        let policy = self.path("policy.toml");
        Process::start(&[("FORWARD_AUTH", &policy), ("TRUSTED_PROXIES", proxies)])
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn exchange(address: SocketAddr, head: &str) -> String {
    let mut client = Client::connect(address);
    client.send(format!("{head}\r\nHost: a\r\nConnection: close\r\n\r\n"));
    client.rest()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// What `/authorize` answers about a request.
fn ask(process: &Process, method: &str, uri: &str, fields: &str) -> String {
    let head = format!(
        "GET /authorize HTTP/1.1\r\nX-Forwarded-Method: {method}\r\nX-Forwarded-Uri: {uri}{fields}"
    );
    exchange(process.address, &head)
}

#[test]
fn policies_decide_as_guards_do() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    let bearer = |token: String| format!("\r\nAuthorization: Bearer {token}");
    let plain = bearer(process.token().encode());
    let scoped = bearer(process.token().scope("read:notes").claim("org_id", "acme").encode());
    let admin = bearer(process.token().claim("roles", serde_json::json!(["admin"])).encode());
    let expired = bearer(process.token().expires_in(-3600).encode());
    let table = [
        ("GET", "/open", "", "200"),
        ("HEAD", "/open", "", "200"),
        ("GET", "/open", &expired, "200"),
        ("POST", "/open", "", "403"),
        ("GET", "/greeting", "", "200"),
        ("GET", "/greeting", &plain, "200"),
        ("GET", "/greeting", &expired, "401"),
        ("GET", "/private?a=b", "", "401"),
        ("GET", "/private?a=b", &plain, "200"),
        ("POST", "/private", &plain, "200"),
        ("DELETE", "/private", &plain, "403"),
        ("GET", "/private", &expired, "401"),
        ("GET", "/notes", &plain, "403"),
        ("GET", "/notes", &scoped, "200"),
        ("GET", "/notes", &admin, "200"),
        ("GET", "/tenants/acme/notes", &scoped, "200"),
        ("GET", "/tenants/other/notes", &scoped, "403"),
        ("GET", "/tenants/acme/notes", &plain, "403"),
        ("GET", "/unknown", &scoped, "403"),
        ("GET", "/private/", &plain, "403"),
    ];
    for (method, uri, fields, expected) in table {
        let answer = ask(&process, method, uri, fields);
        assert_eq!(status(&answer), expected, "{method} {uri} {fields}: {answer}");
        let below = format!("{method} /authorize{uri} HTTP/1.1{fields}");
        assert_eq!(status(&exchange(process.address, &below)), expected, "below: {method} {uri}");
    }
    let rejected = ask(&process, "GET", "/notes", &plain).to_lowercase();
    assert!(rejected.contains("error=\"insufficient_scope\", "), "{rejected}");
    assert!(rejected.contains("scope=\"read:notes\""), "{rejected}");
    let preflight = "\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET";
    assert_eq!(status(&ask(&process, "OPTIONS", "/private", preflight)), "200", "Fetch 4.8");
    assert_eq!(status(&ask(&process, "OPTIONS", "/unknown", preflight)), "403");
    assert_eq!(status(&ask(&process, "OPTIONS", "/private", "")), "403", "not a preflight");
}

#[test]
fn every_identity_header_is_set() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    let token = process.token().subject("auth0|1").client_id("app").scope("read:notes");
    let token = token.claim("roles", serde_json::json!(["a", "b"])).encode();
    let forged = "\r\nX-Auth-Subject: root\r\nX-Auth-Roles: admin";
    let answer =
        ask(&process, "GET", "/notes", &format!("\r\nAuthorization: Bearer {token}{forged}"));
    let issuer = process.issuer.url();
    for field in [
        "x-auth-subject: auth0|1\r\n",
        "x-auth-client: app\r\n",
        &format!("x-auth-issuer: {issuer}\r\n"),
        "x-auth-scopes: read:notes\r\n",
        "x-auth-roles: a b\r\n",
        "cache-control: no-store\r\n",
    ] {
        assert!(answer.contains(field), "{field}: {answer}");
    }
    let anonymous = ask(&process, "GET", "/open", forged);
    for name in ["subject", "client", "issuer", "scopes", "roles"] {
        assert!(anonymous.contains(&format!("x-auth-{name}: \r\n")), "{name}: {anonymous}");
    }
}

#[test]
fn only_trusted_proxies_may_ask_and_only_without_ambiguity() {
    let directory = Directory::new();
    let stranger = directory.serve("192.0.2.1");
    assert_eq!(status(&ask(&stranger, "GET", "/open", "")), "403");
    let process = directory.serve("127.0.0.1");
    let token = format!("\r\nAuthorization: Bearer {}", process.token().encode());
    let tricks = [
        "//open",
        "/open/../private",
        "/./open",
        "/%6fpen",
        "/open%2f..%2fprivate",
        "/open%5c",
        "/open;a=b",
        "/open%3ba",
        "/%2e%2e/private",
        "/open%00",
        "/open%252f",
        "/open#",
        "http://evil.example/open",
        "/open%",
        "/open\\",
        "open",
        "*",
    ];
    for uri in tricks {
        let answer = ask(&process, "GET", uri, &token);
        assert_eq!(status(&answer), "400", "{uri}: {answer}");
    }
    for fields in [
        "\r\nX-Forwarded-Uri: /open",
        "\r\nX-Forwarded-Method: GET",
        "\r\nX-Original-URL: /private",
        "\r\nX-Rewrite-URL: /private",
        "\r\nX-HTTP-Method-Override: DELETE",
    ] {
        assert_eq!(status(&ask(&process, "GET", "/open", fields)), "400", "{fields}");
    }
    let missing = exchange(process.address, "GET /authorize HTTP/1.1");
    assert_eq!(status(&missing), "400", "{missing}");
}

#[test]
fn a_policy_file_is_reloaded_whole_or_not_at_all() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    directory.write("policy.toml", &POLICY.replacen("public", "scope a orscope b", 1));
    process.signal("HUP");
    wait_until("the fault is logged", || process.log().contains("FORWARD_AUTH not reloaded: "));
    assert!(process.log().contains("policy.toml:8: route 1: policy: "), "{}", process.log());
    assert_eq!(status(&ask(&process, "GET", "/open", "")), "200");
    directory.write("policy.toml", &POLICY.replacen("\"public\"", "\"any valid token\"", 1));
    process.signal("HUP");
    wait_until("it is reloaded", || process.log().contains("FORWARD_AUTH reloaded"));
    assert_eq!(status(&ask(&process, "GET", "/open", "")), "401");
}

#[test]
fn tables_are_printed_and_compared() {
    let directory = Directory::new();
    let new = POLICY.replacen("\"public\"", "\"bound\"", 1).replace("/greeting", "/hello");
    directory.write("new.toml", &new);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"));
        let output = command.env_clear().arg("routes").args(arguments).output().expect("an end");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (old, new) = (directory.path("policy.toml"), directory.path("new.toml"));
    let (_, table) = run(&["--policy", &old]);
    assert!(
        table.contains("GET   /tenants/{tenant}/notes  scope read:notes and rule OwnTenant"),
        "{table}"
    );
    let (_, changes) = run(&["--diff", &old, &new]);
    assert_eq!(
        changes,
        "- GET /greeting: no one any more (was: public, or any valid token)\n\
         + GET /hello: public, or any valid token\n\
         ~ GET /open: bound (was: public)\n\
         \x20   loses, unless the new policy is met: requests without credentials; requests with \
         invalid credentials; any valid token\n"
    );
    let tighter = POLICY.replace("scope read:notes or role admin", "scope read:notes and bound");
    directory.write("new.toml", &tighter.replace("claim \"org_id\"", "claim \"tenant\""));
    let (_, changes) = run(&["--diff", &old, &new]);
    let mut lines = changes.lines();
    assert_eq!(
        lines.next(),
        Some("~ GET /notes: scope read:notes and bound (was: scope read:notes or role admin)")
    );
    assert_eq!(
        lines.next(),
        Some(
            "    loses, unless the new policy is met: tokens with scope read:notes; tokens with role admin"
        )
    );
    assert!(changes.contains("gains: tokens with rule OwnTenant (path \"tenant\" equals claim \"tenant\") and scope read:notes"), "{changes}");
    // The table of an application is a policy file.
    let (_, printed) = run(&["--policy", &old, "--toml"]);
    directory.write("printed.toml", &printed);
    let (_, changes) = run(&["--diff", &old, &directory.path("printed.toml")]);
    assert_eq!(changes, "the files allow the same requests\n", "{printed}");
    let (_, own) = run(&["--toml"]);
    directory.write("own.toml", &own);
    let (_, own_table) = run(&["--policy", &directory.path("own.toml")]);
    assert!(own_table.contains("GET  /api/private-scoped  scope read:messages"), "{own_table}");
    assert!(!run(&["--policy", "/nowhere"]).0);
}

/// A backend that answers with the head that it got.
fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                    head.push(byte[0]);
                }
                let length = head.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                drop(stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&head)));
            });
        }
    });
    address
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

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port")
}

/// A file of deploy/forward-auth with the addresses and paths of a test.
fn recipe(name: &str, places: &[(&str, String)]) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut text =
        fs::read_to_string(root.join("deploy/forward-auth").join(name)).expect("a recipe");
    for (place, value) in places {
        assert!(text.contains(place), "{name} has {place}");
        text = text.replace(place, value);
    }
    text
}

fn start(directory: &Directory, process: &Process, name: &str) -> Option<Proxy> {
    let address = free_address();
    let listen = ("0.0.0.0:8080", address.to_string());
    let service = ("127.0.0.1:3010", process.address.to_string());
    let api = ("127.0.0.1:9000", backend().to_string());
    let mut command = Command::new(name);
    if name == "nginx" {
        directory.write("nginx.conf", &recipe("nginx.conf", &[listen, service, api]));
        let (file, prefix) = (directory.path("nginx.conf"), directory.path(""));
        command.args(["-c", &file, "-p", &prefix, "-e", "stderr"]);
    } else {
        directory.write("authorize.lua", &recipe("authorize.lua", &[service]));
        let lua = ("/etc/haproxy/authorize.lua", directory.path("authorize.lua"));
        directory.write("haproxy.cfg", &recipe("haproxy.cfg", &[listen, api, lua]));
        command.args(["-f", &directory.path("haproxy.cfg"), "-db"]);
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
                  \r\nX-Forwarded-Uri: /open\r\nX-Forwarded-Method: GET\r\nx_auth_subject: root";
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
}

#[test]
fn nginx_lets_through_what_policies_allow() {
    through("nginx");
}

#[test]
fn haproxy_lets_through_what_policies_allow() {
    through("haproxy");
}
