//! Limits on open connections, of all clients and of each. At a limit, idle connections make room for new
//! ones.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::service::rate_limit::caller;

/// A limit on open connections, shared by all workers. Clones are cheap.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max: usize,
    max_per_address: Option<usize>,
    created: Instant,
    next_id: AtomicU64,
    open: Mutex<Open>,
}

/// The connections that count.
#[derive(Debug, Default)]
struct Open {
    by_id: HashMap<u64, Arc<Activity>>,
    /// The ids of each client's connections; empty without a limit for each.
    by_client: HashMap<u128, HashSet<u64>>,
}

/// Which limit leaves no room for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtLimit {
    /// All connections are busy.
    Server,
    /// All connections from this address are busy.
    Address,
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
    /// The client, if there is a limit for each.
    client: Option<u128>,
    /// [`BUSY`], [`EVICTED`], or since when it is idle, in milliseconds after the limit was created.
    state: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

const BUSY: u64 = u64::MAX;
const EVICTED: u64 = u64::MAX - 1;

impl ConnectionLimit {
    pub(super) fn new(max: usize, max_per_address: Option<usize>) -> Self {
        let (created, next_id) = (Instant::now(), AtomicU64::new(0));
        let open = Mutex::default();
        Self(Arc::new(Inner { max, max_per_address, created, next_id, open }))
    }

    /// A permit for one more connection from this address. At a limit, the connection that has been
    /// idle longest is told to close, of those that the limit is for.
    ///
    /// # Errors
    ///
    /// [`AtLimit`] if all of them are busy.
    pub(super) fn acquire(&self, address: Option<IpAddr>) -> Result<ConnectionPermit, AtLimit> {
        let inner = &self.0;
        let mut open = inner.open();
        let client = address.filter(|_| inner.max_per_address.is_some()).map(caller);
        if let (Some(client), Some(max)) = (client, inner.max_per_address)
            && !open.has_room_for(client, max)
        {
            return Err(AtLimit::Address);
        }
        if !open.has_room(inner.max) {
            return Err(AtLimit::Server);
        }
        let id = inner.next_id.fetch_add(1, Ordering::Relaxed);
        let idle_since = AtomicU64::new(since(inner.created));
        let (created, waker) = (inner.created, Mutex::default());
        let activity = Arc::new(Activity { created, client, state: idle_since, waker });
        open.insert(id, Arc::clone(&activity));
        Ok(ConnectionPermit { id, limit: Arc::clone(inner), activity })
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn insert(&mut self, id: u64, activity: Arc<Activity>) {
        if let Some(client) = activity.client {
            self.by_client.entry(client).or_default().insert(id);
        }
        self.by_id.insert(id, activity);
    }

    fn remove(&mut self, id: u64) {
        let Some(client) = self.by_id.remove(&id).and_then(|activity| activity.client) else {
            return;
        };
        if let Some(ids) = self.by_client.get_mut(&client) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_client.remove(&client);
            }
        }
    }

    fn has_room(&mut self, max: usize) -> bool {
        self.by_id.len() < max || self.evict(self.by_id.keys().copied().collect(), max)
    }

    fn has_room_for(&mut self, client: u128, max: usize) -> bool {
        match self.by_client.get(&client) {
            Some(ids) if ids.len() >= max => self.evict(ids.iter().copied().collect(), max),
            _ => true,
        }
    }

    /// Evicts those of these connections that have been idle longest, and tells whether there were
    /// any. Several at once if the limit is large, so that a flood of connections does not search
    /// all of them each time.
    fn evict(&mut self, among: Vec<u64>, max: usize) -> bool {
        const SHARE: usize = 64;

        let count = (max / SHARE).max(1);
        let state = |id: u64| Some((self.by_id.get(&id)?.state.load(Ordering::Acquire), id));
        let idle = among.into_iter().filter_map(state);
        let mut idle: Vec<(u64, u64)> = idle.filter(|(since, _)| *since < EVICTED).collect();
        if idle.len() > count {
            idle.select_nth_unstable(count);
            idle.truncate(count);
        }
        let before = self.by_id.len();
        for (since, id) in idle {
            if self.by_id.get(&id).is_some_and(|activity| activity.evict(since)) {
                self.remove(id);
            }
        }
        self.by_id.len() < before
    }
}

