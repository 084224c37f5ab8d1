//! Whether the service has been told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the service has been told to stop: a switch that is never put back. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct ShutdownState(Arc<AtomicBool>);

impl ShutdownState {
    /// From now on the service is not ready, and each answer is the last of its connection.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
