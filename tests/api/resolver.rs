//! Issuers that are looked up when a token names them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_resource_server::issuer::TrustedIssuer;
use actix_resource_server::testing::{ManualClock, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{Algorithm, Audiences, InvalidToken};
use actix_resource_server::verifier::{
    IssuerResolver, ResolverLimits, ResolverUnavailable, VerificationError, Verifier,
};
use futures_util::future::join_all;

use crate::test_app::AUDIENCE;

/// A list of trusted issuers, and the names that were looked up in it.
#[derive(Clone, Default)]
struct Directory {
    trusted: Arc<Mutex<Vec<(String, &'static str)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    is_down: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
    pause: Duration,
}

impl Directory {
    fn trust(&self, issuer: &TestIssuer, audience: &'static str) {
        self.trusted.lock().expect("no panic").push((issuer.url().to_owned(), audience));
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("no panic").len()
    }

    fn resolver(&self) -> IssuerResolver {
        let this = self.clone();
        IssuerResolver::new(move |iss: String| {
            let this = this.clone();
            async move {
                this.asked.lock().expect("no panic").push(iss.clone());
                tokio::time::sleep(this.pause).await;
                assert!(!this.panics.load(Ordering::SeqCst), "a resolver that panics");
                if this.is_down.load(Ordering::SeqCst) {
                    return Err(ResolverUnavailable);
                }
                let trusted = this.trusted.lock().expect("no panic").clone();
                let found = trusted.into_iter().find(|(name, _)| *name == iss);
                Ok(found.map(|(name, audience)| {
                    let audiences = Audiences::new([audience]).expect("an audience");
                    TrustedIssuer::discovered(name.parse().expect("an issuer"), audiences)
                }))
            }
        })
    }

    fn verifier(&self, limits: ResolverLimits) -> Verifier {
        let builder = Verifier::builder().resolver(self.resolver().limits(limits));
        builder.start().expect("a verifier")
    }
}

fn issuer() -> TestIssuer {
    TestIssuer::builder().algorithms([Algorithm::Es256]).start().expect("an issuer")
}

async fn outcome(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify(token).await {
        Ok(_) => "accepted",
        Err(VerificationError::Rejected(reason)) => reason.reason(),
        Err(VerificationError::KeysUnavailable { .. }) => "unavailable",
        Err(other) => panic!("{other}"),
    }
}

#[actix_web::test]
async fn requests_share_one_lookup_and_one_fetch() {
    let issuer = issuer();
    let directory = Directory { pause: Duration::from_millis(50), ..Directory::default() };
    directory.trust(&issuer, AUDIENCE);
    let verifier = directory.verifier(ResolverLimits::default());
    let tokens: Vec<String> =
        (0..50).map(|n| issuer.token().audience(AUDIENCE).claim("n", n).encode()).collect();
    let outcomes = join_all(tokens.iter().map(|token| outcome(&verifier, token))).await;
    assert_eq!(outcomes, ["accepted"; 50]);
    assert_eq!((directory.asked(), issuer.requests().discovery), (1, 1));
    assert_eq!(issuer.requests().key_set, 1);
    for token in &tokens {
        assert_eq!(outcome(&verifier, token).await, "accepted", "from the cache");
    }
    assert_eq!(directory.asked(), 1);
}

#[actix_web::test]
async fn a_made_up_issuer_is_looked_up_once_and_never_fetched_from() {
    let (issuer, stranger) = (issuer(), issuer());
    let directory = Directory::default();
    directory.trust(&issuer, AUDIENCE);
    let verifier = directory.verifier(ResolverLimits::default());
    let token = stranger.token().audience(AUDIENCE).encode();
    for _ in 0..20 {
        assert_eq!(outcome(&verifier, &token).await, "issuer_mismatch", "RFC 8725 3.8");
    }
    assert_eq!(directory.asked(), 1, "the negative answer is remembered");
    assert_eq!(stranger.requests().discovery + stranger.requests().key_set, 0);
    let key = stranger.signing_key();
    for n in 0..200 {
        let iss = format!("{}/{n}", stranger.url());
        let token = TokenMaker::new(iss, &key).audience(AUDIENCE).encode();
        assert_eq!(outcome(&verifier, &token).await, "issuer_mismatch");
    }
    assert_eq!(directory.asked(), 201);
    let long = format!("{}/{}", stranger.url(), "x".repeat(3000));
    let token = TokenMaker::new(long, &key).audience(AUDIENCE).encode();
    assert_eq!(outcome(&verifier, &token).await, "issuer_mismatch");
    assert_eq!(directory.asked(), 201, "too long to be looked up");
    assert_eq!(stranger.requests().discovery + stranger.requests().key_set, 0);
    let good = issuer.token().audience(AUDIENCE).encode();
    assert_eq!(outcome(&verifier, &good).await, "accepted");
}

#[actix_web::test]
async fn each_issuer_has_its_own_audience_and_keys() {
    let (one, other) = (issuer(), issuer());
    let directory = Directory::default();
    directory.trust(&one, "one");
    directory.trust(&other, "other");
    let verifier = directory.verifier(ResolverLimits::default());
    assert_eq!(outcome(&verifier, &one.token().audience("one").encode()).await, "accepted");
    assert_eq!(outcome(&verifier, &other.token().audience("other").encode()).await, "accepted");
    let wrong = one.token().audience("other").encode();
    assert_eq!(outcome(&verifier, &wrong).await, "audience_mismatch");
    let forged = TokenMaker::new(other.url(), &one.signing_key()).audience("other").encode();
    assert_eq!(outcome(&verifier, &forged).await, "unknown_key", "RFC 8725 3.8");
    let known = outcome(&verifier, &one.token().audience("one").encode()).await;
    one.publish(SigningKey::generate(Algorithm::Es256));
    let rotated = one.token().audience("one").encode();
    assert_eq!((known, outcome(&verifier, &rotated).await), ("accepted", "accepted"));
}

#[actix_web::test]
async fn an_issuer_is_looked_up_again_after_its_lifetime_and_forgotten_if_it_is_gone() {
    let issuer = issuer();
    let directory = Directory::default();
    directory.trust(&issuer, AUDIENCE);
    let clock = Arc::new(ManualClock::now());
    let builder = Verifier::builder().resolver(directory.resolver()).clock(clock.clone());
    let verifier = builder.start().expect("a verifier");
    let token = issuer.token().audience(AUDIENCE).encode();
    assert_eq!(outcome(&verifier, &token).await, "accepted");
    clock.advance(Duration::from_secs(599));
    assert_eq!((outcome(&verifier, &token).await, directory.asked()), ("accepted", 1));
    let fetched = issuer.requests().discovery;
    clock.advance(Duration::from_secs(2));
    assert_eq!((outcome(&verifier, &token).await, directory.asked()), ("accepted", 2));
    assert_eq!(issuer.requests().discovery, fetched, "its keys stay");
    directory.is_down.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(601));
    assert_eq!(outcome(&verifier, &token).await, "unavailable", "trusted no longer, nor rejected");
    assert_eq!((outcome(&verifier, &token).await, directory.asked()), ("unavailable", 3));
    directory.is_down.store(false, Ordering::SeqCst);
    directory.trusted.lock().expect("no panic").clear();
    clock.advance(Duration::from_secs(1));
    assert_eq!((outcome(&verifier, &token).await, directory.asked()), ("issuer_mismatch", 4));
}

#[actix_web::test]
async fn lookups_are_limited_in_number_and_time_and_survive_a_panic() {
    let issuer = issuer();
    let directory = Directory { pause: Duration::from_millis(300), ..Directory::default() };
    directory.trust(&issuer, AUDIENCE);
    let mut limits = ResolverLimits::default();
    (limits.concurrent, limits.failure_pause) = (1, Duration::ZERO);
    let verifier = directory.verifier(limits);
    let good = issuer.token().audience(AUDIENCE).encode();
    let made_up = TokenMaker::new("https://a.example/", &issuer.signing_key());
    let made_up = made_up.audience(AUDIENCE).encode();
    let both = join_all([outcome(&verifier, &good), outcome(&verifier, &made_up)]).await;
    assert_eq!(both, ["accepted", "unavailable"]);
    assert_eq!(outcome(&verifier, &made_up).await, "issuer_mismatch");

    limits.deadline = Duration::from_millis(20);
    assert_eq!(outcome(&directory.verifier(limits), &good).await, "unavailable");

    let directory = Directory { pause: Duration::ZERO, ..directory };
    let verifier = directory.verifier(limits);
    directory.panics.store(true, Ordering::SeqCst);
    assert_eq!(outcome(&verifier, &good).await, "unavailable");
    directory.panics.store(false, Ordering::SeqCst);
    assert_eq!(outcome(&verifier, &good).await, "accepted");
}

#[actix_web::test]
async fn a_request_that_goes_away_does_not_end_the_lookup() {
    let issuer = issuer();
    let directory = Directory { pause: Duration::from_millis(100), ..Directory::default() };
    directory.trust(&issuer, AUDIENCE);
    let verifier = directory.verifier(ResolverLimits::default());
    let token = issuer.token().audience(AUDIENCE).encode();
    let gone = tokio::time::timeout(Duration::from_millis(10), verifier.verify(&token)).await;
    assert!(gone.is_err());
    assert_eq!((outcome(&verifier, &token).await, directory.asked()), ("accepted", 1));
}

#[actix_web::test]
async fn beyond_the_bound_the_least_used_issuer_is_forgotten_and_no_longer_refreshed() {
    let issuers = [issuer(), issuer(), issuer()];
    let directory = Directory::default();
    for issuer in &issuers {
        directory.trust(issuer, AUDIENCE);
    }
    let mut limits = ResolverLimits::default();
    limits.trusted = 2;
    let verifier = directory.verifier(limits);
    let token = |issuer: &TestIssuer| issuer.token().audience(AUDIENCE).encode();
    let count = AtomicUsize::new(0);
    for (place, asked) in [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (1, 4)] {
        assert_eq!(outcome(&verifier, &token(&issuers[place])).await, "accepted");
        assert_eq!(directory.asked(), asked, "step {}", count.fetch_add(1, Ordering::SeqCst));
    }
}

#[actix_web::test]
async fn a_configured_issuer_is_never_looked_up_and_without_resolver_nothing_is() {
    let issuer = issuer();
    let directory = Directory::default();
    let builder = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE);
    let verifier = builder.resolver(directory.resolver()).start().expect("a verifier");
    let token = issuer.token().audience(AUDIENCE).encode();
    assert_eq!(outcome(&verifier, &token).await, "accepted");
    assert_eq!(directory.asked(), 0);
    let reason = Verifier::builder().issuer("https://a.example/").audience(AUDIENCE);
    let verdict = reason.start().expect("a verifier").verify(&token).await;
    assert_eq!(verdict.err(), Some(VerificationError::Rejected(InvalidToken::IssuerMismatch)));
}
