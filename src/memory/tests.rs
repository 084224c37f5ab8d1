//! The local memory against a model, at its limits, and from many threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{LocalMemory, Remembered};

const KEEP: Duration = Duration::from_secs(80);

fn memory(entries: usize) -> LocalMemory {
    LocalMemory::new(entries).expect("randomness")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn owner(number: u64) -> [u8; 32] {
    let mut owner = [0; 32];
    owner[..8].copy_from_slice(&number.to_le_bytes());
    owner
}

fn remember(memory: &LocalMemory, of: u64, name: u64, now: u64) -> Remembered {
    memory.remember(&owner(of), &name.to_le_bytes(), seconds(now), KEEP)
}

#[test]
fn a_name_is_new_once_until_it_expires() {
    let memory = memory(1000);
    let at = |milliseconds| Duration::from_millis(milliseconds);
    let keep = at(80_000);
    let table = [
        (500, Remembered::New),
        (500, Remembered::Seen),
        (80_499, Remembered::Seen),
        // It is kept until the whole second after its expiry.
        (80_999, Remembered::Seen),
        (81_000, Remembered::New),
        (81_000, Remembered::Seen),
        (0, Remembered::Seen),
    ];
    for (now, answer) in table {
        assert_eq!(memory.remember(&[7; 32], b"name", at(now), keep), answer, "{now} ms");
    }
}

#[test]
fn one_name_of_two_owners_is_two_names() {
    let memory = memory(1000);
    assert_eq!(remember(&memory, 1, 1, 0), Remembered::New);
    assert_eq!(remember(&memory, 2, 1, 0), Remembered::New, "RFC 9449 11.1");
    assert_eq!(remember(&memory, 1, 1, 0), Remembered::Seen);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Remember { owner: u64, name: u64, keep: u64 },
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let remember = (0..3_u64, 0..200_u64, 0..90_u64)
        .prop_map(|(owner, name, keep)| Step::Remember { owner, name, keep });
    vec(prop_oneof![30 => remember, 1 => (1..40_u64).prop_map(Step::Wait)], 1..2000)
}

proptest! {
    #[test]
    fn the_memory_answers_as_a_map_does(steps in steps()) {
        let memory = memory(4000);
        let mut model: HashMap<(u64, u64), u64> = HashMap::new();
        let mut now = 1000;
        for step in steps {
            match step {
                Step::Wait(wait) => now += wait,
                Step::Remember { owner: of, name, keep } => {
                    let name_bytes = name.to_le_bytes();
                    let answer =
                        memory.remember(&owner(of), &name_bytes, seconds(now), seconds(keep));
                    let known = model.get(&(of, name)).is_some_and(|until| *until > now);
                    let expected = if known { Remembered::Seen } else { Remembered::New };
                    prop_assert_eq!(answer, expected);
                    if !known {
                        model.insert((of, name), now + keep);
                    }
                }
            }
        }
    }

    #[test]
    fn neither_a_limit_nor_an_answer_is_wrong_when_the_memory_is_small(
        limit in 1..50_usize,
        names in vec((0..5_u64, 0..100_u64), 1..500),
    ) {
        let memory = memory(limit);
        let mut accepted = HashMap::new();
        for (of, name) in names {
            match remember(&memory, of, name, 0) {
                Remembered::New => {
                    prop_assert!(accepted.insert((of, name), ()).is_none(), "accepted twice");
                }
                Remembered::Seen => prop_assert!(accepted.contains_key(&(of, name))),
                Remembered::OverShare { .. } | Remembered::Undecidable { .. } => {}
            }
            prop_assert!(accepted.len() <= limit);
        }
    }
}

#[test]
fn an_owner_who_fills_the_memory_is_stopped_and_the_others_go_on() {
    let memory = memory(100_000);
    let mut stopped = 0;
    for name in 0..150_000 {
        match remember(&memory, 1, name, 0) {
            Remembered::New => {}
            Remembered::OverShare { retry_after } => {
                assert_eq!(retry_after, KEEP);
                stopped += 1;
            }
            other => panic!("the owner holds more than its share: {other:?}"),
        }
        if name % 10 == 0 {
            assert_eq!(remember(&memory, 2, name, 0), Remembered::New, "after {name}");
        }
    }
    assert!(stopped > 80_000, "{stopped}");
    assert_eq!(remember(&memory, 3, 0, 0), Remembered::New, "a third owner");
    assert_eq!(remember(&memory, 1, 0, 0), Remembered::Seen, "what is remembered stays");
    assert!(memory.status().entries <= 100_000);
    // When the entries have expired, there is room for all.
    assert_eq!(remember(&memory, 1, 1_000_000, 81), Remembered::New);
}

#[test]
fn many_owners_can_fill_the_memory_and_nothing_is_forgotten_for_it() {
    let memory = memory(2000);
    let accepted: Vec<u64> =
        (0..4000).filter(|of| remember(&memory, *of, 0, 0) == Remembered::New).collect();
    assert!((1900..=2000).contains(&accepted.len()), "{}", accepted.len());
    assert!(
        matches!(remember(&memory, 5000, 0, 0), Remembered::Undecidable { retry_after } if retry_after == KEEP)
    );
    for of in accepted {
        assert_eq!(remember(&memory, of, 0, 0), Remembered::Seen);
    }
}

#[test]
fn a_remembered_name_takes_at_most_48_bytes() {
    let memory = memory(200_000);
    for name in 0..170_000 {
        assert_eq!(remember(&memory, name % 100, name, 0), Remembered::New);
        if name % 10_000 == 9999 {
            let status = memory.status();
            let each = status.bytes.div_ceil(status.entries);
            assert!(each <= 48, "{each} bytes for each of {}", status.entries);
        }
    }
}

#[test]
fn memory_does_not_grow_when_names_expire_as_fast_as_they_come() {
    let memory = memory(200_000);
    let mut most = 0;
    for name in 0..80_000_u64 {
        // 200 a second.
        assert_eq!(remember(&memory, 1, name, name / 200), Remembered::New);
        most = most.max(if name % 1000 == 0 { memory.status().bytes } else { 0 });
    }
    assert!(most <= 16_000 * 48, "{most} bytes");
}

#[test]
fn of_many_threads_with_the_same_names_exactly_one_hears_new() {
    const THREADS: usize = 16;
    const NAMES: u64 = 5000;
    let memory = memory(100_000);
    let accepted: Vec<AtomicUsize> = (0..NAMES).map(|_| AtomicUsize::new(0)).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for (name, accepted) in (0..).zip(&accepted) {
                    if remember(&memory, 1, name, 0) == Remembered::New {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(accepted.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn an_honest_owner_with_1000_names_a_second_is_never_refused_beside_one_that_fills_the_memory() {
    let memory = memory(200_000);
    let mut refused = 0;
    // The time passes by seconds, so that the whole test takes few of them.
    for now in 0..30_u64 {
        for number in 0..1000 {
            let name = now * 1000 + number;
            assert_eq!(remember(&memory, 1, name, now), Remembered::New, "at {now} s");
            for part in 0..6 {
                let answer = remember(&memory, 2, name * 6 + part, now);
                refused += usize::from(matches!(answer, Remembered::OverShare { .. }));
            }
        }
    }
    assert!(refused > 1000, "{refused}: the other has filled its share");
}
