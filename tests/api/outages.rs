//! Long issuer outages, under a manual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_resource_server::testing::{Behavior, Endpoint, ManualClock, TestIssuer, TokenMaker};
use actix_resource_server::verifier::{VerificationError, Verifier};

use crate::test_app::AUDIENCE;

struct Bench {
    issuer: TestIssuer,
    clock: Arc<ManualClock>,
    verifier: Verifier,
}

impl Bench {
    async fn start() -> Self {
        Self::of(TestIssuer::start()).await
    }

    async fn of(issuer: TestIssuer) -> Self {
        let clock = Arc::new(ManualClock::now());
        let verifier = Verifier::builder()
            .issuer(issuer.url())
            .audience(AUDIENCE)
            .clock(Arc::clone(&clock) as Arc<_>)
            .fetch_timeout(Duration::from_secs(1))
            .start()
            .expect("a verifier");
        verifier.first_attempts().await;
        Self { issuer, clock, verifier }
    }

    /// A token that is valid for days.
    fn token(&self) -> TokenMaker {
        self.issuer.token().audience(AUDIENCE).expires_in(1_000_000)
    }

    async fn verify(&self, token: TokenMaker) -> Result<(), VerificationError> {
        self.verifier.verify(&token.encode()).await.map(drop)
    }

    /// Advances time second by second until the key set has been requested this often in total.
    async fn until_asked(&self, times: usize) {
        self.wait_until(|bench| bench.issuer.requests().key_set >= times).await;
    }

    async fn wait_until(&self, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds(self) {
            assert!(Instant::now() < deadline, "timed out: {:?}", self.issuer.requests());
            self.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn is_ready(&self) -> bool {
        self.verifier.issuers().iter().all(|issuer| issuer.is_ready())
    }

    fn fault(&self) -> Option<String> {
        self.verifier.issuers().into_iter().find_map(|issuer| issuer.fault)
    }
}

fn is_unavailable(result: &Result<(), VerificationError>) -> bool {
    matches!(result, Err(VerificationError::KeysUnavailable { .. }))
}

#[actix_web::test]
async fn keys_survive_an_outage_of_an_hour() {
    let bench = Bench::start().await;
    bench.issuer.respond(Endpoint::KeySet, Behavior::status(500));
    bench.wait_until(|bench| bench.fault().is_some()).await;
    assert_eq!(bench.verify(bench.token()).await, Ok(()), "keys held stay in use");
    assert!(bench.is_ready());
    bench.clock.advance(Duration::from_secs(3600));
    let unavailable = bench.verify(bench.token()).await;
    assert!(is_unavailable(&unavailable), "{unavailable:?}");
    assert!(!bench.is_ready());
    bench.issuer.respond(Endpoint::KeySet, Behavior::Healthy);
    let before = bench.clock_now();
    bench.wait_until(Bench::is_ready).await;
    assert_eq!(bench.verify(bench.token()).await, Ok(()));
    let took = bench.clock_now() - before;
    assert!(took <= 60, "back after {took} s");
}

impl Bench {
    fn clock_now(&self) -> u64 {
        use actix_resource_server::issuer::Clock;
        self.clock.now().milliseconds() / 1000
    }
}

#[actix_web::test]
async fn status_reports_key_age_and_attempts() {
    let bench = Bench::start().await;
    let status = || bench.verifier.issuers().remove(0);
    let first = status();
    assert_eq!(first.key_set_age, Some(Duration::ZERO));
    assert_eq!((first.attempts, first.successes, first.failures), (1, 1, 0));
    assert_eq!(first.stale_for, None);
    assert_eq!(first.clock_skew.map(|skew| skew.seconds().abs() <= 5), Some(true));
    bench.issuer.respond(Endpoint::KeySet, Behavior::status(500));
    // max-age=300.
    let mut stale = first;
    bench
        .wait_until(|_| {
            stale = status();
            let is_between_attempts = stale.attempts == stale.successes + stale.failures;
            stale.stale_for.is_some() && is_between_attempts
        })
        .await;
    let age = stale.stale_for.map(|stale| stale + Duration::from_secs(300));
    assert_eq!(stale.key_set_age, age);
    assert!(stale.failures > 0 && stale.attempts == stale.failures + 1, "{stale:?}");
    assert!(stale.clock_skew.is_some_and(|skew| skew.seconds() < -200), "{stale:?}");
    bench.issuer.respond(Endpoint::KeySet, Behavior::Healthy);
    bench.wait_until(|_| status().fault.is_none()).await;
    assert!(status().key_set_age < stale.key_set_age && status().stale_for.is_none());
    assert_eq!(status().successes, 2);
}

#[actix_web::test]
async fn retry_after_of_the_issuer_is_honored() {
    let bench = Bench::start().await;
    let pause = Behavior::status(429).with_header("retry-after", "120");
    bench.issuer.respond(Endpoint::KeySet, pause);
    bench.until_asked(2).await;
    bench.wait_until(|bench| bench.fault().is_some()).await;
    let began = bench.clock_now();
    // A token with an unknown key does not end the pause, and does not wait for its end.
    for _ in 0..100 {
        let unknown = bench.verify(bench.token().header("kid", "unknown")).await;
        let Err(VerificationError::KeysUnavailable { retry_after }) = unknown else {
            panic!("{unknown:?}");
        };
        assert!((1..=150).contains(&retry_after.as_secs()), "RFC 9110 10.2.3: {retry_after:?}");
        bench.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(bench.issuer.requests().key_set, 2);
    bench.until_asked(3).await;
    assert!(bench.clock_now() - began >= 119, "RFC 9110 10.2.3");
}
