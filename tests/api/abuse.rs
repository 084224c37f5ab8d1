//! Slow clients, large requests and many connections: other clients are still served, nothing hangs,
//! and memory does not grow.

use std::thread;
use std::time::{Duration, Instant};

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};

use crate::process::{Client, Process, TIME_LIMIT, report, wait_until};

/// Allowed memory increase per test, in KiB.
const GROWTH: usize = 48 * 1024;

/// Runs an action and reports the memory it used.
fn measured(process: &Process, what: &str, run: impl FnOnce()) {
    let before = process.memory();
    run();
    let after = process.memory();
    let figures = format!("{what}: {before} KiB before, {after} KiB after");
    assert!(after < before + GROWTH, "{figures}");
    report(figures);
}

#[test]
fn slow_first_head_times_out() {
    let process = Process::start(&[("HEAD_TIMEOUT", "1")]);
    measured(&process, "500 dripping heads", || {
        let mut clients: Vec<Client> = (0..500).map(|_| process.connect()).collect();
        let deadline = Instant::now() + TIME_LIMIT;
        for byte in b"GET /api/public HTTP/1.1\r\nX-Drip: ".iter().chain(std::iter::repeat(&b'a')) {
            clients.retain_mut(|client| client.can_send([*byte]));
            process.assert_still_serves();
            if clients.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "{} connections are still held", clients.len());
            thread::sleep(Duration::from_millis(100));
        }
    });
}

#[test]
fn slow_later_head_times_out() {
    let process = Process::start(&[("KEEP_ALIVE", "1")]);
    let mut client = process.connect();
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nG");
    let first = client.response().expect("an answer");
    assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
    let deadline = Instant::now() + TIME_LIMIT;
    while client.can_send("E") {
        assert!(Instant::now() < deadline, "the connection is still held");
        thread::sleep(Duration::from_millis(100));
    }
    process.assert_still_serves();
}

#[test]
fn malformed_heads_are_rejected_without_memory_growth() {
    let process = Process::start(&[]);
    let long = "a".repeat(100_000);
    let lines = "X-Line: a\r\n".repeat(5000);
    let table = [
        ("a path too long", format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "431"),
        ("a method too long", format!("{long} / HTTP/1.1\r\nHost: a\r\n\r\n"), "431"),
        ("a line too long", format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n"), "431"),
        ("too many lines", format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n"), "431"),
        (
            "two lengths, RFC 9112 6.1",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_owned(),
            "400",
        ),
        (
            "two hosts, RFC 9112 3.2",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "a length below zero, RFC 9110 8.6",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".to_owned(),
            "400",
        ),
        ("no HTTP at all", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(), "400"),
    ];
    measured(&process, "heads that make no sense", || {
        for (what, head, status) in table {
            let mut client = process.connect();
            client.can_send(head);
            let answer = client.rest();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
            process.assert_still_serves();
        }
    });
}

#[test]
fn oversized_head_is_not_buffered() {
    let process = Process::start(&[]);
    let piece = "a".repeat(64 * 1024);
    measured(&process, "5 heads of 10 MiB", || {
        for _ in 0..5 {
            let mut client = process.connect();
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Large: ");
            let taken = (0..160).take_while(|_| client.can_send(&piece)).count();
            let answer = client.rest();
            // A disconnected client may never see the response.
            assert!(answer.starts_with("HTTP/1.1 431 ") || taken < 160, "{answer}");
        }
        process.assert_still_serves();
    });
}

#[test]
fn unread_body_times_out() {
    let process = Process::start(&[]);
    let table = [
        ("in chunks", "Transfer-Encoding: chunked", format!("400\r\n{}\r\n", "a".repeat(1024))),
        ("of a given length", "Content-Length: 1000000000000", "a".repeat(1024)),
    ];
    for (what, field, piece) in table {
        measured(&process, &format!("20 endless bodies {what}"), || {
            let mut clients: Vec<Client> = (0..20).map(|_| process.connect()).collect();
            for client in &mut clients {
                client.send(format!("POST /api/public HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"));
                let answer = client.response().expect("an answer");
                assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
            }
            let deadline = Instant::now() + TIME_LIMIT;
            while !clients.is_empty() {
                clients.retain_mut(|client| client.can_send(&piece));
                assert!(Instant::now() < deadline, "{what}: still heard");
            }
        });
        process.assert_still_serves();
    }
}

#[test]
fn a_thousand_idle_connections_do_not_block_others() {
    let process = Process::start(&[]);
    let before = process.memory();
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..1000 {
        // Each sends its request at once; otherwise, on a busy machine, the first would time out before the
        // last has connected.
        let mut client = process.connect();
        client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.response().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        clients.push(client);
    }
    let after = process.memory();
    let figures = format!("1000 idle connections: {before} KiB before, {after} KiB with them");
    assert!(after < before + GROWTH, "{figures}");
    report(figures);
    process.assert_still_serves();
    drop(clients);
    process.assert_still_serves();
}

#[test]
fn idle_connections_are_closed() {
    let process = Process::start(&[("KEEP_ALIVE", "1")]);
    let mut client = process.connect();
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.response().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(client.rest(), "", "the end and nothing else");
}

#[test]
fn idle_connection_makes_room_for_a_new_one() {
    let process = Process::start(&[("MAX_CONNECTIONS", "8"), ("WORKERS", "2")]);
    let mut held: Vec<Client> = (0..8).map(|_| process.connect()).collect();
    let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    for client in &mut held {
        client.send(request);
        assert!(client.response().is_some_and(|answer| answer.starts_with("HTTP/1.1 200 ")));
        thread::sleep(Duration::from_millis(20));
    }
    // Of the connections that were opened first, one has just been used.
    held[0].send(request);
    assert!(held[0].response().is_some());
    for _ in 0..3 {
        let mut newcomer = process.connect();
        newcomer.send(request);
        let answer = newcomer.response().unwrap_or_default();
        assert!(answer.starts_with("HTTP/1.1 200 "), "a newcomer is served: {answer}");
        held.push(newcomer);
    }
    // The oldest of the rest in turn.
    for client in &mut held[1..4] {
        assert_eq!(client.rest(), "", "idle longest: closed without a response");
    }
    for client in &mut held[4..] {
        client.send(request);
        assert!(client.response().is_some(), "the others stay open");
    }
    held[0].send(request);
    assert!(held[0].response().is_some(), "and so does the one that was used");
}

#[test]
fn silent_connections_do_not_lock_others_out() {
    let process = Process::start(&[("MAX_CONNECTIONS", "8"), ("WORKERS", "1")]);
    let mut silent: Vec<Client> = (0..8).map(|_| process.connect()).collect();
    thread::sleep(Duration::from_millis(200));
    process.assert_still_serves();
    assert_eq!(silent[0].rest(), "");
}

#[test]
fn excess_connection_gets_503() {
    let issuer = TestIssuer::start();
    issuer.respond(Endpoint::KeySet, Behavior::Hang);
    let process = Process::start_with(issuer, &[("MAX_CONNECTIONS", "10")]);
    let token = process.token().encode();
    let mut held: Vec<Client> = (0..10).map(|_| process.connect()).collect();
    for client in &mut held {
        // These requests wait for keys; an idle connection would make room.
        client.send(format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        ));
    }
    thread::sleep(Duration::from_millis(300));
    let refused = process.get("/api/public");
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("application/problem+json"), "{refused}");
    assert!(refused.contains("Retry-After: 1\r\n"), "{refused}");
    held.pop();
    wait_until("a place is free", || process.get("/api/public").starts_with("HTTP/1.1 200 "));
}

