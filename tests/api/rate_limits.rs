//! Rate limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_resource_server::testing::TestIssuer;
use actix_resource_server::token::VerifiedToken;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{Claims, Maybe, ProtectedResource, Routes};
use actix_web::ResponseError;

use crate::process::{Client, Process, wait_until};
use crate::redis_server::{Reach, RedisServer};
use crate::test_app::{AUDIENCE, TestApp};

fn get(process: &Process, path: &str, fields: &str) -> String {
    let mut client = Client::connect(process.address);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"));
    client.rest()
}

fn is_limited(answer: &str) -> bool {
    let is_429 = answer.starts_with("HTTP/1.1 429 ");
    if is_429 {
        assert!(answer.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "RFC 6585 4: {answer}");
        assert!(!answer.contains("www-authenticate"), "the token may be good: {answer}");
    }
    is_429
}

#[test]
fn address_limit_applies_before_token_checks() {
    let process = Process::start(&[("RATE_LIMIT_PER_ADDRESS", "1"), ("RATE_LIMIT_BURST", "3")]);
    for _ in 0..3 {
        let answer = get(&process, "/api/private", "Authorization: Bearer nonsense\r\n");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    for fields in ["Authorization: Bearer nonsense\r\n", "", "X-Forwarded-For: 198.51.100.1\r\n"] {
        assert!(is_limited(&get(&process, "/api/private", fields)), "{fields}");
    }
    assert!(is_limited(&get(&process, "/nowhere", "")));
    for path in ["/healthz", "/readyz"] {
        let answer = get(&process, path, "");
        assert!(answer.starts_with("HTTP/1.1 200 "), "a probe is exempt: {answer}");
    }
}

#[test]
fn clients_behind_a_trusted_proxy_have_separate_limits() {
    let variables = [
        ("RATE_LIMIT_PER_ADDRESS", "1"),
        ("RATE_LIMIT_BURST", "1"),
        ("TRUSTED_PROXIES", "127.0.0.0/8"),
    ];
    let process = Process::start(&variables);
    let from = |client: &str| {
        is_limited(&get(&process, "/api/public", &format!("X-Forwarded-For: {client}\r\n")))
    };
    assert!(!from("198.51.100.1"));
    assert!(from("198.51.100.1"));
    assert!(!from("198.51.100.2"));
    assert!(from("203.0.113.77, 198.51.100.2"), "the client's own words");
}

#[test]
fn subject_limit_applies_across_addresses() {
    let process = Process::start(&[("RATE_LIMIT_PER_SUBJECT", "1"), ("RATE_LIMIT_BURST", "2")]);
    let with = |path: &str, subject: &str| {
        let token = process.token().subject(subject).encode();
        get(&process, path, &format!("Authorization: Bearer {token}\r\n"))
    };
    assert!(with("/api/private", "alice").starts_with("HTTP/1.1 200 "));
    assert!(with("/api/private-scoped", "alice").starts_with("HTTP/1.1 403 "));
    assert!(is_limited(&with("/api/private", "alice")));
    assert!(is_limited(&with("/api/private-scoped", "alice")));
    assert!(with("/api/private", "bob").starts_with("HTTP/1.1 200 "));
    assert!(with("/api/public", "alice").starts_with("HTTP/1.1 200 "), "no token is looked at");
    let anonymous = get(&process, "/api/private", "");
    assert!(anonymous.starts_with("HTTP/1.1 401 "), "{anonymous}");
}

#[actix_web::test]
async fn every_guard_applies_the_subject_limit() {
    async fn private(_: Claims) -> &'static str {
        "private"
    }
    async fn optional(_: Maybe<Claims>) -> &'static str {
        "optional"
    }
    let routes = Routes::new().get("/private", private).get("/optional", optional);
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = Arc::clone(&asked);
    let judge = move |token: &VerifiedToken| {
        list.lock().expect("a list").extend(token.claims().subject.clone());
        Err(Duration::from_millis(1500))
    };
    let issuer = TestIssuer::start();
    let verifier = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE).start();
    let resource = ProtectedResource::new(verifier.expect("a verifier")).rate_limit(judge);
    let app = TestApp::with_resource(issuer, routes, resource);
    let good = app.token().subject("alice").encode();
    let expired = app.token().subject("mallory").expires_in(-600).encode();
    for path in ["/private", "/optional"] {
        let answer = app.get_with_token(path, &good).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")), "{path}");
        assert_eq!(answer.challenge(), None, "{path}");
        assert_eq!(app.get_with_token(path, &expired).await.status, 401, "{path}");
    }
    assert_eq!(app.get("/private").await.status, 401);
    assert_eq!(app.get("/optional").await.status, 200);
    assert_eq!(*asked.lock().expect("a list"), ["alice", "alice"], "no token that is no good");
    // The same without a request.
    for (token, status) in [(&good, 429), (&expired, 401)] {
        let rejection = app.resource.admit::<Claims>(token).await.expect_err("rejected");
        assert_eq!(rejection.error_response().status(), status, "RFC 6585 4");
    }
    assert_eq!(asked.lock().expect("a list").len(), 3);
}

