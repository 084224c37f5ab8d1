//! The edge against the crate's own guards: what `/authorize` allows, the application allows, under
//! every reading of the path that a backend may have.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use actix_resource_server::testing::TestIssuer;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{
    AnyOf, Authorized, Claims, InRole, Maybe, Permitted, ProtectedResource, Public, Routes, Scoped,
    permissions, roles, rules, scopes,
};

use super::readings::readings;
use super::tricks::{TRICKS, Trick};
use super::{Directory, status};
use crate::process::{Client, Process, report};
use crate::test_app::{AUDIENCE, TestApp};

scopes! { Read = "read"; Write = "write"; }
permissions! { Moderate = "moderate"; }
roles! { Admin = "admin"; }
rules! {
    OwnTenant = path "tenant" equals claim "org_id";
    Editor = claim "groups" includes "editor";
}

async fn ok<G>(_: G) -> &'static str {
    "ok"
}

fn routes() -> Routes {
    Routes::new()
        .get("/public", ok::<Public>)
        .get("/public/{name}", ok::<Public>)
        .get("/public/{name}/{more}", ok::<Public>)
        .get("/claims", ok::<Claims>)
        .get("/scoped", ok::<Scoped<Read>>)
        .post("/scoped", ok::<Scoped<Write>>)
        .get("/permitted", ok::<Permitted<Moderate>>)
        .get("/role", ok::<InRole<Admin>>)
        .delete("/role", ok::<Authorized<AnyOf<(Admin, Moderate)>>>)
        .get("/rule", ok::<Authorized<Editor>>)
        .get("/tenants/{tenant}/notes", ok::<Authorized<(OwnTenant, Read)>>)
        .get("/maybe", ok::<Maybe<Claims>>)
        .get("/maybe-scoped", ok::<Maybe<Scoped<Read>>>)
}

const REQUESTS: [(&str, &str); 13] = [
    ("GET", "public"),
    ("GET", "public/a"),
    ("GET", "claims"),
    ("GET", "scoped"),
    ("POST", "scoped"),
    ("HEAD", "scoped"),
    ("GET", "permitted"),
    ("GET", "role"),
    ("DELETE", "role"),
    ("GET", "rule"),
    ("GET", "tenants/acme/notes"),
    ("GET", "maybe"),
    ("GET", "maybe-scoped"),
];

/// Header fields of each kind of caller.
fn callers(process: &Process) -> Vec<(&'static str, String)> {
    let all = |tenant: &str| {
        let token = process.token().scope("read write").claim("org_id", tenant);
        let token = token.claim("permissions", serde_json::json!(["moderate"]));
        let token = token.claim("roles", serde_json::json!(["admin"]));
        token.claim("groups", serde_json::json!(["editor"]))
    };
    let bearer = |token: String| format!("Authorization: Bearer {token}\r\n");
    vec![
        ("none", String::new()),
        ("no grants", bearer(process.token().encode())),
        ("right grants", bearer(all("acme").encode())),
        ("foreign tenant", bearer(all("other").encode())),
        ("expired", bearer(all("acme").expires_in(-3600).encode())),
    ]
}

/// The status of the answer to these bytes.
fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut client = Client::connect(address);
    // An early answer may close the connection.
    if !client.can_send(bytes) {
        return String::new();
    }
    status(&client.rest()).to_owned()
}

fn request(line: &[&[u8]], fields: &[&[u8]]) -> Vec<u8> {
    let end: [&[u8]; 3] = [b"Host: a\r\nConnection: close\r\n", &fields.concat(), b"\r\n"];
    [line.concat(), end.concat()].concat()
}

/// What the edge says if a proxy passes on the target as the client sent it.
fn edge(process: &Process, method: &str, trick: &Trick, path: &str, caller: &str) -> String {
    let target = trick.target(path);
    let forwarded: [&[u8]; 5] =
        [b"X-Forwarded-Method: ", method.as_bytes(), b"\r\nX-Forwarded-Uri: ", &target, b"\r\n"];
    let forwarded = forwarded.concat();
    let extra = trick.fields.replace("PATH", path);
    let fields = [extra.as_bytes(), &forwarded, caller.as_bytes()];
    let version = trick.version.as_bytes();
    send(process.address, &request(&[b"GET /authorize HTTP/", version, b"\r\n"], &fields))
}

/// What the application says to the client itself.
fn guard(app: SocketAddr, method: &str, target: &[u8], trick: &Trick, caller: &str) -> String {
    let line = [method.as_bytes(), b" ", target, b" HTTP/", trick.version.as_bytes(), b"\r\n"];
    // actix refuses a POST of HTTP/1.0 without it, before any guard.
    let length: &[u8] = if method == "POST" { b"Content-Length: 0\r\n" } else { b"" };
    send(app, &request(&line, &[length, caller.as_bytes()]))
}

#[actix_web::test]
async fn the_edge_allows_nothing_that_a_guard_refuses() {
    let directory = Directory::new();
    directory.write("policy.toml", &routes().table().to_toml());
    let process = directory.serve("127.0.0.1");
    let verifier = Verifier::builder().issuer(process.issuer.url()).audience(AUDIENCE);
    let resource = ProtectedResource::new(verifier.start().expect("a verifier"));
    let app = TestApp::with_resource(TestIssuer::start(), routes(), resource);
    let address = app.address();
    let compared = actix_web::web::block(move || compare(&process, address)).await;
    let (allowed, asked) = compared.expect("a comparison");
    report(format!("{allowed} of {asked} requests were allowed at the edge"));
}

fn compare(process: &Process, app: SocketAddr) -> (usize, usize) {
    assert!(TRICKS.len() >= 60, "{}", TRICKS.len());
    let callers = callers(process);
    let (mut allowed, mut asked, mut plain) = (0, 0, BTreeSet::new());
    let mut faults = Vec::new();
    for (method, path) in REQUESTS {
        for (caller, fields) in &callers {
            for trick in TRICKS {
                asked += 1;
                if edge(process, method, trick, path, fields) != "200" {
                    continue;
                }
                allowed += 1;
                if trick.path == "/PATH" && trick.fields.is_empty() {
                    plain.insert((method, path, *caller));
                }
                for reading in readings(&trick.target(path)) {
                    // What a backend makes of a field is the corpus' to say.
                    let method = trick.read_method.unwrap_or(method);
                    let reading = trick.read_path(path).unwrap_or(reading);
                    let said = guard(app, method, &reading, trick, fields);
                    if said != "200" {
                        let reading = String::from_utf8_lossy(&reading).into_owned();
                        faults
                            .push(format!("{said}: {method} {path} {caller} {trick:?}: {reading}"));
                    }
                }
            }
            // Without a trick the two agree.
            let target = format!("/{path}");
            let said = guard(app, method, target.as_bytes(), &TRICKS[0], fields);
            assert_eq!(
                said == "200",
                plain.contains(&(method, path, *caller)),
                "{method} {path} {caller}: {said}"
            );
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults[..faults.len().min(20)].join("\n")
    );
    assert!(allowed > asked / 50, "most of the comparison is void: {allowed} of {asked}");
    (allowed, asked)
}
