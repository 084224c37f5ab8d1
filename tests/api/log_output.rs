//! The log as operators' tools receive it: what a line cannot be made to say, and how lines arrive.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use actix_resource_server::testing::TestIssuer;

use crate::process::{Client, Process, wait_until};
use crate::test_app::AUDIENCE;

#[test]
fn no_text_from_outside_forges_a_field_of_the_log() {
    let process = Process::start(&[("REFUSAL_LOG_INTERVAL", "0")]);
    let forged = " reason=none issuer=https://forged";
    let tokens = [
        process.token().header("kid", forged).encode(),
        process.token().header("kid", format!("\"{forged} \"")).encode(),
        process.token().header("alg", forged).encode(),
        process.token().header("kid", format!("a\n[2026 INFO access]{forged}")).encode(),
    ];
    for token in &tokens {
        // Unknown keys are looked up a few seconds apart; until then they are answered 503.
        wait_until("the token is rejected", || {
            let mut client = process.connect();
            client.send(format!(
                "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
                 X-Request-Id: a{forged}\r\nUser-Agent: {forged}\r\n\r\n"
            ));
            client.response().is_some_and(|answer| answer.starts_with("HTTP/1.1 401 "))
        });
    }
    let rejections = |log: &str| log.lines().filter(|line| line.contains("forged")).count();
    wait_until("every rejection is logged", || rejections(&process.log()) >= tokens.len());
    for line in process.log().lines() {
        let fields = unquoted(line);
        assert!(!fields.contains("forged"), "outside of quotes: {line}");
        assert!(!fields.contains(" reason=none"), "outside of quotes: {line}");
    }
}

/// What of the line is not in quotes.
fn unquoted(line: &str) -> String {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let mut rest = String::new();
    for character in line.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            character => rest.push(character),
        }
    }
    rest
}

#[test]
fn a_good_probe_is_not_logged_at_info() {
    let process = Process::start(&[]);
    let debug = Process::start(&[("RUST_LOG", "debug")]);
    for process in [&process, &debug] {
        // With keys it is ready.
        let request = format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
            process.token().encode()
        );
        wait_until("the keys are there", || {
            let mut client = process.connect();
            client.send(&request);
            client.response().is_some_and(|response| response.starts_with("HTTP/1.1 200"))
        });
        process.get("/healthz");
        process.get("/readyz");
        process.get("/healthz?x=1");
        process.get("/healthzz");
        process.get("/api/public");
        wait_until("the requests are logged", || process.log().contains("route=/api/public"));
    }
    let log = process.log();
    // Before the keys were there, a probe may have failed.
    let is_good_probe = |line: &str| {
        let is_probe = line.contains("route=/healthz") || line.contains("route=/readyz");
        is_probe && line.contains(" status=200 ")
    };
    assert!(!log.lines().any(is_good_probe), "{log}");
    assert!(log.contains(" route=unmatched status=404 "), "{log}");
    assert!(debug.log().contains("DEBUG access] request "), "{}", debug.log());

    let not_ready = Process::start_with(
        {
            let issuer = TestIssuer::start();
            issuer.respond(
                actix_resource_server::testing::Endpoint::KeySet,
                actix_resource_server::testing::Behavior::status(500),
            );
            issuer
        },
        &[],
    );
    not_ready.get("/readyz");
    wait_until("a probe that fails is logged", || {
        not_ready.log().contains("INFO  access] request ")
            && not_ready.log().contains(" route=/readyz status=503 ")
    });
}

#[test]
fn the_start_of_the_log_says_which_tokens_are_accepted() {
    let for_audience = format!("accepting tokens for {AUDIENCE} from http");
    let of_clients = "accepting tokens of the configured clients from http".to_owned();
    let only_clients = [("AUDIENCE", ""), ("CLIENT_IDS", "a-client")];
    for (variables, expected) in [(&[][..], for_audience), (&only_clients, of_clients)] {
        let process = Process::start_with(TestIssuer::start(), variables);
        assert!(process.start_log().contains(&expected), "{}", process.start_log());
    }
}

/// Standard error is a datagram socket, on which each write arrives by itself, and which makes the
/// writer wait when nobody reads.
#[test]
fn requests_of_one_turn_share_a_write_and_a_slow_reader_gets_every_line() {
    const REQUESTS: usize = 2000;

    let issuer = TestIssuer::start();
    let (log, stderr) = UnixDatagram::pair().expect("a pair of sockets");
    log.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut child = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
        .arg("serve")
        .env_clear()
        .envs([("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)])
        .envs([("PORT", "0"), ("MANAGEMENT_ADDR", "off"), ("WORKERS", "1")])
        .stderr(Stdio::from(OwnedFd::from(stderr)))
        .spawn()
        .expect("a process");
    let mut piece = vec![0; 1 << 20];
    let mut next = || {
        let size = log.recv(&mut piece).expect("a write");
        String::from_utf8_lossy(&piece[..size]).into_owned()
    };
    let address = loop {
        let text = next();
        if let Some((_, rest)) = text.split_once("routes on http://") {
            break rest.lines().next().expect("an address").parse().expect("an address");
        }
    };
    let mut client = Client::connect(address);
    let flood = "GET /api/public HTTP/1.1\r\nHost: a\r\n\r\n".repeat(REQUESTS);
    let sender = std::thread::spawn(move || {
        client.send(flood);
        for _ in 0..REQUESTS {
            client.response().expect("an answer");
        }
    });
    // Nobody reads for a while.
    std::thread::sleep(Duration::from_millis(500));
    let (mut lines, mut writes) = (0, 0);
    while lines < REQUESTS {
        let text = next();
        assert!(text.ends_with('\n'), "half a line: {text}");
        let requests = text.lines().filter(|line| line.contains(" access] request ")).count();
        lines += requests;
        writes += usize::from(requests > 0);
    }
    sender.join().expect("every request is answered");
    drop(child.kill());
    drop(child.wait());
    assert_eq!(lines, REQUESTS);
    assert!(writes * 4 < lines, "{lines} lines came in {writes} writes");
}

#[test]
fn lines_of_the_last_requests_are_there_when_the_process_has_stopped() {
    let issuer = TestIssuer::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
        .arg("serve")
        .env_clear()
        .envs([("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)])
        .envs([("PORT", "0"), ("MANAGEMENT_ADDR", "off"), ("SHUTDOWN_DELAY", "0")])
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("routes on http://")?.1.parse().ok())
        .expect("an address");
    let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(address)).collect();
    for client in &mut clients {
        client.send("GET /api/public HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for client in &mut clients {
        client.response().expect("an answer");
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().expect("an end").success(), "{rest:?}");
    let requests = rest.iter().filter(|line| line.contains(" access] request ")).count();
    assert_eq!(requests, 20, "{rest:?}");
}
