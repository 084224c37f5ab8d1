//! State shared by a connection and the requests on it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection_limit::Activity;

/// How long a connection stays open after its last response while the client still sends. Closing at
/// once could reset the connection before the client has read the response (RFC 9112 section 9.6).
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// The interim response that asks for the body (RFC 9110 section 15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// State of one connection, shared by the bytes below HTTP and the requests above.
#[derive(Debug)]
pub(super) struct ConnectionState {
    activity: Arc<Activity>,
    /// How many requests have begun. It wraps around.
    requests: Cell<u32>,
    is_in_progress: Cell<bool>,
    /// Bytes received since the last request was complete.
    received: Cell<usize>,
    lingers_until: Cell<Option<Instant>>,
    /// What remains to be sent of an interim response.
    interim: Cell<&'static [u8]>,
}

/// A request in progress, from its complete head to its response.
#[derive(Debug)]
pub(super) struct RequestInProgress(Rc<ConnectionState>);

impl ConnectionState {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self {
            activity,
            requests: Cell::new(0),
            is_in_progress: Cell::new(false),
            received: Cell::new(0),
            lingers_until: Cell::new(None),
            interim: Cell::new(&[]),
        }
    }

    /// Begins a request, whose head is complete.
    pub(super) fn begin_request(self: &Rc<Self>) -> RequestInProgress {
        self.requests.set(self.requests.get().wrapping_add(1));
        self.is_in_progress.set(true);
        self.received.set(0);
        self.lingers_until.set(None);
        self.activity.set_busy();
        RequestInProgress(Rc::clone(self))
    }

    /// Between requests, how many have begun.
    pub(super) fn idle_after(&self) -> Option<u32> {
        (!self.is_in_progress.get()).then(|| self.requests.get())
    }

    /// Counts received bytes.
    pub(super) fn receive(&self, bytes: usize) {
        self.received.set(self.received.get().saturating_add(bytes));
    }

    /// The size of the incomplete head received so far, if a head is what is being received.
    pub(super) fn head_size(&self) -> Option<usize> {
        let is_head = !self.is_in_progress.get() && self.lingers_until.get().is_none();
        is_head.then(|| self.received.get())
    }

    /// Whether the time to linger is over.
    pub(super) fn has_lingered(&self) -> bool {
        self.lingers_until.get().is_some_and(|until| until <= Instant::now())
    }

    /// The client does not read its response: until it does, the connection counts as busy.
    pub(super) fn stall(&self) {
        self.activity.set_busy();
    }

    /// The client reads again.
    pub(super) fn resume(&self) {
        if !self.is_in_progress.get() {
            self.activity.set_idle();
        }
    }

    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Asks the client for the body that it holds back.
    pub(super) fn ask_for_body(&self) {
        self.interim.set(CONTINUE);
    }

    /// What remains to be sent of the interim response.
    pub(super) fn interim(&self) -> &'static [u8] {
        self.interim.get()
    }

    /// Whether some of the interim response has been sent, so that the rest must follow.
    pub(super) fn is_interim_begun(&self) -> bool {
        (1..CONTINUE.len()).contains(&self.interim.get().len())
    }

    pub(super) fn interim_sent(&self, bytes: usize) {
        self.interim.set(self.interim.get().get(bytes..).unwrap_or_default());
    }
}

impl RequestInProgress {
    pub(super) fn connection(&self) -> Rc<ConnectionState> {
        Rc::clone(&self.0)
    }

    /// The body has been read to its end: what follows is the next head.
    pub(super) fn body_complete(&self) {
        self.0.received.set(0);
    }

    /// The response is known, and the rest of the body will not be read. Unless another request
    /// begins, the connection lingers and closes.
    pub(super) fn body_unread(&self) {
        self.0.lingers_until.set(Some(Instant::now() + LINGER));
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        // An interim response must not follow the final one.
        if !self.0.is_interim_begun() {
            self.0.interim.set(&[]);
        }
        self.0.is_in_progress.set(false);
        self.0.activity.set_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection_limit::ConnectionLimit;
    use super::*;

    fn state() -> Rc<ConnectionState> {
        let permit = ConnectionLimit::new(1, None).acquire(None).unwrap();
        Rc::new(ConnectionState::new(permit.activity()))
    }

    #[test]
    fn a_connection_is_idle_between_requests() {
        let state = state();
        state.receive(7);
        assert_eq!((state.idle_after(), state.head_size()), (Some(0), Some(7)));
        let first = state.begin_request();
        state.receive(7);
        assert_eq!((state.idle_after(), state.head_size()), (None, None));
        first.body_complete();
        drop(first);
        assert_eq!((state.idle_after(), state.head_size()), (Some(1), Some(0)));
    }

    #[test]
    fn a_connection_does_not_linger_past_the_next_request() {
        let state = state();
        state.begin_request().body_unread();
        assert_eq!(state.head_size(), None, "what is received is still the body");
        assert!(!state.has_lingered(), "the client may still be reading the response");
        state.lingers_until.set(Some(Instant::now()));
        assert!(state.has_lingered());
        drop(state.begin_request());
        assert!(!state.has_lingered());
    }

    #[test]
    fn an_interim_response_never_follows_the_final_one() {
        let state = state();
        let request = state.begin_request();
        state.ask_for_body();
        assert_eq!(state.interim(), CONTINUE);
        drop(request);
        assert_eq!(state.interim(), b"", "not begun: not sent");
        let request = state.begin_request();
        state.ask_for_body();
        state.interim_sent(5);
        drop(request);
        assert_eq!(state.interim(), &CONTINUE[5..], "begun: finished");
    }
}
