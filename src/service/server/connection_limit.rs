//! Limit on open connections. At the limit, idle connections make room for new ones.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// A limit on open connections, shared by all workers. Clones are cheap.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max: usize,
    created: Instant,
    next_id: AtomicU64,
    /// The connections that count, by id.
    open: Mutex<HashMap<u64, Arc<Activity>>>,
}

/// The right to keep a connection open, returned when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    id: u64,
    limit: Arc<Inner>,
    activity: Arc<Activity>,
}

/// Whether a connection is idle, written by its worker and read by others at the limit.
#[derive(Debug)]
pub(super) struct Activity {
    created: Instant,
    /// [`BUSY`], [`EVICTED`], or since when it is idle, in milliseconds after the limit was created.
    state: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

const BUSY: u64 = u64::MAX;
const EVICTED: u64 = u64::MAX - 1;

impl ConnectionLimit {
    pub(super) fn new(max: usize) -> Self {
        let (created, next_id) = (Instant::now(), AtomicU64::new(0));
        Self(Arc::new(Inner { max, created, next_id, open: Mutex::default() }))
    }

    /// A permit for one more connection. At the limit, the connection that has been idle longest is
    /// told to close; there is no permit if all are busy.
    pub(super) fn acquire(&self) -> Option<ConnectionPermit> {
        let mut open = self.0.open();
        if open.len() >= self.0.max && !evict(&mut open, self.0.max) {
            return None;
        }
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let idle_since = AtomicU64::new(since(self.0.created));
        let (created, waker) = (self.0.created, Mutex::default());
        let activity = Arc::new(Activity { created, state: idle_since, waker });
        open.insert(id, Arc::clone(&activity));
        Some(ConnectionPermit { id, limit: Arc::clone(&self.0), activity })
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evicts the connections that have been idle longest, and tells whether there were any. Several at
/// once if the limit is large, so that a flood of connections does not search all of them each time.
fn evict(open: &mut HashMap<u64, Arc<Activity>>, max: usize) -> bool {
    const SHARE: usize = 64;

    let count = (max / SHARE).max(1);
    let idle = open.iter().map(|(id, activity)| (activity.state.load(Ordering::Acquire), *id));
    let mut idle: Vec<(u64, u64)> = idle.filter(|(since, _)| *since < EVICTED).collect();
    if idle.len() > count {
        idle.select_nth_unstable(count);
        idle.truncate(count);
    }
    let before = open.len();
    for (since, id) in idle {
        let evicted = open.get(&id).is_some_and(|activity| activity.evict(since));
        if evicted {
            open.remove(&id);
        }
    }
    open.len() < before
}

impl ConnectionPermit {
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limit.open().remove(&self.id);
    }
}

impl Activity {
    /// The connection is busy from now on, unless it has been evicted.
    pub(super) fn set_busy(&self) {
        if self.state.swap(BUSY, Ordering::AcqRel) == EVICTED {
            self.state.store(EVICTED, Ordering::Release);
        }
    }

    /// The connection is idle from now on, unless it has been evicted.
    pub(super) fn set_idle(&self) {
        let (idle, order) = (since(self.created), Ordering::AcqRel);
        let _ = self.state.compare_exchange(BUSY, idle, order, Ordering::Relaxed);
    }

    /// Ready once the connection has been evicted and should close.
    pub(super) fn poll_evicted(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
        drop(waker);
        if self.state.load(Ordering::Acquire) == EVICTED { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Evicts the connection if it has been idle since this time, without interruption.
    fn evict(&self, since: u64) -> bool {
        let order = Ordering::AcqRel;
        let evicted = self.state.compare_exchange(since, EVICTED, order, Ordering::Relaxed).is_ok();
        if evicted {
            let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            waker.into_iter().for_each(Waker::wake);
        }
        evicted
    }
}

fn since(created: Instant) -> u64 {
    u64::try_from(created.elapsed().as_millis()).unwrap_or(u64::MAX).min(EVICTED - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evicted(permit: &ConnectionPermit) -> bool {
        permit.activity.poll_evicted(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn busy(limit: &ConnectionLimit) -> Option<ConnectionPermit> {
        limit.acquire().inspect(|permit| permit.activity.set_busy())
    }

    #[test]
    fn a_dropped_permit_is_available_again() {
        let limit = ConnectionLimit::new(2);
        let (first, second) = (busy(&limit), busy(&limit));
        assert!(first.is_some() && second.is_some());
        assert!(limit.acquire().is_none());
        assert!(limit.acquire().is_none(), "a failed attempt takes no permit");
        drop(first);
        assert!(limit.acquire().is_some());
    }

    #[test]
    fn the_connection_that_is_idle_longest_makes_room() {
        let limit = ConnectionLimit::new(3);
        let permits = [(); 3].map(|()| limit.acquire().unwrap());
        for (permit, since) in permits.iter().zip([30, 10, 20]) {
            permit.activity.state.store(since, Ordering::Relaxed);
        }
        let fourth = busy(&limit);
        assert!(fourth.is_some());
        assert_eq!(permits.each_ref().map(is_evicted), [false, true, false]);
        permits[2].activity.set_busy();
        let fifth = busy(&limit);
        assert_eq!(permits.each_ref().map(is_evicted), [true, true, false], "busy ones stay");
        assert!(busy(&limit).is_none(), "all are busy");
        permits[2].activity.set_idle();
        let sixth = busy(&limit);
        assert!(fifth.is_some() && sixth.is_some());
        drop(permits);
        assert_eq!(limit.0.open().len(), 3, "evicted connections do not count");
    }

    #[test]
    fn an_evicted_connection_stays_evicted() {
        let limit = ConnectionLimit::new(1);
        let permit = limit.acquire().unwrap();
        assert!(busy(&limit).is_some());
        for change in [Activity::set_busy, Activity::set_idle] {
            change(&permit.activity);
            assert!(is_evicted(&permit), "its last request is answered, and then it closes");
        }
    }

    #[test]
    fn a_large_limit_evicts_several_at_once() {
        let limit = ConnectionLimit::new(640);
        let permits: Vec<_> = (0..640).map(|_| limit.acquire().unwrap()).collect();
        for (permit, since) in permits.iter().zip(0..) {
            permit.activity.state.store(since, Ordering::Relaxed);
        }
        assert!(limit.acquire().is_some());
        let evicted = permits.iter().filter(|permit| is_evicted(permit)).count();
        assert_eq!(evicted, 10);
        assert!(permits.iter().take(10).all(is_evicted), "the ones that are idle longest");
    }
}
