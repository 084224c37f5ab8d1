//! Bounded store of rate limiter states, by caller.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

/// The number of locks, so that workers seldom wait for each other.
const PARTS: usize = 16;

/// Rate limiter states of a bounded number of callers. The least recent callers are evicted first.
#[derive(Debug)]
pub(super) struct CallerStore {
    parts: Vec<Mutex<Part>>,
    hasher: RandomState,
}

/// Callers in two generations. When the young one is full, it replaces the old one. Callers that came in
/// the meantime have moved to the young one.
#[derive(Debug, Default)]
struct Part {
    young: HashMap<u128, Nanos>,
    old: HashMap<u128, Nanos>,
    max_young: usize,
}

impl CallerStore {
    pub(super) fn with_capacity(callers: usize) -> Self {
        let max_young = (callers / PARTS / 2).max(1);
        let part = || Mutex::new(Part { max_young, ..Part::default() });
        Self { parts: (0..PARTS).map(|_| part()).collect(), hasher: RandomState::new() }
    }

    fn part(&self, caller: u128) -> Option<&Mutex<Part>> {
        let hash = self.hasher.hash_one(caller);
        self.parts.get(usize::try_from(hash % PARTS as u64).unwrap_or_default())
    }
}

impl StateStore for CallerStore {
    type Key = u128;

    fn measure_and_replace<T, F, E>(&self, caller: &u128, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(part) = self.part(*caller) else { return measure(None).map(|(result, _)| result) };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let before = part.young.get(caller).or_else(|| part.old.get(caller)).copied();
        let measured = measure(before);
        // A rejected caller must be remembered as well.
        if let Some(after) = measured.as_ref().map_or(before, |(_, after)| Some(*after)) {
            part.remember(*caller, after);
        }
        measured.map(|(result, _)| result)
    }
}

impl Part {
    fn remember(&mut self, caller: u128, state: Nanos) {
        if self.young.len() >= self.max_young && !self.young.contains_key(&caller) {
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(caller, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(callers: &CallerStore, caller: u128) -> u64 {
        let measure = |before: Option<Nanos>| {
            let after = before.map_or(0, Nanos::as_u64) + 1;
            Ok::<_, ()>((after, Nanos::new(after)))
        };
        callers.measure_and_replace(&caller, measure).unwrap()
    }

    #[test]
    fn frequent_callers_are_remembered() {
        let callers = CallerStore::with_capacity(1024);
        for round in 1..=100 {
            assert_eq!(count(&callers, 7), round);
            // Fewer other callers per round than there is room for.
            for stranger in 0..20 {
                count(&callers, 1_000_000 + u128::from(round) * 20 + stranger);
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let callers = CallerStore::with_capacity(1024);
        for caller in 0..100_000 {
            count(&callers, caller);
        }
        let size = |part: &Mutex<Part>| {
            let part = part.lock().unwrap();
            part.young.len() + part.old.len()
        };
        let all: usize = callers.parts.iter().map(size).sum();
        assert!(all <= 1024, "{all} callers are remembered");
    }

    #[test]
    fn rejected_callers_are_remembered() {
        let callers = CallerStore::with_capacity(1024);
        assert_eq!(count(&callers, 7), 1);
        let refuse = |_: Option<Nanos>| Err::<((), Nanos), _>(());
        assert_eq!(callers.measure_and_replace(&7, refuse), Err(()));
        assert_eq!(count(&callers, 7), 2);
    }
}
