//! How many connections there is room for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The room for connections, of all workers together. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    taken: AtomicUsize,
}

/// A connection's place, free again when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit(Arc<Inner>);

impl ConnectionLimit {
    pub(super) fn of(most: usize) -> Self {
        Self(Arc::new(Inner { most, taken: AtomicUsize::new(0) }))
    }

    /// A place, if there is one.
    pub(super) fn take(&self) -> Option<ConnectionPermit> {
        // Held from here on, so that a refusal gives it back.
        let place = ConnectionPermit(Arc::clone(&self.0));
        let taken = self.0.taken.fetch_add(1, Ordering::Relaxed);
        (taken < self.0.most).then_some(place)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_left_is_free() {
        let capacity = ConnectionLimit::of(2);
        let (first, second) = (capacity.take(), capacity.take());
        assert!(first.is_some() && second.is_some());
        assert!(capacity.take().is_none());
        assert!(capacity.take().is_none(), "a refusal takes no place");
        drop(first);
        assert!(capacity.take().is_some());
    }
}
