//! An honest client beside one that fills the memory of used proofs, at full speed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_resource_server::testing::{PUBLIC_URL, ProofMaker, SigningKey};
use actix_resource_server::token::Algorithm;

use crate::process::Process;
use crate::shared_memory::Caller;

/// Requests a second of the honest client: an unoptimized build and both clients can do no more on two
/// processors.
const RATE: u32 = if cfg!(debug_assertions) { 200 } else { 1000 };

/// Sends fresh proofs, at this rate or as fast as possible, and counts the statuses.
fn send_until(
    process: &Process,
    is_over: &AtomicBool,
    connections: u32,
    rate: Option<u32>,
) -> BTreeMap<u16, usize> {
    let key = SigningKey::generate(Algorithm::Es256);
    let token = process.token().expires_in(3600).bound_to(&key).encode();
    let send = || {
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        let mut caller = Caller::connect(process.address);
        let begin = Instant::now();
        for number in 0.. {
            if let Some(rate) = rate {
                let due = Duration::from_secs(1) * number * connections / rate;
                thread::sleep(due.saturating_sub(begin.elapsed()));
            }
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let target = format!("{PUBLIC_URL}/api/private");
            let proof = ProofMaker::new(&key).target(target).token(&token).encode();
            let status = caller.status_of(&format!(
                "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP {token}\r\n\
                 DPoP: {proof}\r\n\r\n"
            ));
            *statuses.entry(status).or_default() += 1;
        }
        statuses
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..connections).map(|_| scope.spawn(send)).collect();
        let mut all: BTreeMap<u16, usize> = BTreeMap::new();
        for statuses in running {
            for (status, count) in statuses.join().expect("a thread") {
                *all.entry(status).or_default() += count;
            }
        }
        all
    })
}

#[test]
#[ignore = "takes 30 s of both processors; with --release at 1000 requests a second"]
fn honest_client_gets_200_alone_beside_one_that_fills_the_memory() {
    // The other client fills its share of it within seconds; the honest one needs 30 s of its rate.
    let entries = (RATE * 200).to_string();
    let variables = [("PUBLIC_URL", PUBLIC_URL), ("DPOP_REPLAY_ENTRIES", entries.as_str())];
    let process = Process::start(&variables);
    let is_over = AtomicBool::new(false);
    let (honest, greedy) = thread::scope(|scope| {
        let honest = scope.spawn(|| send_until(&process, &is_over, 4, Some(RATE)));
        let greedy = scope.spawn(|| send_until(&process, &is_over, 4, None));
        thread::sleep(Duration::from_secs(30));
        is_over.store(true, Ordering::Relaxed);
        (honest.join().expect("a thread"), greedy.join().expect("a thread"))
    });
    println!("honest: {honest:?}; the other: {greedy:?}");
    assert_eq!(honest.keys().collect::<Vec<_>>(), [&200]);
    assert!(honest[&200] >= RATE as usize * 29, "it was not held up: {honest:?}");
    assert!(greedy.contains_key(&429), "it has filled its share: {greedy:?}");
}