/// Status of as many requests as the limit of two processes allows, and of one more each.
fn statuses(processes: &[Process; 2], fields: &str, count: usize) -> Vec<bool> {
    let of = |number: usize| get(&processes[number % 2], "/api/private", fields);
    (0..count).map(|number| is_limited(&of(number))).collect()
}

#[test]
fn replicas_share_limits_over_redis_and_count_alone_without_it() {
    for limit in ["RATE_LIMIT_PER_SUBJECT", "RATE_LIMIT_PER_ADDRESS"] {
        let Some(mut redis) = RedisServer::start(Reach::Tcp) else { return };
        let variables = [(limit, "1"), ("RATE_LIMIT_BURST", "6"), ("SHARED_MEMORY", redis.url())];
        let first = Process::start(&variables);
        let issuer = first.issuer.url().to_owned();
        let same = [("ISSUER_BASE_URL", issuer.as_str())];
        let second =
            Process::start_with(TestIssuer::start(), &[variables.as_slice(), &same].concat());
        wait_until("it is ready", || second.get("/readyz").starts_with("HTTP/1.1 200 "));
        let token = first.token().subject("alice").encode();
        let fields = format!("Authorization: Bearer {token}\r\n");
        let processes = [first, second];
        for process in &processes {
            wait_until("it is connected", || {
                process.log().contains("is reachable for rate limits")
            });
        }
        let limited = statuses(&processes, &fields, 8);
        assert_eq!(limited, [false, false, false, false, false, false, true, true], "{limit}");
        redis.stop();
        let alone = statuses(&processes, &fields, 16);
        assert_eq!(alone.iter().filter(|limited| !**limited).count(), 12, "{limit}: {alone:?}");
        for process in &processes {
            let log = process.log();
            let count = log.matches("rate limits are counted in this process alone").count();
            assert_eq!(count, 1, "one line for a change of state: {log}");
        }
        redis.resume();
        for process in &processes {
            wait_until("it is connected again", || {
                process.log().matches("is reachable for rate limits").count() == 2
            });
        }
        let limited = statuses(&processes, &fields, 8);
        assert_eq!(limited.iter().filter(|limited| !**limited).count(), 6, "{limit}: {limited:?}");
    }
}

#[test]
fn requests_at_once_to_two_processes_take_each_token_once() {
    let Some(redis) = RedisServer::start(Reach::Socket) else { return };
    let variables = [
        ("RATE_LIMIT_PER_ADDRESS", "1"),
        ("RATE_LIMIT_BURST", "50"),
        ("SHARED_MEMORY", redis.url()),
    ];
    let processes = [Process::start(&variables), Process::start(&variables)];
    for process in &processes {
        wait_until("it is connected", || process.log().contains("is reachable for rate limits"));
    }
    let admitted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (processes, admitted) = (&processes, &admitted);
            scope.spawn(move || {
                for _ in 0..8 {
                    let answer = get(&processes[number % 2], "/api/public", "");
                    admitted.fetch_add(usize::from(!is_limited(&answer)), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 50);
}
