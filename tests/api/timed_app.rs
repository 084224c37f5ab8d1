//! Running service with a manual clock.

use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_resource_server::issuer::{Clock, IssuerStatus};
use actix_resource_server::testing::{ManualClock, TestIssuer, TokenMaker};
use actix_resource_server::verifier::VerifierBuilder;

use futures_util::future::Either;

use crate::test_app::{AUDIENCE, Answer, TestApp};

/// Time limit for steps that take milliseconds on an idle machine.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A running service whose clock moves only when a test advances it.
pub(crate) struct TimedApp {
    app: TestApp,
    clock: Arc<ManualClock>,
}

impl TimedApp {
    pub(crate) async fn start(issuer: TestIssuer) -> Self {
        Self::with_verifier(issuer, |verifier| verifier.fetch_timeout(TIME_LIMIT)).await
    }

    pub(crate) async fn with_verifier(
        issuer: TestIssuer,
        change: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Self {
        let clock = Arc::new(ManualClock::now());
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let app = TestApp::with_verifier(issuer, |verifier| change(verifier.clock(shared))).await;
        Self { app, clock }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Status of the issuer.
    pub(crate) fn status(&self) -> IssuerStatus {
        let mut issuers = self.app.resource.verifier().issuers();
        issuers.retain(|issuer| issuer.issuer == self.app.issuer.url());
        issuers.remove(0)
    }

    /// Waits until the condition holds, without moving the clock.
    pub(crate) async fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + TIME_LIMIT;
        while !holds(self) {
            assert!(Instant::now() < deadline, "timed out waiting for {what}: {:?}", self.status());
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Advances the clock second by second until the condition holds, and returns the seconds passed.
    pub(crate) async fn advance_until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> u64 {
        let deadline = Instant::now() + TIME_LIMIT;
        let mut passed = 0;
        while !holds(self) {
            assert!(Instant::now() < deadline, "timed out waiting for {what}: {:?}", self.status());
            self.advance(1);
            passed += 1;
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
        }
        passed
    }

    /// Requests the private endpoint.
    pub(crate) async fn call(&self, token: TokenMaker) -> Answer {
        self.call_with(&token.encode()).await
    }

    /// Requests what needs a token, and lets time pass until the response arrives.
    pub(crate) async fn call_as_time_passes(&self, token: TokenMaker) -> Answer {
        let time = async {
            loop {
                self.advance(1);
                actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match futures_util::future::select(pin!(self.call(token)), pin!(time)).await {
            Either::Left((answer, _)) => answer,
            Either::Right((never, _)) => never,
        }
    }

    /// The same with an encoded token: most algorithms produce a different signature each time.
    pub(crate) async fn call_with(&self, token: &str) -> Answer {
        self.app.get_with_token("/api/private", token).await
    }

    /// A token that is valid for days.
    pub(crate) fn long_lived_token(&self) -> TokenMaker {
        self.app.issuer.token().audience(AUDIENCE).expires_in(1_000_000)
    }

    pub(crate) async fn readiness(&self) -> u16 {
        self.app.get("/readyz").await.status
    }
}

impl Deref for TimedApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}
