//! Flag that the service is shutting down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the service is shutting down, which it does once. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub(super) struct ShutdownState(Arc<AtomicBool>);

impl ShutdownState {
    /// Begins the shutdown: the service is not ready, and each response closes its connection.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the shutdown has begun.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
