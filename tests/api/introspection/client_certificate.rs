//! Mutual TLS at the introspection endpoint (RFC 8705 section 2), over real handshakes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_resource_server::ProtectedResource;
use actix_resource_server::issuer::{ClientCertificate, IntrospectionClient};
use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use actix_resource_server::verifier::Verifier;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::json;

use super::{service_routes, trusted};
use crate::check_advice::tls_issuer::{Authority, Chain, TlsIssuer};
use crate::test_app::{AUDIENCE, TestApp};

/// An introspection endpoint that demands a certificate of an authority, and the file of that authority.
pub(super) struct MutualTls {
    pub(super) server: TlsIssuer,
    pub(super) authority: Authority,
    pub(super) ca_file: PathBuf,
    requests: Arc<AtomicUsize>,
}

impl MutualTls {
    pub(super) fn start(name: &str, version: &'static SupportedProtocolVersion) -> Self {
        let authority = Authority::root("Private");
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let chain = authority.server(&["localhost"], false);
        let server = TlsIssuer::demanding(chain, version, &authority, move |request| {
            count.fetch_add(1, Ordering::SeqCst);
            let has_secret = request.to_lowercase().contains("\r\nauthorization:");
            let names_client = request.contains(&format!("client_id={}", TestIssuer::CLIENT_ID));
            // RFC 8705 section 2: the client id, and no secret.
            match names_client && !has_secret && request.starts_with("POST /introspect ") {
                true if request.contains("token=made-up") => {
                    (200, r#"{"active":false}"#.to_owned())
                }
                true => (200, active().to_string()),
                false => (401, json!({"error": "invalid_client"}).to_string()),
            }
        });
        let file = format!("mutual-tls-{name}-{}.pem", std::process::id());
        let ca_file = std::env::temp_dir().join(file);
        std::fs::write(&ca_file, authority.pem()).expect("a file");
        Self { server, authority, ca_file, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("{}introspect", self.server.url())
    }

    /// A client's certificate of the authority.
    pub(super) fn client(&self) -> Chain {
        self.authority.server(&["api"], false)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for MutualTls {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.ca_file));
    }
}

/// An active answer that names no issuer, since the issuer itself gives it.
fn active() -> serde_json::Value {
    json!({"active": true, "aud": AUDIENCE, "exp": super::judged::seconds_now() + 600})
}

fn client(chain: &Chain) -> IntrospectionClient {
    let (certificate, key) = chain.pem();
    let certificate = ClientCertificate::from_pem(certificate.as_bytes(), key.as_bytes());
    IntrospectionClient::with_certificate(TestIssuer::CLIENT_ID, certificate.expect("valid"))
}

fn with_secret() -> IntrospectionClient {
    IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, TestIssuer::CLIENT_SECRET)
}

/// A service that introspects there; without a URL, where the issuer's metadata says.
async fn service(
    issuer: TestIssuer,
    mutual: &MutualTls,
    url: Option<&str>,
    client: IntrospectionClient,
) -> TestApp {
    let trusted = trusted(&issuer, |introspection| {
        introspection.endpoint = url.map(|url| url.parse().expect("a URL"));
        introspection.client = client;
    });
    let builder = Verifier::builder().trust(trusted).key_fetch_ca_file(&mutual.ca_file);
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    TestApp::with_resource(issuer, service_routes(), ProtectedResource::new(verifier))
}

#[actix_web::test]
async fn the_certificate_of_the_handshake_decides() {
    let other = Authority::root("Other");
    for (version, name) in [(&TLS13, "1.3"), (&TLS12, "1.2")] {
        let mutual = MutualTls::start(name, version);
        let missing = "demands a client certificate";
        let rejected = "rejects the client certificate of this server (TLS alert ";
        let own = mutual.client();
        let table = [
            ("its own", client(&own), 200, None),
            ("none", with_secret(), 503, Some(missing)),
            ("another's", client(&other.server(&["api"], false)), 503, Some(rejected)),
            ("expired", client(&mutual.authority.server(&["api"], true)), 503, Some(rejected)),
        ];
        for (what, client, status, fault) in table {
            let before = mutual.requests();
            let app = service(TestIssuer::start(), &mutual, Some(&mutual.url()), client).await;
            let answer = app.get_with_token("/api/private", "opaque_token").await;
            assert_eq!(answer.status, status, "RFC 8705 2: {what} over TLS {name}");
            let (.., introspection) = app.resource.verifier().introspection_status().expect("it");
            let text = introspection.fault.as_ref().map(ToString::to_string);
            assert_eq!(text.is_some(), fault.is_some(), "{what} over TLS {name}: {text:?}");
            if let (Some(text), Some(fault)) = (text, fault) {
                assert!(text.contains(&mutual.url()), "{what} over TLS {name}: {text}");
                assert!(text.contains(fault), "{what} over TLS {name}: {text}");
                assert_eq!(answer.challenge(), None, "{what} over TLS {name}");
                assert_eq!(mutual.requests(), before, "no token without a certificate");
            }
            let is_rejected = fault.is_some();
            assert_eq!(introspection.client_rejected, is_rejected, "{what} over TLS {name}");
            let readiness = if is_rejected { 503 } else { 200 };
            assert_eq!(app.get("/readyz").await.status, readiness, "{what} over TLS {name}");
        }
    }
}

#[actix_web::test]
async fn clients_with_a_certificate_prefer_the_alias_of_the_metadata() {
    let mutual = MutualTls::start("alias", &TLS13);
    for (client, expected) in [(client(&mutual.client()), (1, 0)), (with_secret(), (0, 1))] {
        let before = mutual.requests();
        let issuer = TestIssuer::start();
        let url = issuer.url();
        issuer.respond(
            Endpoint::Discovery,
            Behavior::json(&json!({
                "issuer": url, "jwks_uri": issuer.jwks_uri(),
                "introspection_endpoint": format!("{}/introspect", url.trim_end_matches('/')),
                "mtls_endpoint_aliases": {"introspection_endpoint": mutual.url()},
            })),
        );
        let app = service(issuer, &mutual, None, client).await;
        let token = app.issuer.opaque(&app.token());
        assert_eq!(app.get_with_token("/api/private", &token).await.status, 200, "RFC 8705 5");
        let calls = (mutual.requests() - before, app.issuer.requests().introspection);
        assert_eq!(calls, expected, "RFC 8705 5");
    }
}
