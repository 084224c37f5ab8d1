//! What time it is, and waiting for another time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::token::Timestamp;

/// A clock that tells the time and wakes sleepers. It is given to the verifier, so that hours can
/// pass in a test without anybody waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Completes when the clock shows `time` or later.
    fn sleep_until(&self, time: Timestamp) -> Sleep;
}

/// A wait that a [`Clock`] ends.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, time: Timestamp) -> Sleep {
        let wait = time.since(self.now());
        Box::pin(tokio::time::sleep(wait))
    }
}
