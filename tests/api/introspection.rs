//! Opaque tokens through introspection (RFC 7662, RFC 9701).

mod cached;
mod checked;
mod client_certificate;
mod credential_files;
mod faults;
mod judged;
mod opaque_only;

use std::sync::Arc;
use std::time::Duration;

use actix_resource_server::access::ResourceIdentifier;
use actix_resource_server::issuer::{
    Clock, Introspection, IntrospectionClient, IntrospectionStatus, TrustedIssuer,
};
use actix_resource_server::service::routes;
use actix_resource_server::testing::{ManualClock, TestIssuer};
use actix_resource_server::token::Audiences;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{ProtectedResource, Routes};

use crate::test_app::{AUDIENCE, TestApp};

/// A running service whose issuer has introspection, with a manual clock.
struct OpaqueApp {
    app: TestApp,
    clock: Arc<ManualClock>,
}

impl OpaqueApp {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Introspection)) -> Self {
        Self::with_routes(service_routes(), change).await
    }

    async fn with_routes(routes: Routes, change: impl FnOnce(&mut Introspection)) -> Self {
        Self::with_issuer(TestIssuer::start(), routes, change).await
    }

    async fn with_issuer(
        issuer: TestIssuer,
        routes: Routes,
        change: impl FnOnce(&mut Introspection),
    ) -> Self {
        let clock = Arc::new(ManualClock::now());
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let builder = Verifier::builder().trust(trusted(&issuer, change)).clock(shared);
        let verifier = builder.start().expect("a verifier");
        verifier.first_attempts().await;
        let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
        let resource = ProtectedResource::new(verifier).identifier(identifier);
        Self { app: TestApp::with_resource(issuer, routes, resource), clock }
    }

    /// A valid opaque token, known to the issuer.
    fn opaque(&self) -> String {
        self.app.issuer.opaque(&self.app.token().scope("read:messages"))
    }

    async fn status_of(&self, token: &str) -> u16 {
        self.app.get_with_token("/api/private", token).await.status
    }

    fn calls(&self) -> usize {
        self.app.issuer.requests().introspection
    }

    fn status(&self) -> IntrospectionStatus {
        self.app.resource.verifier().introspection_status().expect("introspection").2
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// The issuer with introspection of opaque tokens for the test client.
fn trusted(issuer: &TestIssuer, change: impl FnOnce(&mut Introspection)) -> TrustedIssuer {
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let identifier = issuer.url().parse().expect("an issuer");
    let mut trusted = TrustedIssuer::discovered(identifier, audiences);
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, TestIssuer::CLIENT_SECRET);
    let mut introspection = Introspection::new(client);
    introspection.deadline = Duration::from_secs(20);
    change(&mut introspection);
    trusted.introspection = Some(introspection);
    trusted
}

/// The routes of the service.
fn service_routes() -> Routes {
    let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
    routes(Some(&identifier))
}