impl ConnectionPermit {
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limit.open().remove(self.id);
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
        busy_from(limit, "192.0.2.1").ok()
    }

    fn busy_from(limit: &ConnectionLimit, address: &str) -> Result<ConnectionPermit, AtLimit> {
        from(limit, address).inspect(|permit| permit.activity.set_busy())
    }

    fn from(limit: &ConnectionLimit, address: &str) -> Result<ConnectionPermit, AtLimit> {
        limit.acquire(Some(address.parse().unwrap()))
    }

    #[test]
    fn a_dropped_permit_is_available_again() {
        let limit = ConnectionLimit::new(2, None);
        let (first, second) = (busy(&limit), busy(&limit));
        assert!(first.is_some() && second.is_some());
        assert!(limit.acquire(None).is_err());
        assert!(limit.acquire(None).is_err(), "a failed attempt takes no permit");
        drop(first);
        assert!(limit.acquire(None).is_ok());
    }

    #[test]
    fn the_connection_that_is_idle_longest_makes_room() {
        let limit = ConnectionLimit::new(3, None);
        let permits = [(); 3].map(|()| limit.acquire(None).unwrap());
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
        assert_eq!(limit.0.open().by_id.len(), 3, "evicted connections do not count");
    }

    #[test]
    fn an_evicted_connection_stays_evicted() {
        let limit = ConnectionLimit::new(1, None);
        let permit = limit.acquire(None).unwrap();
        assert!(busy(&limit).is_some());
        for change in [Activity::set_busy, Activity::set_idle] {
            change(&permit.activity);
            assert!(is_evicted(&permit), "its last request is answered, and then it closes");
        }
    }

    #[test]
    fn a_large_limit_evicts_several_at_once() {
        let limit = ConnectionLimit::new(640, None);
        let permits: Vec<_> = (0..640).map(|_| limit.acquire(None).unwrap()).collect();
        for (permit, since) in permits.iter().zip(0..) {
            permit.activity.state.store(since, Ordering::Relaxed);
        }
        assert!(limit.acquire(None).is_ok());
        let evicted = permits.iter().filter(|permit| is_evicted(permit)).count();
        assert_eq!(evicted, 10);
        assert!(permits.iter().take(10).all(is_evicted), "the ones that are idle longest");
    }

    #[test]
    fn an_address_has_its_share_and_its_idle_connections_make_room_first() {
        let limit = ConnectionLimit::new(4, Some(2));
        let greedy = [busy_from(&limit, "192.0.2.1").unwrap(), from(&limit, "192.0.2.1").unwrap()];
        let other = from(&limit, "192.0.2.2").unwrap();
        other.activity.state.store(0, Ordering::Relaxed);
        let third = busy_from(&limit, "::ffff:192.0.2.1").unwrap();
        assert_eq!(greedy.each_ref().map(is_evicted), [false, true], "its own idle one");
        assert!(!is_evicted(&other), "though that is idle longer");
        assert_eq!(from(&limit, "192.0.2.1").unwrap_err(), AtLimit::Address, "all are busy");
        drop(greedy);
        let again = busy_from(&limit, "192.0.2.1").unwrap();
        assert_eq!(from(&limit, "192.0.2.1").unwrap_err(), AtLimit::Address, "counted once");
        let network = ["2001:db8::1", "2001:db8::2"].map(|address| busy_from(&limit, address));
        assert!(network.iter().all(Result::is_ok), "the last place, then the idle one's");
        assert!(is_evicted(&other));
        assert_eq!(from(&limit, "2001:db8::3").unwrap_err(), AtLimit::Address, "one /64");
        assert_eq!(from(&limit, "192.0.2.3").unwrap_err(), AtLimit::Server);
        drop((third, again, network, other));
        assert!(limit.0.open().by_id.is_empty() && limit.0.open().by_client.is_empty());
    }

    #[test]
    fn without_a_limit_for_each_no_addresses_are_kept() {
        let limit = ConnectionLimit::new(2, None);
        let permits = ["192.0.2.1"; 2].map(|address| busy_from(&limit, address).unwrap());
        assert!(limit.0.open().by_client.is_empty());
        drop(permits);
    }
}
