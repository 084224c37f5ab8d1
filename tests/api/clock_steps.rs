//! Used proofs while the wall clock is set to other times, and while Redis loses names.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_resource_server::testing::{ManualClock, PUBLIC_URL, ProofMaker, SigningKey, TestIssuer};
use actix_resource_server::token::{Algorithm, Timestamp};
use awc::http::Method;

use crate::dpop::policy;
use crate::redis_server::{Reach, RedisServer};
use crate::test_app::{AUDIENCE, TestApp};

const START: u64 = 1_700_000_000;
const EPOCH: i64 = 1_700_000_000;

/// The service, a clock for it, and a token that is valid for days.
struct Stage {
    app: TestApp,
    clock: Arc<ManualClock>,
    key: SigningKey,
    token: String,
}

impl Stage {
    async fn start(redis: Option<&RedisServer>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(START)));
        let served = Arc::clone(&clock);
        let app = TestApp::with_verifier(TestIssuer::start(), |verifier| {
            let verifier = verifier.dpop(policy()).clock(served);
            match redis {
                Some(redis) => verifier.shared_memory(redis.url().parse().expect("an address")),
                None => verifier,
            }
        })
        .await;
        let key = SigningKey::generate(Algorithm::Es256);
        let token = app.issuer.token().at(EPOCH).expires_in(1_000_000).audience(AUDIENCE);
        let token = token.claim("nbf", 1).claim("iat", 1).bound_to(&key).encode();
        Self { app, clock, key, token }
    }

    fn set(&self, second: u64) {
        self.clock.set_wall_clock(Timestamp::from_seconds(START + second));
    }

    /// A proof made at this second.
    fn proof(&self, second: u64) -> String {
        let maker = ProofMaker::new(&self.key)
            .at(u32::try_from(START + second).expect("small"))
            .token(&self.token);
        maker.target(format!("{PUBLIC_URL}/api/private")).encode()
    }

    async fn status(&self, proof: &str) -> u16 {
        let authorization = format!("DPoP {}", self.token);
        let fields = [("authorization", authorization.as_str()), ("dpop", proof)];
        self.app.send(Method::GET, "/api/private", &fields).await.status
    }

    /// Waits for the connection, and until its memory is complete for long enough.
    async fn wait_for_redis(&self) {
        for _ in 0..500 {
            self.clock.advance(Duration::from_secs(1));
            let second = self.app.resource_second(&self.clock);
            if self.status(&self.proof(second - START)).await == 200 {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the memory is never complete");
    }
}

impl TestApp {
    fn resource_second(&self, clock: &ManualClock) -> u64 {
        use actix_resource_server::issuer::Clock;
        clock.now().milliseconds() / 1000
    }
}

/// What happens to a proof that was used at 500 s, when the wall clock is set back and the time passes
/// at which it would be forgotten.
async fn set_back(redis: Option<RedisServer>) {
    for step in [15_u64, 30, 60, 69, 100, 400] {
        let stage = Stage::start(redis.as_ref()).await;
        if redis.is_some() {
            stage.wait_for_redis().await;
        }
        stage.clock.advance(Duration::from_secs(500));
        let begin = stage.app.resource_second(&stage.clock) - START;
        let used = stage.proof(begin);
        assert_eq!(stage.status(&used).await, 200);
        stage.clock.advance(Duration::from_secs(3));
        assert_eq!(stage.status(&stage.proof(begin + 3)).await, 200, "the clock is noticed");
        stage.set(begin + 3 - step);
        let mut honest = 0;
        for passed in 0..step + 70 {
            if passed == 80
                && let Some(redis) = &redis
            {
                redis.expire_names();
            }
            let status = stage.status(&used).await;
            assert!([401, 503].contains(&status), "set back by {step} s, {passed} s ago: {status}");
            let now = begin + 3 - step + passed;
            honest += usize::from(stage.status(&stage.proof(now)).await == 200);
            stage.clock.advance(Duration::from_secs(1));
        }
        assert!(honest >= 40, "set back by {step} s: {honest} fresh proofs were accepted");
        assert_eq!(stage.status(&stage.proof(begin + 73)).await, 200, "it is over");
    }
}

#[actix_web::test]
async fn proof_is_accepted_once_by_a_clock_that_is_set_back() {
    set_back(None).await;
}

#[actix_web::test]
async fn proof_is_accepted_once_over_redis_by_a_clock_that_is_set_back() {
    let Some(redis) = RedisServer::start(Reach::Tcp) else { return };
    set_back(Some(redis)).await;
}

#[actix_web::test]
async fn clock_that_is_corrected_turns_no_honest_client_away() {
    let stage = Stage::start(None).await;
    assert_eq!(stage.status(&stage.proof(0)).await, 200);
    // An hour ahead for ten minutes: clients with the right time are too old then.
    stage.set(3600);
    let ahead = stage.proof(3600);
    assert_eq!(stage.status(&ahead).await, 200);
    stage.clock.advance(Duration::from_secs(600));
    assert_eq!(stage.status(&stage.proof(4200)).await, 200);
    for second in [600, 1000, 3000, 3500] {
        stage.set(second);
        assert_eq!(stage.status(&stage.proof(second)).await, 200, "at {second} s");
        stage.clock.advance(Duration::from_secs(50));
    }
    // What was used when the clock was ahead may be forgotten by now.
    stage.set(3610);
    assert_eq!(stage.status(&ahead).await, 503, "RFC 9449 11.1");
}

#[actix_web::test]
async fn forward_step_forgets_nothing_too_early() {
    let stage = Stage::start(None).await;
    let used = stage.proof(0);
    assert_eq!(stage.status(&used).await, 200);
    for second in [20, 59, 60] {
        stage.set(second);
        assert_eq!(stage.status(&used).await, 401, "RFC 9449 11.1: at {second} s");
        assert_eq!(stage.status(&stage.proof(second)).await, 200, "at {second} s");
    }
    stage.set(1_000);
    assert_eq!(stage.status(&used).await, 401, "it is old");
    stage.set(30);
    assert_ne!(stage.status(&used).await, 200);
}

#[actix_web::test]
async fn redis_that_is_emptied_accepts_no_replay() {
    let Some(redis) = RedisServer::start(Reach::Tcp) else { return };
    let stage = Stage::start(Some(&redis)).await;
    stage.wait_for_redis().await;
    let now = stage.app.resource_second(&stage.clock) - START;
    let used = stage.proof(now);
    assert_eq!(stage.status(&used).await, 200);
    redis.command("FLUSHALL");
    for _ in 0..20 {
        assert_eq!(stage.status(&used).await, 503, "RFC 9449 11.1");
        thread::sleep(Duration::from_millis(20));
    }
    stage.wait_for_redis().await;
    assert_eq!(stage.status(&used).await, 503, "it can have been used before");
}
