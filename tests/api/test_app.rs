//! Running service with a test issuer, and an HTTP client.

use std::net::SocketAddr;
use std::time::Duration;

use actix_resource_server::access::ResourceIdentifier;
use actix_resource_server::issuer::KeyRefresh;
use actix_resource_server::service::{Cors, Metrics, Responses, Telemetry, configure, routes};
use actix_resource_server::testing::{TestIssuer, TokenMaker};
use actix_resource_server::verifier::{Verifier, VerifierBuilder};
use actix_resource_server::{ProtectedResource, Routes};
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use awc::http::Method;
use awc::http::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

/// Audience of the API under test.
pub(crate) const AUDIENCE: &str = "https://api.example";

/// The only origin allowed by CORS.
pub(crate) const ORIGIN: &str = "https://page.example";

/// A running service.
pub(crate) struct TestApp {
    pub(crate) issuer: TestIssuer,
    pub(crate) resource: ProtectedResource,
    pub(crate) metrics: Metrics,
    address: SocketAddr,
    server: ServerHandle,
}

/// A full response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TestApp {
    /// The service with default settings and an issuer with an RS256 key.
    pub(crate) async fn start() -> Self {
        Self::with_issuer(TestIssuer::start()).await
    }

    pub(crate) async fn with_issuer(issuer: TestIssuer) -> Self {
        // Without gaps between fetches every unknown key is decided, whatever came before it.
        let refresh = KeyRefresh { attempt_gap: Duration::ZERO, ..KeyRefresh::default() };
        Self::with_verifier(issuer, |verifier| verifier.key_refresh(refresh)).await
    }

    /// The service with a customized verifier.
    pub(crate) async fn with_verifier(
        issuer: TestIssuer,
        change: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Self {
        let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
        let all = routes(Some(&identifier));
        Self::with_routes(issuer, all, change).await
    }

    /// An application with different routes.
    pub(crate) async fn with_routes(
        issuer: TestIssuer,
        routes: Routes,
        change: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Self {
        let builder = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE);
        let verifier = change(builder).start().expect("a verifier");
        let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
        let resource = ProtectedResource::new(verifier).identifier(identifier);
        Self::with_resource(issuer, routes, resource)
    }

    /// An application with different routes and a customized resource.
    pub(crate) fn with_resource(
        issuer: TestIssuer,
        routes: Routes,
        resource: ProtectedResource,
    ) -> Self {
        let served = resource.clone();
        let metrics = Metrics::new(&routes.table(), resource.verifier());
        let telemetry = Telemetry::new(&routes.table()).access_log(true);
        let telemetry = telemetry.metrics(Some(metrics.clone()));
        let cors = Cors::new(&routes.table(), [ORIGIN.parse().expect("an origin")]);
        let server = HttpServer::new(move || {
            App::new()
                .configure(|config| configure(config, &served, &routes))
                .wrap(cors.clone())
                .wrap(Responses)
                .wrap(telemetry.clone())
        })
        .workers(2)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a port");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { issuer, resource, metrics, address, server: handle }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A valid token, to be modified by the test.
    pub(crate) fn token(&self) -> TokenMaker {
        self.issuer.token().audience(AUDIENCE)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn get_with_token(&self, path: &str, token: &str) -> Answer {
        let credentials = format!("Bearer {token}");
        self.send(Method::GET, path, &[(AUTHORIZATION.as_str(), &credentials)]).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = format!("http://{}{path}", self.address());
        let client = awc::Client::builder().disable_redirects().timeout(Duration::from_secs(30));
        let client = client.finish();
        let mut request = client.request(method, url);
        for header in headers {
            // A second Host would make the request malformed (RFC 9112 section 3.2).
            request = if header.0 == "host" {
                request.insert_header(*header)
            } else {
                request.append_header(*header)
            };
        }
        let mut answer = request.send().await.expect("an answer");
        let body = answer.body().limit(1 << 20).await.expect("a body");
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: String::from_utf8(body.to_vec()).expect("text"),
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The server is told to stop when the future is created; awaiting it only waits for the end.
        drop(self.server.stop(false));
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        let value = values.next().map(|value| value.to_str().expect("plain text"));
        assert!(values.next().is_none(), "{name} is there more than once");
        value
    }

    pub(crate) fn challenge(&self) -> Option<&str> {
        self.header("www-authenticate")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Error code of the problem document.
    pub(crate) fn error(&self) -> Option<String> {
        self.json()["error"].as_str().map(ToOwned::to_owned)
    }
}
