//! Attempts to obtain keys: what is remembered from one to the next, and what is sent.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use url::Url;

use super::keys::fetched;
use crate::issuer::fetcher::{Condition, Fetch};
use crate::issuer::key_fetch::{KeyFetch, Obtained};
use crate::issuer::response::{Content, Head, Response};
use crate::issuer::{
    Introspection, IntrospectionClient, IssuerFault, IssuerKeys, KeyRefresh, SystemClock,
};
use crate::testing::SigningKey;
use crate::token::{Algorithm, at};

const METADATA: &str = "/.well-known/openid-configuration";
const CURRENT: &str = "(no-cache)";

/// A server with a document for each path; other paths are 404. It keeps the requests.
#[derive(Default)]
struct Server {
    documents: RefCell<HashMap<String, (String, Option<&'static str>)>>,
    requests: RefCell<Vec<String>>,
    fault: Option<IssuerFault>,
}

impl Server {
    /// A server whose metadata names `/keys`, where there is a new key.
    fn start() -> Self {
        let server = Self::default();
        server.announce("/keys");
        server.put("/keys", new_keys(), None);
        server
    }

    fn put(&self, path: &str, document: String, etag: Option<&'static str>) {
        self.documents.borrow_mut().insert(path.to_owned(), (document, etag));
    }

    fn announce(&self, keys: &str) {
        let metadata = json!({
            "issuer": "https://issuer.example", "jwks_uri": format!("https://issuer.example{keys}"),
        });
        self.put(METADATA, metadata.to_string(), None);
    }

