//! Used proofs remembered for several processes in a real Redis.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use actix_resource_server::testing::{PUBLIC_URL, ProofMaker, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;

use crate::process::{Process, TIME_LIMIT, wait_until};
use crate::redis_server::{Reach, RedisServer};

/// Two processes that share a memory and an issuer, and a token that both accept.
struct Replicas {
    processes: [Process; 2],
    key: SigningKey,
    token: String,
}

impl Replicas {
    fn start(redis: &RedisServer, variables: &[(&str, &str)]) -> Self {
        let usual = [
            ("PUBLIC_URL", PUBLIC_URL),
            ("SHARED_MEMORY", redis.url()),
            ("DPOP_PROOF_TOLERANCE", "1"),
        ];
        let first = Process::start(&[&usual, variables].concat());
        let issuer = first.issuer.url().to_owned();
        let same = [("ISSUER_BASE_URL", issuer.as_str())];
        let second = Process::start_with(TestIssuer::start(), &[&usual, variables, &same].concat());
        wait_until("it is ready", || second.get("/readyz").starts_with("HTTP/1.1 200 "));
        let key = SigningKey::generate(Algorithm::Es256);
        let token = first.token().expires_in(3600).bound_to(&key).encode();
        let replicas = Self { processes: [first, second], key, token };
        for number in 0..2 {
            replicas.wait_for_memory(number);
        }
        replicas
    }

    /// Proofs that were made before the memory was empty are undecidable for a moment.
    fn wait_for_memory(&self, number: usize) {
        wait_until("the memory is complete", || self.send(number, &self.request()) == 200);
    }

    /// A request with a fresh proof.
    fn request(&self) -> String {
        let target = format!("{PUBLIC_URL}/api/private");
        let proof = ProofMaker::new(&self.key).target(target).token(&self.token).encode();
        let token = &self.token;
        format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP {token}\r\nDPoP: {proof}\r\n\r\n"
        )
    }

    fn send(&self, number: usize, request: &str) -> u16 {
        Caller::connect(self.processes[number].address).status_of(request)
    }
}

/// A connection that stays open.
pub(crate) struct Caller(TcpStream);

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(TIME_LIMIT)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self(stream)
    }

    pub(crate) fn status_of(&mut self, request: &str) -> u16 {
        self.0.write_all(request.as_bytes()).expect("a request");
        let mut response = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&response).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().to_owned())
                });
                let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
                if body.len() >= length {
                    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
                    return status.expect("a status");
                }
            }
            let count = self.0.read(&mut chunk).expect("a response");
            assert!(count > 0, "the connection ended: {text}");
            response.extend_from_slice(&chunk[..count]);
        }
    }
}

/// Proofs sent by all threads at once; `PROOF_ROUNDS=1000` for the long form.
fn rounds() -> usize {
    std::env::var("PROOF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

#[test]
fn of_64_threads_and_2_processes_exactly_one_uses_a_proof() {
    const THREADS: usize = 64;
    let Some(redis) = RedisServer::start(Reach::Socket) else { return };
    let replicas = Replicas::start(&redis, &[]);
    let accepted: Vec<AtomicUsize> = (0..rounds()).map(|_| AtomicUsize::new(0)).collect();
    let request = RwLock::new(String::new());
    let others: Mutex<BTreeMap<u16, usize>> = Mutex::default();
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (replicas, request, accepted) = (&replicas, &request, &accepted);
            let (others, barrier) = (&others, &barrier);
            scope.spawn(move || {
                let mut caller = Caller::connect(replicas.processes[number % 2].address);
                for accepted in accepted {
                    // A proof made now, so that none is too old when its turn comes.
                    if barrier.wait().is_leader() {
                        *request.write().expect("a request") = replicas.request();
                    }
                    barrier.wait();
                    match caller.status_of(&request.read().expect("a request")) {
                        200 => drop(accepted.fetch_add(1, Ordering::Relaxed)),
                        other => {
                            *others.lock().expect("a map").entry(other).or_default() += 1;
                        }
                    }
                }
            });
        }
    });
    let others = others.into_inner().expect("a map");
    println!("{} proofs, {THREADS} threads, 2 processes; not accepted: {others:?}", accepted.len());
    for (number, accepted) in accepted.iter().enumerate() {
        let accepted = accepted.load(Ordering::Relaxed);
        assert_eq!(accepted, 1, "RFC 9449 11.1: proof {number}; others: {others:?}");
    }
    assert!(others.keys().all(|status| [401, 503].contains(status)), "{others:?}");
}

