//! An issuer's bad days, in hours that pass at once: the clock is ours.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_resource_server::issuer::{VerificationError, Verifier};
use actix_resource_server::testing::{Behaviour, Endpoint, ManualClock, TestIssuer, TokenMaker};
use actix_resource_server::token::Refusal;

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
            .fetch_limit(Duration::from_secs(1))
            .start()
            .expect("a verifier");
        verifier.first_attempts().await;
        Self { issuer, clock, verifier }
    }

    /// A token that is good for days.
    fn token(&self) -> TokenMaker {
        self.issuer.token().audience(AUDIENCE).expires_in(1_000_000)
    }

    async fn verify(&self, token: TokenMaker) -> Result<(), VerificationError> {
        self.verifier.verify(&token.encode()).await.map(drop)
    }

    /// Lets time pass, second by second, until the key set was asked for this often in all.
    async fn until_asked(&self, times: usize) {
        self.until(|bench| bench.issuer.requests().key_set >= times).await;
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds(self) {
            assert!(Instant::now() < deadline, "in vain: {:?}", self.issuer.requests());
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
async fn a_removed_key_stops_working_at_the_next_refresh() {
    let bench = Bench::start().await;
    let old = bench.issuer.signing_key();
    let new = bench.issuer.rotate();
    let with_old = || bench.issuer.token_with(&old).audience(AUDIENCE).expires_in(1_000_000);
    let with_new = || bench.issuer.token_with(&new).audience(AUDIENCE).expires_in(1_000_000);
    assert_eq!(bench.verify(with_old()).await, Ok(()));
    bench.issuer.withdraw(old.id());
    assert_eq!(bench.verify(with_old()).await, Ok(()), "not asked yet");
    // max-age=300: asked again before those are over.
    let start = bench.issuer.requests().key_set;
    bench.until_asked(start + 1).await;
    bench.until(|bench| bench.verifier.issuers()[0].keys.len() == 1).await;
    assert_eq!(bench.verify(with_new()).await, Ok(()));
    let refused = bench.verify(with_old()).await;
    assert!(
        matches!(refused, Err(VerificationError::Refused(Refusal::UnknownKey { .. }))),
        "replaced, never merged: {refused:?}"
    );
}

#[actix_web::test]
async fn an_unchanged_key_set_stays_in_use() {
    let bench = Bench::start().await;
    for times in 2..6 {
        bench.until_asked(times).await;
        bench.until(|bench| bench.fault().is_none()).await;
        assert_eq!(bench.verify(bench.token()).await, Ok(()), "RFC 9110 15.4.5");
    }
    assert!(bench.issuer.requests().discovery < 4, "{:?}", bench.issuer.requests());
}

#[actix_web::test]
async fn keys_outlive_an_outage_for_an_hour_and_come_back_with_the_issuer() {
    let bench = Bench::start().await;
    bench.issuer.respond(Endpoint::KeySet, Behaviour::status(500));
    bench.until(|bench| bench.fault().is_some()).await;
    assert_eq!(bench.verify(bench.token()).await, Ok(()), "keys held stay in use");
    assert!(bench.is_ready());
    bench.clock.advance(Duration::from_secs(3600));
    let unavailable = bench.verify(bench.token()).await;
    assert!(is_unavailable(&unavailable), "{unavailable:?}");
    assert!(!bench.is_ready());
    bench.issuer.respond(Endpoint::KeySet, Behaviour::Healthy);
    let before = bench.clock_now();
    bench.until(Bench::is_ready).await;
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
async fn the_status_tells_how_old_the_keys_are_and_how_the_attempts_go() {
    let bench = Bench::start().await;
    let status = || bench.verifier.issuers().remove(0);
    let first = status();
    assert!(first.obtained_at.is_some());
    assert_eq!((first.attempts, first.failures, first.stale_since), (1, 0, None));
    assert_eq!(first.clock_skew.map(|skew| skew.seconds().abs() <= 5), Some(true));
    bench.issuer.respond(Endpoint::KeySet, Behaviour::status(500));
    // max-age=300.
    bench.until(|_| status().stale_since.is_some()).await;
    let stale = status();
    let fresh_until = first.obtained_at.map(|time| time.plus(Duration::from_secs(300)));
    assert_eq!((stale.obtained_at, stale.stale_since), (first.obtained_at, fresh_until));
    assert!(stale.failures > 0 && stale.attempts == stale.failures + 1, "{stale:?}");
    assert!(stale.clock_skew.is_some_and(|skew| skew.seconds() < -200), "{stale:?}");
    bench.issuer.respond(Endpoint::KeySet, Behaviour::Healthy);
    bench.until(|_| status().fault.is_none()).await;
    assert!(status().obtained_at > first.obtained_at && status().stale_since.is_none());
}

#[actix_web::test]
async fn an_issuer_that_asks_for_a_pause_gets_it() {
    let bench = Bench::start().await;
    let pause = Behaviour::status(429).with_header("retry-after", "120");
    bench.issuer.respond(Endpoint::KeySet, pause);
    bench.until_asked(2).await;
    bench.until(|bench| bench.fault().is_some()).await;
    let began = bench.clock_now();
    // Nobody's unknown key breaks it, and nobody waits for it.
    for _ in 0..100 {
        let unknown = bench.verify(bench.token().header("kid", "unknown")).await;
        let Err(VerificationError::KeysUnavailable { retry_after }) = unknown else {
            panic!("{unknown:?}");
        };
        assert!((1..=120).contains(&retry_after.as_secs()), "RFC 9110 10.2.3: {retry_after:?}");
        bench.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(bench.issuer.requests().key_set, 2);
    bench.until_asked(3).await;
    assert!(bench.clock_now() - began >= 119, "RFC 9110 10.2.3");
}

#[actix_web::test]
async fn a_flood_of_unknown_keys_is_answered_within_the_budget() {
    let bench = Bench::start().await;
    let before = bench.issuer.requests().key_set;
    let answers = (0..1000).map(|n| {
        let token = bench.token().header("kid", format!("unknown-{n}")).encode();
        let verifier = bench.verifier.clone();
        async move { verifier.verify(&token).await }
    });
    let flood = futures_util::future::join_all(answers);
    let time = async {
        for _ in 0..40 {
            bench.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (answers, ()) = futures_util::future::join(flood, time).await;
    for answer in answers {
        assert!(matches!(answer, Err(VerificationError::Refused(Refusal::UnknownKey { .. }))));
    }
    // One after the other now: the budget of this minute is used up sooner or later.
    for n in 0..1000 {
        let answer = bench.verify(bench.token().header("kid", format!("later-{n}")));
        let step = async {
            bench.clock.advance(Duration::from_millis(if n < 10 { 1000 } else { 0 }));
        };
        let (answer, ()) = futures_util::future::join(answer, step).await;
        assert!(matches!(answer, Err(VerificationError::Refused(_))), "{n}: {answer:?}");
    }
    assert_eq!(bench.verify(bench.token()).await, Ok(()), "good tokens go on");
    let asked = bench.issuer.requests().key_set - before;
    assert!((1..=5).contains(&asked), "{asked} fetches within a minute");
}

#[actix_web::test]
async fn each_fault_of_the_issuer_is_told_and_leaves_the_keys_alone() {
    let json = |text: &str| Behaviour::body("application/json", text.to_owned());
    let evil = serde_json::json!({
        "issuer": "https://evil.example", "jwks_uri": "https://evil.example/jwks",
    });
    let table = [
        (Endpoint::KeySet, Behaviour::status(500), "answered 500"),
        (Endpoint::KeySet, Behaviour::status(429).with_header("retry-after", "1"), "answered 429"),
        (Endpoint::KeySet, Behaviour::redirect("http://127.0.0.1:9/"), "answered 302"),
        (Endpoint::KeySet, Behaviour::body("text/html", "<html>"), "not one JSON object"),
        (Endpoint::KeySet, json(r#"{"keys":[{"#), "not one JSON object"),
        (Endpoint::KeySet, json(r#"{"keys":[]}"#), "no usable key"),
        (Endpoint::KeySet, json(r#"{"keys":[{"kty":"oct","k":"AA"}]}"#), "no usable key"),
        (Endpoint::KeySet, json(&" ".repeat(600 * 1024)), "more than 524288 bytes"),
        (
            Endpoint::KeySet,
            Behaviour::body("application/json", vec![0x1f, 0x8b, 8, 0])
                .with_header("content-encoding", "gzip"),
            "in the encoding gzip",
        ),
        (Endpoint::KeySet, Behaviour::Hang, "did not answer within 1 s"),
        (
            Endpoint::KeySet,
            json(&" ".repeat(500)).dripping(Duration::from_millis(10)),
            "did not answer within 1 s",
        ),
        (Endpoint::Discovery, Behaviour::status(503), "answered 503"),
        (Endpoint::Discovery, Behaviour::json(&evil), "that of another issuer"),
    ];
    for (endpoint, behaviour, text) in table {
        // Cold: nothing is held, and callers are told to try again.
        let issuer = TestIssuer::start();
        issuer.respond(endpoint, behaviour.clone());
        let bench = Bench::of(issuer).await;
        let fault = bench.fault().unwrap_or_default();
        assert!(fault.contains(text), "{text}: {fault}");
        assert!(!bench.is_ready(), "{text}");
        let answer = bench.verify(bench.token()).await;
        assert!(is_unavailable(&answer), "{text}: {answer:?}");
        bench.issuer.respond(endpoint, Behaviour::Healthy);
        let before = bench.clock_now();
        bench.until(Bench::is_ready).await;
        assert!(bench.clock_now() - before <= 60, "{text}");
        assert_eq!(bench.verify(bench.token()).await, Ok(()), "{text}");

        // Warm: what is held stays in use.
        if endpoint == Endpoint::KeySet {
            bench.issuer.respond(endpoint, behaviour);
            bench.until(|bench| bench.fault().is_some_and(|fault| fault.contains(text))).await;
            assert_eq!(bench.verify(bench.token()).await, Ok(()), "{text}");
            assert!(bench.is_ready(), "{text}");
        }
    }
}

#[actix_web::test]
async fn one_issuers_outage_is_not_the_others() {
    let (one, other) = (TestIssuer::start(), TestIssuer::start());
    other.respond(Endpoint::Discovery, Behaviour::Hang);
    let verifier = Verifier::builder()
        .issuer(one.url())
        .issuer(other.url())
        .audience(AUDIENCE)
        .fetch_limit(Duration::from_secs(1))
        .start()
        .expect("a verifier");
    let token = |issuer: &TestIssuer| issuer.token().audience(AUDIENCE);
    assert!(verifier.verify(&token(&one).encode()).await.is_ok());
    let down = verifier.verify(&token(&other).encode()).await.map(drop);
    assert!(is_unavailable(&down), "{down:?}");
    // A key of one never verifies a token of the other, even under the same kid.
    let same_kid = one.signing_key();
    let forged = TokenMaker::new(other.url(), &same_kid).audience(AUDIENCE).encode();
    assert!(verifier.verify(&forged).await.is_err(), "RFC 8725 3.8");
    other.respond(Endpoint::Discovery, Behaviour::Healthy);
    let both = Verifier::builder().issuer(one.url()).issuer(other.url()).audience(AUDIENCE);
    let both = both.start().expect("a verifier");
    assert!(both.verify(&token(&one).encode()).await.is_ok());
    assert!(both.verify(&token(&other).encode()).await.is_ok());
    assert!(both.verify(&forged).await.is_err(), "RFC 8725 3.8");
}
