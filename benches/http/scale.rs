//! Scaling of cost and memory with connections, tokens and token size.

use super::rows::{self, Server};
use super::servers::Servers;
use super::{Measured, measure};

/// Measurements per row; the median is printed.
const SPELLS: usize = 5;

pub(crate) fn run() {
    let (servers, start) = Servers::start_one(Server::Cached);
    let server = servers.only();
    println!("start to first answer: {:.0} ms", start.as_secs_f64() * 1e3);
    println!("memory at rest: {:.1} MiB\n", mebibytes(server.memory()));

    println!("| connections | CPU a request, µs | requests a second |\n|---|---|---|");
    let row = rows::with_token_of(850);
    for connections in [1, 8, 32, 128, 512, 1000] {
        let middle = middle(|| measure(server, &row, connections));
        println!("| {connections} | {:.1} | {:.0} |", middle.cpu, middle.requests_per_second);
    }
    println!("\nmemory after 1000 connections: {:.1} MiB\n", mebibytes(server.memory()));

    println!("| bytes of the token | CPU a request, µs | requests a second |\n|---|---|---|");
    for length in [750, 1024, 2048, 4096, 8192, 15_000] {
        let row = rows::with_token_of(length);
        let middle = middle(|| measure(server, &row, 32));
        println!("| {length} | {:.1} | {:.0} |", middle.cpu, middle.requests_per_second);
    }
    drop(servers);

    println!("\n| distinct tokens | cache | CPU a request, µs | memory, MiB |\n|---|---|---|---|");
    for (server, cache) in [(Server::Secret, "as by default"), (Server::SecretWithRoom, "roomy")] {
        for count in [1, 10_000, 1_000_000] {
            let (servers, _) = Servers::start_one(server);
            let server = servers.only();
            let before = server.cpu_time();
            super::load::send_each(server.address, rows::distinct_tokens(count));
            let cpu = server.cpu_time().saturating_sub(before).as_secs_f64() * 1e6 / count as f64;
            let memory = mebibytes(server.memory());
            println!("| {count} | {cache} | {cpu:.1} | {memory:.1} |");
        }
    }
}

fn middle(mut measure: impl FnMut() -> Measured) -> Measured {
    let mut spells: Vec<Measured> = (0..SPELLS).map(|_| measure()).collect();
    spells.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
    spells.swap_remove(SPELLS / 2)
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
