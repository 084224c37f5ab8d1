//! Forward authentication: the policy file at the edge, asked directly and by real proxies.

mod decisions;
mod differential;
mod labels;
mod policy_changes;
mod policy_files;
mod proofs;
mod readings;
mod real_proxies;
mod recipes;
mod tricks;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::{Client, Process};

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
        self.serve_with(proxies, &[])
    }

    fn serve_with(&self, proxies: &str, more: &[(&str, &str)]) -> Process {
        let policy = self.path("policy.toml");
        let own = [("FORWARD_AUTH", policy.as_str()), ("TRUSTED_PROXIES", proxies)];
        Process::start(&[&own, more].concat())
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

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port")
}