#[test]
fn every_way_to_reach_redis_works() {
    for reach in [Reach::Socket, Reach::Tcp, Reach::Password, Reach::Tls] {
        let Some(redis) = RedisServer::start(reach) else { return };
        let certificate = redis.certificate();
        let replicas = Replicas::start(&redis, &[("SSL_CERT_FILE", &certificate)]);
        let request = replicas.request();
        assert_eq!(replicas.send(0, &request), 200);
        assert_eq!(replicas.send(1, &request), 401, "RFC 9449 11.1");
        assert_eq!(replicas.send(0, &request), 401, "RFC 9449 11.1");
        assert!(!replicas.processes[0].log().contains("secret"));
    }
}

#[test]
fn redis_that_stops_and_starts_lets_no_replay_through() {
    let Some(mut redis) = RedisServer::start(Reach::Tcp) else { return };
    let replicas = Replicas::start(&redis, &[]);
    let used = Mutex::new(Vec::new());
    let statuses: Mutex<BTreeMap<u16, usize>> = Mutex::default();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..4 {
            let (replicas, used, statuses, is_over) = (&replicas, &used, &statuses, &is_over);
            scope.spawn(move || {
                let mut caller = Caller::connect(replicas.processes[number % 2].address);
                while !is_over.load(Ordering::Relaxed) {
                    let request = replicas.request();
                    let status = caller.status_of(&request);
                    *statuses.lock().expect("a map").entry(status).or_default() += 1;
                    if status == 200 {
                        used.lock().expect("a list").push(request);
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        redis.stop();
        thread::sleep(Duration::from_secs(1));
        let before = used.lock().expect("a list").clone();
        redis.resume();
        // All that was used before is sent again, as soon as there is somebody to ask.
        let end = Instant::now() + Duration::from_secs(4);
        let mut callers = [0, 1].map(|number| Caller::connect(replicas.processes[number].address));
        let mut replays: BTreeMap<u16, usize> = BTreeMap::new();
        while Instant::now() < end {
            for (place, request) in before.iter().enumerate().rev().take(100) {
                *replays.entry(callers[place % 2].status_of(request)).or_default() += 1;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        println!("replays after the restart: {replays:?}");
        assert!(!before.is_empty());
        assert!(!replays.contains_key(&200), "RFC 9449 11.1: {replays:?}");
    });
    let statuses = statuses.into_inner().expect("a map");
    println!("fresh proofs: {statuses:?}");
    assert!(statuses.keys().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains_key(&503), "{statuses:?}");
    for number in 0..2 {
        replicas.wait_for_memory(number);
        let process = &replicas.processes[number];
        let log = process.log();
        assert!(log.contains("is unreachable, DPoP requests are answered 503"), "{log}");
        assert!(process.get("/readyz").starts_with("HTTP/1.1 200 "));
    }
}

#[test]
fn without_redis_dpop_requests_alone_are_answered_503() {
    let Some(mut redis) = RedisServer::start(Reach::Tcp) else { return };
    let replicas = Replicas::start(&redis, &[]);
    redis.stop();
    let process = &replicas.processes[0];
    wait_until("it notices", || replicas.send(0, &replicas.request()) == 503);
    let bearer = process.token().encode();
    let request =
        format!("GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\n\r\n");
    assert_eq!(replicas.send(0, &request), 200, "bearer tokens need no memory");
    assert!(process.get("/readyz").starts_with("HTTP/1.1 200 "), "readiness is unaffected");
    let mut client = process.connect();
    client.send(replicas.request().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    let response = client.rest().to_lowercase();
    assert!(response.starts_with("http/1.1 503 "), "{response}");
    assert!(response.contains("\r\nretry-after: 1\r\n"), "{response}");
    assert!(!response.contains("www-authenticate"), "{response}");
}
