//! The status of an issuer, and waiting for its attempts.

use std::time::Duration;

use futures_util::future::join;

use super::keys::{expectations, fetched, keys};
use crate::issuer::{
    Awaited, ClientAuthentication, HeldKeys, IntrospectionFault, IssuerDiagnostics, IssuerFault,
    IssuerKeys, IssuerStatus,
};
use crate::token::MonotonicTime;

fn at(seconds: u64) -> MonotonicTime {
    MonotonicTime::after_start(Duration::from_secs(seconds))
}

fn succeed(issuer: &IssuerKeys) {
    let held = HeldKeys {
        keys: keys(1),
        expected: expectations(),
        skipped: Vec::new(),
        generation: 0,
        obtained_at: at(0),
        fresh_until: at(10),
        usable_until: at(100),
    };
    issuer.succeed(held, true, at(0), at(5));
}

#[test]
fn keys_are_stale_when_their_lifetime_is_over_and_an_attempt_failed() {
    let issuer = fetched();
    assert!(!IssuerStatus::of(&issuer, at(0)).is_ready(), "no keys yet");
    succeed(&issuer);
    let status = |seconds| IssuerStatus::of(&issuer, at(seconds));
    assert!(status(0).is_ready());
    assert_eq!(status(20).stale_for, None, "the next attempt may be under way");
    issuer.fail(IssuerFault::Interrupted, at(30), at(0));
    let stale = [9, 10, 25].map(|seconds| status(seconds).stale_for.map(|time| time.as_secs()));
    assert_eq!(stale, [None, Some(0), Some(15)]);
    assert!(status(99).is_ready() && !status(100).is_ready());
}

#[test]
fn sources_of_one_issuer_are_one_row() {
    let (fetched, now) = (fetched(), at(0));
    succeed(&fetched);
    let identifier = "https://issuer.example".parse().expect("an issuer");
    let fixed = IssuerKeys::fixed(identifier, keys(2), expectations(), now);
    let of = |issuer| IssuerStatus::of(issuer, now);
    for sources in [[&fetched, &fixed], [&fixed, &fetched]] {
        let merged = IssuerStatus::merge_sources(sources.map(of).to_vec());
        assert_eq!(merged.len(), 1);
        assert_eq!((merged[0].keys.len(), merged[0].is_discovered), (2, true));
    }
}

#[actix_web::test]
async fn a_request_joins_the_attempt_that_is_under_way() {
    let issuer = fetched();
    issuer.start(at(0));
    let fails = async { issuer.fail(IssuerFault::Interrupted, at(9), at(0)) };
    let (awaited, ()) = join(issuer.attempt(at(0), None), fails).await;
    assert_eq!(awaited, Awaited::Joined);
}

#[test]
fn a_pause_is_asked_for_by_http_alone_and_no_secret_is_shown() {
    let fault = |retry_after| {
        IntrospectionFault::Http(IssuerFault::Status {
            address: "https://issuer.example/introspect".to_owned(),
            status: 503,
            retry_after,
            redirect_host: None,
        })
    };
    let pause = Some(Duration::from_secs(7));
    assert_eq!(fault(pause).retry_after(), pause, "RFC 9110 10.2.3");
    assert_eq!(fault(None).retry_after(), None);
    assert_eq!(IntrospectionFault::NoActive.retry_after(), None);
    let secret = ClientAuthentication::Secret("hidden".to_owned());
    assert_eq!(format!("{secret:?}"), "Secret(…)");
}

#[test]
fn diagnostics_have_the_keys_while_they_are_usable() {
    let issuer = fetched();
    let has_keys = |seconds| {
        let diagnostics = IssuerDiagnostics::of(&issuer, at(seconds));
        diagnostics.keys().map(|held| *held == keys(1))
    };
    assert_eq!(has_keys(0), None);
    succeed(&issuer);
    assert_eq!(has_keys(99), Some(true));
    assert_eq!(has_keys(100), None, "too old");
}

#[test]
fn a_request_is_told_how_long_the_next_attempt_is_away() {
    let issuer = fetched();
    issuer.start(at(100));
    issuer.fail(IssuerFault::Interrupted, at(130), at(110));
    assert_eq!(issuer.wait(at(100)).as_secs(), 10, "RFC 9110 10.2.3");
    assert_eq!(issuer.wait(at(107)).as_secs(), 3, "RFC 9110 10.2.3");
}
