//! Tokens of service accounts from inside a cluster: a private authority, a bearer token that rotates, and
//! a server that insists on its media type.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use actix_resource_server::issuer::{KeySource, TrustedIssuer};
use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::{Algorithm, Audiences};
use actix_resource_server::verifier::{VerificationError, Verifier};
use serde_json::json;

use crate::check_advice::tls_issuer::{Authority, TlsIssuer};
use crate::test_app::AUDIENCE;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The API server of a cluster.
struct ApiServer {
    server: TlsIssuer,
    state: Arc<Mutex<State>>,
    directory: PathBuf,
}

struct State {
    /// The bearer token that is valid at this moment.
    token: String,
    keys: Vec<SigningKey>,
    /// The status of each answer.
    answered: Vec<u16>,
}

impl ApiServer {
    fn start(name: &str) -> Self {
        let authority = Authority::root("kubernetes");
        let keys = vec![SigningKey::generate(Algorithm::Rs256)];
        let state = State { token: "first".to_owned(), keys, answered: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let server = TlsIssuer::answering(authority.server(&["localhost"], false), move |head| {
            let mut state = shared.lock().expect("no panic");
            let (status, body) = state.answer(&head.to_lowercase());
            state.answered.push(status);
            (status, body)
        });
        let directory =
            std::env::temp_dir().join(format!("kubernetes-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join("ca.crt"), authority.pem()).expect("a file");
        fs::write(directory.join("token"), "first\n").expect("a file");
        Self { server, state, directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    async fn verifier(&self, ca_file: Option<&Path>, token_file: Option<&Path>) -> Verifier {
        let address = format!("{}openid/v1/jwks", self.server.url()).parse().expect("a URL");
        let audiences = Audiences::new([AUDIENCE]).expect("an audience");
        let identifier = ISSUER.parse().expect("an issuer");
        let source = KeySource::Address(address);
        let trusted = TrustedIssuer::with_source(identifier, audiences, source);
        let mut builder = Verifier::builder().trust(trusted);
        if let Some(path) = ca_file {
            builder = builder.key_fetch_ca_file(path);
        }
        if let Some(path) = token_file {
            builder = builder.key_fetch_token_file(path);
        }
        let verifier = builder.start().expect("a verifier");
        verifier.first_attempts().await;
        verifier
    }

    /// A token of a service account, signed with the newest key.
    fn token(&self) -> String {
        let key = self.state.lock().expect("no panic").keys.last().expect("a key").clone();
        TokenMaker::new(ISSUER, &key)
            .subject("system:serviceaccount:shop:orders")
            .audience(AUDIENCE)
            .claim(
                "kubernetes.io",
                json!({"namespace": "shop", "serviceaccount": {"name": "orders"}}),
            )
            .encode()
    }
}

impl State {
    fn answer(&self, head: &str) -> (u16, String) {
        if !head.contains(&format!("\r\nauthorization: bearer {}\r\n", self.token)) {
            return (401, json!({"kind": "Status", "status": "Failure", "code": 401}).to_string());
        }
        let accept =
            head.split_once("\r\naccept: ").and_then(|(_, rest)| rest.split("\r\n").next());
        if !accept.is_some_and(|accept| accept.contains("application/jwk-set+json")) {
            return (406, String::new());
        }
        if !head.starts_with("get /openid/v1/jwks ") {
            return (404, String::new());
        }
        let keys: Vec<_> = self.keys.iter().map(SigningKey::public_jwk).collect();
        (200, json!({"keys": keys}).to_string())
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

#[actix_web::test]
async fn keys_are_fetched_with_a_token_that_changes_while_the_service_runs() {
    let server = ApiServer::start("rotating");
    let (ca_file, token_file) = (server.file("ca.crt"), server.file("token"));
    let verifier = server.verifier(Some(&ca_file), Some(&token_file)).await;
    assert_eq!(verifier.issuers()[0].fault, None);
    let verified = verifier.verify(&server.token()).await.expect("a valid token");
    assert_eq!(verified.claims().subject.as_deref(), Some("system:serviceaccount:shop:orders"));

    // The kubelet replaces the file; the API server no longer accepts the old token, and has a new key.
    fs::write(&token_file, "second").expect("a file");
    {
        let mut state = server.state.lock().expect("no panic");
        "second".clone_into(&mut state.token);
        state.keys.push(SigningKey::generate(Algorithm::Rs256));
    }
    verifier.verify(&server.token()).await.expect("fetched with the second token");
    let answered = server.state.lock().expect("no panic").answered.clone();
    assert!(answered.iter().all(|status| *status == 200), "{answered:?}");
}

#[actix_web::test]
async fn without_the_token_or_the_authority_the_keys_are_out_of_reach() {
    let server = ApiServer::start("missing");
    let (ca_file, token_file) = (server.file("ca.crt"), server.file("token"));
    for (ca, token, expected) in [
        (Some(&ca_file), None, "answered 401"),
        (None, Some(&token_file), "does not lead to a certificate authority"),
    ] {
        let verifier = server.verifier(ca.map(PathBuf::as_path), token.map(PathBuf::as_path)).await;
        let fault = verifier.issuers()[0].fault.clone().expect("a fault");
        assert!(fault.contains(expected), "{fault}");
        let verdict = verifier.verify(&server.token()).await;
        assert!(matches!(verdict, Err(VerificationError::KeysUnavailable { .. })), "503, not 401");
    }
}
