//! The memory of used proofs under a model checker: every order in which threads can run.
//!
//! The memory is compiled once more here, with the locks of loom in place of those of the standard
//! library.

mod memory;

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use memory::local::{LocalMemory, Remembered};

#[test]
fn of_threads_with_one_name_exactly_one_hears_new() {
    let mut model = loom::model::Builder::new();
    // Most races need no more than two preemptions; without a bound the orders take hours.
    model.preemption_bound = Some(2);
    model.check(|| {
        let memory = Arc::new(LocalMemory::new(8).expect("randomness"));
        let accepted = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|number| {
                let (memory, accepted) = (Arc::clone(&memory), Arc::clone(&accepted));
                thread::spawn(move || {
                    // One name for all, and another for each, so that tables grow in between.
                    let (now, keep) = (Duration::from_secs(1), Duration::from_secs(60));
                    memory.remember(&[number; 32], b"own", now, keep);
                    if memory.remember(&[7; 32], b"name", now, keep) == Remembered::New {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a thread");
        }
        assert_eq!(accepted.load(Ordering::Relaxed), 1);
    });
}
