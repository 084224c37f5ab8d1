//! Shutdown: accepted requests get a response, and the process exits with the right status.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use serde_json::json;

use crate::process::{Client, Process, report, wait_until};

fn private(token: &str) -> String {
    format!("GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// A service whose requests wait for keys that the issuer never sends.
fn waiting_for_keys(variables: &[(&str, &str)]) -> Process {
    let issuer = TestIssuer::start();
    issuer.respond(Endpoint::KeySet, Behavior::Hang);
    Process::start_with(issuer, variables)
}

#[test]
fn requests_in_progress_are_answered_before_exit() {
    let issuer = TestIssuer::start();
    let keys = json!({"keys": [issuer.signing_key().public_jwk()]});
    // A key set that takes about five seconds; every request waits for it.
    let wait = Duration::from_millis(5000 / keys.to_string().len() as u64);
    issuer.respond(Endpoint::KeySet, Behavior::json(&keys).with_byte_interval(wait));
    let mut process = Process::start_with(issuer, &[("KEY_FETCH_TIMEOUT", "60")]);
    let token = process.token().encode();
    let mut clients: Vec<Client> = (0..20).map(|_| process.connect()).collect();
    for client in &mut clients {
        client.send(private(&token));
    }
    // Connections are accepted in order, so these have been accepted by now.
    process.assert_still_serves();
    process.signal("TERM");
    wait_until("it takes no connections", || TcpStream::connect(process.address).is_err());
    for client in &mut clients {
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with('}'), "not whole: {answer}");
    }
    assert!(process.end().success(), "{}", process.log());
}

#[test]
fn no_request_is_lost_on_shutdown_under_load() {
    let mut process = Process::start(&[("SHUTDOWN_DELAY", "1")]);
    let request = private(&process.token().encode());
    let (answered, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed) {
                    let mut client = process.connect();
                    loop {
                        client.send(&request);
                        let answer = client.response().expect("an answer to every request");
                        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                        answered.fetch_add(1, Ordering::Relaxed);
                        if answer.contains("connection: close") {
                            break;
                        }
                    }
                }
            });
        }
        wait_until("there is load", || answered.load(Ordering::Relaxed) > 100);
        process.signal("TERM");
        // A load balancer sees that the server is not ready and sends no more requests.
        wait_until("it is not ready", || process.get("/readyz").starts_with("HTTP/1.1 503 "));
        stopped.store(true, Ordering::Relaxed);
    });
    report(format_args!("{} requests, none lost", answered.load(Ordering::Relaxed)));
    assert!(process.end().success(), "{}", process.log());
}

#[test]
fn readiness_ends_before_listening_does() {
    let process = Process::start(&[("SHUTDOWN_DELAY", "600")]);
    let mut kept = process.connect();
    kept.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(kept.response().is_some_and(|answer| !answer.contains("connection: close")));
    process.signal("TERM");
    wait_until("it is not ready", || process.get("/readyz").starts_with("HTTP/1.1 503 "));
    let answer = process.get("/readyz");
    assert!(answer.contains("The service is shutting down."), "{answer}");
    process.assert_still_serves();
    kept.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    let last = kept.response().expect("an answer");
    assert!(last.contains("connection: close"), "{last}");
    assert_eq!(kept.rest(), "");
}

#[test]
fn second_signal_exits_immediately() {
    for (first, delay) in [("TERM", "600"), ("INT", "0")] {
        let variables =
            [("SHUTDOWN_DELAY", delay), ("SHUTDOWN_TIMEOUT", "600"), ("KEY_FETCH_TIMEOUT", "60")];
        let mut process = waiting_for_keys(&variables);
        let mut client = process.connect();
        client.send(private(&process.token().encode()));
        process.assert_still_serves();
        process.signal(first);
        wait_until("it has noticed", || process.log().contains("shutting down, not ready"));
        process.signal("TERM");
        assert!(!process.end().success(), "a request was under way");
    }
}

#[test]
fn idle_connections_do_not_delay_exit() {
    let mut process = Process::start(&[("SHUTDOWN_TIMEOUT", "600")]);
    let mut idle: Vec<Client> = (0..20).map(|_| process.connect()).collect();
    for client in &mut idle {
        client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        client.response().expect("an answer");
    }
    process.signal("INT");
    assert!(process.end().success(), "{}", process.log());
}