    fn requested(&self) -> Vec<String> {
        self.requests.take()
    }
}

impl Fetch for &Server {
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault> {
        let current = condition.current.then_some(CURRENT);
        let parts = [Some(address.path()), condition.etag, condition.token, current];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        self.requests.borrow_mut().push(parts.join(" "));
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let (content, etag) = match self.documents.borrow().get(address.path()) {
            None => (Content::Nothing { status: 404 }, None),
            Some((_, Some(etag))) if condition.etag == Some(etag) => (Content::Unchanged, None),
            Some((document, etag)) => (Content::Document(document.clone().into()), *etag),
        };
        let mut head = Head::default();
        head.etag = etag.map(ToOwned::to_owned);
        Ok(Response { content, head })
    }
}

fn new_keys() -> String {
    json!({"keys": [SigningKey::generate(Algorithm::Es256).public_jwk()]}).to_string()
}

fn fetch_of(issuer: &Arc<IssuerKeys>) -> KeyFetch {
    KeyFetch::new(Arc::clone(issuer), None, Arc::new(SystemClock))
}

/// One attempt, whose keys are used from then on. Returns whether it looked everywhere.
async fn attempt(keys: &mut KeyFetch, server: &Server, seconds: u64, asked: bool) -> bool {
    let obtained = keys.attempt(&server, at(seconds), asked).await;
    let Obtained { keys: held, complete } = obtained.expect("keys");
    keys.issuer.start(at(seconds));
    keys.issuer.succeed(held, complete, at(seconds), at(seconds));
    complete
}

#[actix_web::test]
async fn metadata_is_remembered_for_its_lifetime() {
    let (server, issuer) = (Server::start(), Arc::new(fetched()));
    let mut keys = fetch_of(&issuer);
    let lifetime = KeyRefresh::default().metadata_lifetime.as_secs();
    for (seconds, requests) in [
        (0, &[METADATA, "/keys"] as &[&str]),
        (1, &["/keys"]),
        (lifetime - 1, &["/keys"]),
        (lifetime, &[METADATA, "/keys"]),
    ] {
        attempt(&mut keys, &server, seconds, false).await;
        assert_eq!(server.requested(), requests, "after {seconds} s");
    }
}

#[actix_web::test]
async fn keys_that_are_asked_for_are_looked_for_at_a_new_address_too() {
    let (server, issuer) = (Server::start(), Arc::new(fetched()));
    let mut keys = fetch_of(&issuer);
    assert!(attempt(&mut keys, &server, 0, true).await, "the metadata is new");
    assert_eq!(server.requested(), [format!("{METADATA} {CURRENT}"), format!("/keys {CURRENT}")]);

    assert!(!attempt(&mut keys, &server, 1, false).await, "no request asked for it");
    assert_eq!(server.requested(), ["/keys"]);

    server.put("/keys", new_keys(), None);
    assert!(!attempt(&mut keys, &server, 2, true).await, "other keys are at the known address");
    assert_eq!(server.requested(), [format!("/keys {CURRENT}")]);

    assert!(attempt(&mut keys, &server, 3, true).await, "they have not moved");
    let again = [format!("/keys {CURRENT}"), format!("{METADATA} {CURRENT}")];
    assert_eq!(server.requested(), again);

    server.announce("/moved");
    server.put("/moved", new_keys(), None);
    assert!(attempt(&mut keys, &server, 4, true).await, "they have moved");
    let moved = [again[0].clone(), again[1].clone(), format!("/moved {CURRENT}")];
    assert_eq!(server.requested(), moved);

    server.documents.borrow_mut().remove(METADATA);
    assert!(!attempt(&mut keys, &server, 5, true).await, "nothing says where they are");
}

#[actix_web::test]
async fn an_entity_tag_is_that_of_one_address() {
    let (server, issuer) = (Server::start(), Arc::new(fetched()));
    let mut keys = fetch_of(&issuer);
    server.put("/keys", new_keys(), Some("\"a\""));
    attempt(&mut keys, &server, 0, false).await;
    server.requested();
    attempt(&mut keys, &server, 1, false).await;
    assert_eq!(server.requested(), ["/keys \"a\""], "RFC 9110 13.1.2");
    attempt(&mut keys, &server, 2, false).await;
    assert_eq!(server.requested(), ["/keys \"a\""], "RFC 9111 4.3.4: a 304 keeps it");
    server.announce("/moved");
    server.put("/moved", new_keys(), Some("\"a\""));
    attempt(&mut keys, &server, 10_000, false).await;
    assert_eq!(server.requested(), [METADATA, "/moved"], "RFC 9110 8.8.3");
}

#[actix_web::test]
async fn the_bearer_token_of_the_file_is_sent_and_kept_after_a_restart() {
    let path = std::env::temp_dir().join(format!("key-fetch-token-{}", std::process::id()));
    std::fs::write(&path, "abc\n").expect("a file");
    let (server, issuer) = (Server::start(), Arc::new(fetched()));
    let keys = fetch_of(&issuer).with_token_file(Some(path.clone()));
    for mut keys in [keys.anew(), keys] {
        attempt(&mut keys, &server, 0, false).await;
        assert_eq!(server.requested(), [format!("{METADATA} abc"), "/keys abc".to_owned()]);
    }
    std::fs::remove_file(path).expect("a file");
}

#[actix_web::test]
async fn further_addresses_of_metadata_are_tried_unless_they_have_the_same_fault() {
    let address = || "https://issuer.example".to_owned();
    let status = |status| IssuerFault::Status {
        address: address(),
        status,
        retry_after: None,
        redirect_host: None,
    };
    let limit = Duration::from_secs(1);
    let table = [
        (status(404), 2),
        (status(500), 2),
        (status(429), 1),
        (IssuerFault::Unreachable { address: address(), reason: String::new() }, 1),
        (IssuerFault::TimedOut { address: address(), limit, tried: String::new() }, 1),
        (IssuerFault::TooLarge { address: address(), limit: 1 }, 2),
    ];
    for (fault, requests) in table {
        let server = Server { fault: Some(fault.clone()), ..Server::default() };
        let mut keys = fetch_of(&Arc::new(fetched()));
        let found = keys.attempt(&&server, at(0), false).await;
        assert_eq!(found.err(), Some(fault.clone()));
        assert_eq!(server.requested().len(), requests, "RFC 8414 3.1, RFC 6585 4: {fault}");
    }
}

#[actix_web::test]
async fn metadata_without_a_key_set_is_that_of_an_issuer_of_opaque_tokens() {
    let client = IntrospectionClient::with_secret("api", "secret");
    let issuer = fetched().with_introspection(Some(&Introspection::new(client)));
    let (server, issuer) = (Server::default(), Arc::new(issuer));
    let opaque_only = json!({
        "issuer": "https://issuer.example/",
        "introspection_endpoint": "https://issuer.example/introspect",
    });
    server.put(METADATA, opaque_only.to_string(), None);
    attempt(&mut fetch_of(&issuer), &server, 0, false).await;
    attempt(&mut fetch_of(&issuer), &server, 1, false).await;
    let held = issuer.held(at(1)).expect("a set without keys");
    assert!(held.is_empty(), "RFC 8414 2: jwks_uri is optional");
    assert_eq!(held.expected.issuer, "https://issuer.example/", "RFC 8414 3.3");
    assert!(issuer.introspection.get().is_some(), "RFC 8414 2: introspection_endpoint");

    server.announce("/keys");
    server.put("/keys", new_keys(), None);
    attempt(&mut fetch_of(&issuer), &server, 2, false).await;
    assert!(issuer.held(at(2)).is_some_and(|held| !held.is_empty()));
    server.put(METADATA, opaque_only.to_string(), None);
    let found = fetch_of(&issuer).attempt(&&server, at(3), false).await;
    let missing = IssuerFault::MetadataIncomplete { member: "jwks_uri" };
    assert_eq!(found.err(), Some(missing), "keys that are held are not replaced by none");
}