#[test]
fn one_address_cannot_use_up_all_connections() {
    let issuer = TestIssuer::start();
    issuer.respond(Endpoint::KeySet, Behavior::Hang);
    let limits = [("MAX_CONNECTIONS", "10"), ("MAX_CONNECTIONS_PER_ADDRESS", "3")];
    let process = Process::start_with(issuer, &limits);
    let token = process.token().encode();
    let mut held: Vec<Client> = (0..3).map(|_| process.connect()).collect();
    for client in &mut held {
        client.send(format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        ));
    }
    thread::sleep(Duration::from_millis(300));
    let refused = process.get("/api/public");
    assert!(refused.starts_with("HTTP/1.1 429 "), "RFC 6585 4: {refused}");
    assert!(refused.contains("application/problem+json"), "{refused}");
    assert!(refused.contains("Retry-After: 1\r\n"), "{refused}");
    held.pop();
    wait_until("a place is free", || process.get("/api/public").starts_with("HTTP/1.1 200 "));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let process = Process::start(&[]);
    let mut client = process.connect();
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500));
    for number in 0..500 {
        let answer = client.response().unwrap_or_else(|| panic!("no answer to request {number}"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn many_preflights_do_not_count_as_one_large_head() {
    let origin = "https://page.example";
    let process = Process::start(&[("MAX_HEAD_SIZE", "1024"), ("CORS_ORIGINS", origin)]);
    let mut client = process.connect();
    for _ in 0..50 {
        client.send(format!(
            "OPTIONS /api/private HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: GET\r\n\r\n"
        ));
        let answer = client.response().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn client_that_reads_no_responses_is_disconnected() {
    let process = Process::start(&[("STALL_TIMEOUT", "1")]);
    measured(&process, "20 floods of requests whose responses are not read", || {
        let flood = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000);
        let mut clients: Vec<Client> = (0..20).map(|_| process.connect()).collect();
        let deadline = Instant::now() + TIME_LIMIT;
        thread::scope(|scope| {
            for client in &mut clients {
                scope.spawn(|| {
                    while client.can_send(&flood) {
                        assert!(Instant::now() < deadline, "still served");
                    }
                });
            }
            process.assert_still_serves();
        });
    });
}
