//! Keys that are replaced, settings at their limits, and attempts that end unexpectedly.

use std::time::Duration;

use crate::issuer::{IssuerFault, IssuerKeys, KeyRefresh};
use crate::token::{Algorithm, Audiences, Expectations, KeySet, MonotonicTime, VerificationKey};

pub(super) fn expectations() -> Expectations {
    Expectations::new("https://issuer.example", Audiences::new(["api"]).expect("an audience"))
}

pub(super) fn keys(seed: u8) -> KeySet {
    let secret = [seed; 32];
    KeySet::new(vec![VerificationKey::from_secret(Algorithm::Hs256, &secret).expect("a key")])
}

pub(super) fn fetched() -> IssuerKeys {
    let identifier = "https://issuer.example".parse().expect("an issuer");
    IssuerKeys::to_be_fetched(identifier, expectations(), KeyRefresh::default(), true)
}

#[test]
fn limits_may_be_equal() {
    const MINUTE: Duration = Duration::from_secs(60);
    let refresh = KeyRefresh {
        min_lifetime: MINUTE,
        default_lifetime: MINUTE,
        max_key_age: MINUTE,
        attempt_gap: MINUTE,
        max_attempt_gap: MINUTE,
        min_retry: MINUTE,
        max_retry: MINUTE,
        ..KeyRefresh::default()
    };
    assert_eq!(refresh.contradictions().collect::<Vec<_>>(), []);
}

#[cfg(feature = "service")]
#[test]
fn configured_keys_are_replaced_by_others_and_fetched_ones_are_not() {
    let identifier = "https://issuer.example".parse().expect("an issuer");
    let now = MonotonicTime::default();
    let issuer = IssuerKeys::fixed(identifier, keys(1), expectations(), now);
    let held = || issuer.held(now).expect("keys");
    assert!(!issuer.replace(keys(1), now), "the same ones");
    assert_eq!(held().generation, 0);
    assert!(issuer.replace(keys(2), now));
    assert_eq!((held().generation, held().keys == keys(2)), (1, true));
    assert!(!fetched().replace(keys(1), now), "there are none");
}

#[test]
fn an_attempt_is_abandoned_if_one_is_under_way() {
    let issuer = fetched();
    issuer.abandon();
    assert_eq!(issuer.progress().failures, 0);
    issuer.start(MonotonicTime::default());
    issuer.abandon();
    assert_eq!(issuer.progress().fault.as_deref(), Some(&IssuerFault::Interrupted));
    issuer.abandon();
    assert_eq!(issuer.progress().failures, 1, "counted once");
}

#[test]
fn sources_are_the_same_if_issuer_expectations_and_settings_are() {
    let source = |name: &str, audience: &str, refresh: KeyRefresh, discovered: bool| {
        let audiences = Audiences::new([audience]).expect("an audience");
        let expected = Expectations::new("https://issuer.example", audiences);
        let identifier = name.parse().expect("an issuer");
        IssuerKeys::to_be_fetched(identifier, expected, refresh, discovered)
    };
    let usual = KeyRefresh::default;
    let other = || KeyRefresh { max_keys: 7, ..KeyRefresh::default() };
    let name = "https://issuer.example";
    let table = [
        (source(name, "api", usual(), true), true),
        (source("https://other.example", "api", usual(), true), false),
        (source(name, "other", usual(), true), false),
        (source(name, "api", other(), true), false),
        (source(name, "api", usual(), false), false),
        (source("https://other.example", "other", other(), false), false),
    ];
    let first = source(name, "api", usual(), true);
    for (row, (second, same)) in table.into_iter().enumerate() {
        assert_eq!(first.is_configured_as(&second), same, "row {row}");
        assert_eq!(second.is_configured_as(&first), same, "row {row}");
    }
}
