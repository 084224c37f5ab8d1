//! The status of an issuer, and waiting for its attempts.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join;

use super::keys::{expectations, fetched, keys};
use crate::issuer::{
    Awaited, ClientAuthentication, ClockSkew, HeldKeys, IntrospectionFault, IssuerDiagnostics,
    IssuerFault, IssuerKeys, IssuerStatus, KeyRefresh,
};
use crate::token::{Timestamp, at};

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

#[actix_web::test]
async fn successes_failures_and_the_issuers_clock_are_counted() {
    let issuer = fetched();
    let of = || {
        let status = IssuerStatus::of(&issuer, at(0));
        (status.attempts, status.successes, status.failures)
    };
    assert_eq!(of(), (0, 0, 0));
    issuer.start(at(0));
    succeed(&issuer);
    issuer.first_attempt().await;
    assert_eq!(of(), (1, 1, 0));
    for failures in 1..3 {
        issuer.start(at(failures));
        issuer.fail(IssuerFault::Interrupted, at(9), at(0));
        assert_eq!(of(), (1 + failures, 1, failures));
    }
    let skew = ClockSkew::between(Timestamp::from_seconds(20), Timestamp::from_seconds(10));
    issuer.set_clock_skew(Some(skew));
    assert_eq!(IssuerStatus::of(&issuer, at(0)).clock_skew, Some(skew), "RFC 9110 6.6.1");
    issuer.set_clock_skew(None);
    assert_eq!(IssuerStatus::of(&issuer, at(0)).clock_skew, None, "the last response had none");
}

#[actix_web::test]
async fn the_first_attempt_is_waited_for() {
    let issuer = fetched();
    let is_over = || issuer.first_attempt().now_or_never().is_some();
    assert!(!is_over(), "none has started");
    issuer.start(at(0));
    assert!(!is_over(), "it is under way");
    succeed(&issuer);
    assert!(is_over());
}

#[test]
fn rows_of_two_issuers_stay_two_and_an_issuer_with_a_key_set_is_not_opaque_only() {
    let of = |name: &str, is_opaque_only| {
        let identifier = name.parse().expect("an issuer");
        let mut expected = expectations();
        name.clone_into(&mut expected.issuer);
        let issuer = IssuerKeys::fixed(identifier, keys(1), expected, at(0));
        assert!(!issuer.is_refreshed, "its keys are configured");
        IssuerStatus { is_opaque_only, ..IssuerStatus::of(&issuer, at(0)) }
    };
    let (one, two) = ("https://one.example", "https://two.example");
    let merged = IssuerStatus::merge_sources(vec![of(one, false), of(two, false)]);
    let names: Vec<&str> = merged.iter().map(|status| status.issuer.as_str()).collect();
    assert_eq!(names, [one, two]);
    for (first, second, both) in [(true, true, true), (true, false, false), (false, true, false)] {
        let merged = IssuerStatus::merge_sources(vec![of(one, first), of(one, second)]);
        assert_eq!(merged[0].is_opaque_only, both, "{first} {second}");
    }
    assert!(fetched().is_refreshed);
}

#[test]
fn the_budget_is_that_of_the_settings() {
    for gap in [1, 7] {
        let refresh = KeyRefresh { attempt_gap: Duration::from_secs(gap), ..KeyRefresh::default() };
        let identifier = "https://issuer.example".parse().expect("an issuer");
        let issuer = IssuerKeys::to_be_fetched(identifier, expectations(), refresh, true);
        issuer.start(at(0));
        issuer.fail(IssuerFault::Interrupted, at(100), at(0));
        assert_eq!(issuer.wait(at(0)).as_secs(), gap);
    }
}
