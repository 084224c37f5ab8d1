//! Memory and insertion cost of the memory of used proofs, with very many of them.

mod memory;

use std::time::{Duration, Instant};

use memory::local::{LocalMemory, Remembered};

use crate::memory::resident;
use crate::table::median;

/// Insertions that are measured together.
const BATCH: usize = 1000;
const BATCHES: usize = 101;
const KEEP: Duration = Duration::from_secs(75);
/// Clients, of which each has the same number of proofs.
const OWNERS: usize = 1000;

pub(crate) fn print(count: usize) {
    // A tenth larger than what is inserted, so that it is nearly full.
    let limit = count.saturating_add(BATCH * BATCHES).saturating_mul(11) / 10;
    let before = resident();
    let memory = LocalMemory::new(limit).expect("randomness");
    let accepted = (0..count).filter(|number| insert(&memory, *number)).count();
    let bytes = resident().saturating_sub(before);
    let status = memory.status();
    println!("proofs remembered: {} of {accepted} accepted", status.entries);
    println!("allocated for each: {:.1} bytes", status.bytes as f64 / accepted as f64);
    println!("resident memory for each: {:.1} bytes", bytes as f64 / accepted as f64);
    let mut times = Vec::with_capacity(BATCHES);
    for batch in 0..BATCHES {
        let first = count.saturating_add(batch.saturating_mul(BATCH));
        let started = Instant::now();
        let new = (first..first.saturating_add(BATCH)).filter(|n| insert(&memory, *n)).count();
        times.push(started.elapsed().as_nanos() as f64 / BATCH as f64);
        assert!(new > BATCH / 100 * 99, "hardly any is in a shard that is full");
    }
    println!("an insertion beside them all: {:.0} ns, median of {BATCHES}", median(times));
}

fn insert(memory: &LocalMemory, number: usize) -> bool {
    let mut owner = [0; 32];
    owner[..8].copy_from_slice(&(number % OWNERS).to_le_bytes());
    // As long as the `jti` of common clients.
    let name = format!("{number:021}");
    memory.remember(&owner, name.as_bytes(), Duration::from_secs(1), KEEP) == Remembered::New
}
