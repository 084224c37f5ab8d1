//! What a connection and the requests on it know of each other.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a client is still heard that sends a body which nobody reads, or a head too large: long
/// enough for it to see the answer, which closing at once could destroy on its way.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// One connection's state, shared by the bytes below HTTP and the requests above it.
#[derive(Debug, Default)]
pub(super) struct ConnectionState {
    begun: Cell<u32>,
    in_progress: Cell<bool>,
    received: Cell<usize>,
    heard_until: Cell<Option<Instant>>,
}

/// A request under way, until this is dropped.
#[derive(Debug)]
pub(super) struct RequestInProgress(Rc<ConnectionState>);

impl ConnectionState {
    /// A request begins: its head is whole.
    pub(super) fn begin(self: &Rc<Self>) -> RequestInProgress {
        self.begun.set(self.begun.get().wrapping_add(1));
        self.in_progress.set(true);
        self.received.set(0);
        self.heard_until.set(None);
        RequestInProgress(Rc::clone(self))
    }

    /// How many requests have begun, if none of them is under way. It wraps around.
    pub(super) fn waiting_since(&self) -> Option<u32> {
        (!self.in_progress.get()).then(|| self.begun.get())
    }

    /// The client has sent so many bytes more.
    pub(super) fn receive(&self, bytes: usize) {
        self.received.set(self.received.get().saturating_add(bytes));
    }

    /// How many bytes there are of the next head, which nobody has made sense of yet.
    pub(super) fn head_size(&self) -> Option<usize> {
        let is_head = !self.in_progress.get() && self.heard_until.get().is_none();
        is_head.then(|| self.received.get())
    }

    /// Whether what the client sends is of no use any more.
    pub(super) fn is_over(&self) -> bool {
        self.heard_until.get().is_some_and(|until| until <= Instant::now())
    }
}

impl RequestInProgress {
    /// The request's body is there, or will be of no interest: what comes now is the next head.
    pub(super) fn body_is_whole(&self) {
        self.0.received.set(0);
    }

    /// The answer is known, and the rest of the body is not wanted. Unless another request begins,
    /// the client is heard a moment longer and no more.
    pub(super) fn body_is_unwanted(&self) {
        self.0.heard_until.set(Some(Instant::now() + LINGER));
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        self.0.in_progress.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_waits_between_requests() {
        let state = Rc::new(ConnectionState::default());
        state.receive(7);
        assert_eq!((state.waiting_since(), state.head_size()), (Some(0), Some(7)));
        let first = state.begin();
        state.receive(7);
        assert_eq!((state.waiting_since(), state.head_size()), (None, None));
        first.body_is_whole();
        drop(first);
        assert_eq!((state.waiting_since(), state.head_size()), (Some(1), Some(0)));
    }

    #[test]
    fn a_client_is_not_heard_for_long_unless_it_asks_again() {
        let state = Rc::new(ConnectionState::default());
        state.begin().body_is_unwanted();
        assert_eq!(state.head_size(), None, "what comes is still the body");
        assert!(!state.is_over(), "it may still be reading the answer");
        state.heard_until.set(Some(Instant::now()));
        assert!(state.is_over());
        drop(state.begin());
        assert!(!state.is_over());
    }
}
