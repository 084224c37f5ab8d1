//! Tests of the gate and of the codes of faults.

use std::sync::Arc;
use std::time::Duration;

use super::fault::IntrospectionFault;
use super::gate::{Change, Gate};
use super::{
    Introspection, IntrospectionClient, IntrospectionMetadata, Introspector, Priority,
    SharedEndpoint,
};
use crate::issuer::{IntrospectionStatus, IssuerFault, IssuerKeys, SystemClock};
use crate::token::{Audiences, Expectations, JsonFault, KeySet, at};

#[test]
fn each_change_of_the_gate_is_told_once() {
    const REJECTED: IntrospectionFault = IntrospectionFault::ClientRejected { status: 401 };
    const STOPPED: IntrospectionFault = IntrospectionFault::Stopped;
    let gate = Gate::new(100);
    let record = |result| match gate.record(result, at(0), Duration::from_millis(30)) {
        Some(Change::ClientRejected) => "rejected",
        Some(Change::Opened) => "opened",
        Some(Change::Recovered) => "recovered",
        Some(Change::RequestRejected) => "request rejected",
        None => "",
    };
    let table = [
        (Ok(true), ""),
        (Err(&REJECTED), "rejected"),
        (Err(&REJECTED), ""),
        (Ok(false), "recovered"),
        (Ok(false), ""),
        (Err(&STOPPED), ""),
        (Err(&STOPPED), ""),
        (Err(&STOPPED), ""),
        (Err(&STOPPED), ""),
        (Err(&STOPPED), "opened"),
        (Err(&STOPPED), ""),
        (Ok(true), "recovered"),
    ];
    for (row, (result, expected)) in table.into_iter().enumerate() {
        assert_eq!(record(result), expected, "RFC 7662 2.3: row {row}");
    }
    gate.shared();
    let status = gate.status();
    assert_eq!((status.active, status.inactive, status.failures, status.shared), (2, 2, 8, 1));
    assert_eq!(status.latency, [0, 0, 0, 12, 12, 12, 12, 12], "30 ms each, cumulative");
}

#[test]
fn every_fault_has_its_code_and_says_who_is_at_fault() {
    let address = || "https://issuer.example/introspect".to_owned();
    let limit = Duration::from_secs(2);
    let wait = Some(Duration::from_secs(7));
    let http = [
        (
            IssuerFault::TimedOut { address: address(), limit, tried: String::new() },
            "timeout",
            None,
        ),
        (
            IssuerFault::Unreachable { address: address(), reason: String::new() },
            "unreachable",
            None,
        ),
        (
            IssuerFault::Status {
                address: address(),
                status: 503,
                retry_after: wait,
                redirect_host: None,
            },
            "status",
            wait,
        ),
    ];
    let http = http.map(|(fault, code, wait)| (IntrospectionFault::Http(fault), code, wait, false));
    let others = [
        (IntrospectionFault::ClientRejected { status: 401 }, "client_rejected", None, true),
        (IntrospectionFault::NoEndpoint, "no_endpoint", None, false),
        (IntrospectionFault::Malformed(JsonFault::NotAnObject), "malformed", None, false),
        (IntrospectionFault::NoActive, "malformed", None, false),
        (IntrospectionFault::NotSigned, "internal", None, true),
        (IntrospectionFault::Stopped, "internal", None, false),
    ];
    for (fault, code, wait, is_ours) in http.into_iter().chain(others) {
        let found = (fault.code(), fault.retry_after(), fault.is_ours());
        assert_eq!(found, (code, wait, is_ours), "RFC 7662 2.3, RFC 9110 10.2.3: {fault}");
    }
}

#[test]
fn debug_output_of_a_handle_has_its_gate_alone() {
    let expected =
        Expectations::new("https://issuer.example", Audiences::new(["api"]).expect("an audience"));
    let identifier = "https://issuer.example".parse().expect("an issuer");
    let keys = IssuerKeys::fixed(identifier, KeySet::new(Vec::new()), expected, at(0));
    let settings = Introspection::new(IntrospectionClient::with_secret("api", "hidden"));
    let (handle, _worker) = Introspector::new(Arc::new(keys), settings, Arc::new(SystemClock));
    let _ = handle.start("opaque-token");
    let text = format!("{handle:?}");
    assert!(text.starts_with("Introspector") && text.contains("gate"), "{text}");
    assert!(!text.contains("hidden") && !text.contains("opaque-token"), "{text}");
}

#[test]
fn the_gate_limits_calls_and_counts_those_that_it_stops() {
    const TIMEOUT: IntrospectionFault = IntrospectionFault::Stopped;
    let gate = Gate::new(1);
    assert_eq!(gate.enter(Priority::Known, at(0)), Ok(()));
    assert!(gate.enter(Priority::Known, at(0)).is_err(), "one call per second");
    assert_eq!(gate.enter(Priority::Known, at(1)), Ok(()));
    for _ in 0..5 {
        gate.record(Err(&TIMEOUT), at(1), Duration::from_millis(1500));
    }
    assert!(gate.enter(Priority::Known, at(1)).is_err(), "the breaker is open");
    gate.used_stale();
    let status = gate.status();
    assert_eq!((status.rate_limited, status.held_back, status.stale), (1, 1, 1));
    assert_eq!(status.seconds_total, 7.5);
}

#[test]
fn rejected_requests_are_told_once_a_minute_and_open_no_breaker() {
    const REJECTED: IntrospectionFault = IntrospectionFault::RequestRejected { status: 400 };
    let gate = Gate::new(100);
    for (seconds, told) in [(0, true), (1, false), (59, false), (60, true), (61, false)] {
        let change = gate.record(Err(&REJECTED), at(seconds), Duration::ZERO);
        assert_eq!(change, told.then_some(Change::RequestRejected), "after {seconds} s");
    }
    for _ in 0..20 {
        gate.record(Err(&REJECTED), at(62), Duration::ZERO);
    }
    assert!(!gate.status().is_open && !gate.rejects_client(), "RFC 7662 2.3");
    gate.record(Err(&IntrospectionFault::ClientRejected { status: 401 }), at(63), Duration::ZERO);
    assert!(gate.rejects_client());
    gate.forget_failures();
    assert!(!gate.rejects_client());
}

#[test]
fn an_endpoint_is_usable_if_it_is_used_and_configured_or_announced() {
    let url = || "https://issuer.example/introspect".parse().ok();
    let metadata = |endpoint, mtls_endpoint| IntrospectionMetadata {
        endpoint,
        mtls_endpoint,
        ..IntrospectionMetadata::default()
    };
    let configured = SharedEndpoint::new(url(), "https://issuer.example");
    let announced = SharedEndpoint::new(None, "https://issuer.example");
    let unused = SharedEndpoint::default();
    let table = [
        (metadata(None, None), [true, false, false]),
        (metadata(url(), None), [true, true, false]),
        (metadata(None, url()), [true, true, false]),
        (metadata(url(), url()), [true, true, false]),
    ];
    for (metadata, usable) in table {
        let found = [&configured, &announced, &unused].map(|it| it.is_usable_with(&metadata));
        assert_eq!(found, usable, "RFC 8414 2, RFC 8705 5: {metadata:?}");
    }
}

#[test]
fn calls_are_counted_whatever_they_found() {
    let status = IntrospectionStatus {
        active: 1,
        inactive: 20,
        failures: 300,
        rate_limited: 4000,
        held_back: 4000,
        stale: 4000,
        shared: 4000,
        ..IntrospectionStatus::default()
    };
    assert_eq!(status.calls(), 321, "those that were made");
}
