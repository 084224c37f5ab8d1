//! Memory and lookup cost of a cache with very many tokens.

use std::fs;
use std::time::Instant;

use actix_resource_server::testing::SigningKey;
use actix_resource_server::token::Algorithm;
use actix_resource_server::verifier::CacheLimits;

use crate::fixtures::{Subject, ordinary, verify};

/// Number of tokens looked up at the end, spread evenly over all.
const LOOKED_FOR: usize = 10_000;

pub(crate) fn print(count: usize) {
    let key = SigningKey::generate(Algorithm::Hs256);
    let subject = Subject { key: key.public_jwk(), token: String::new(), strangers: Vec::new() };
    let verifier = subject.verifier(CacheLimits { entries: u64::MAX, bytes: 1 << 40 });
    // The length of a typical token's claims, plus the difference in signature length.
    let token = |number: usize| ordinary(&key).claim("jti", format!("{number:016}")).encode();
    let every = count.div_ceil(LOOKED_FOR).max(1);
    let mut kept = Vec::with_capacity(LOOKED_FOR);
    drop(verify(&verifier, &token(count)).expect("a good token"));
    let before = resident();
    for number in 0..count {
        let token = token(number);
        drop(verify(&verifier, &token).expect("a good token"));
        if number.checked_rem(every) == Some(0) {
            kept.push(token);
        }
    }
    let of_kept: usize = kept.iter().map(String::len).sum();
    let bytes = resident().saturating_sub(before).saturating_sub(of_kept);
    let started = Instant::now();
    for token in &kept {
        drop(verify(&verifier, token).expect("a good token"));
    }
    let each = started.elapsed().as_nanos() as f64 / kept.len() as f64;
    let status = verifier.cache_status().expect("a cache");
    println!("tokens held: {}", status.entries);
    println!("counted for each: {} bytes", status.bytes.checked_div(status.entries).unwrap_or(0));
    println!("resident memory for each: {:.0} bytes", bytes as f64 / count as f64);
    println!("a hit, among them all: {each:.0} ns");
}

/// Resident memory of this process in bytes, as Linux counts it.
pub(crate) fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes.saturating_mul(1024)
}
