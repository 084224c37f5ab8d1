//! Rate limit per token, decided by the application.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::token::VerifiedToken;

/// Decides whether a request with a verified token exceeds the rate limit.
#[derive(Clone)]
pub(super) struct Throttle(Arc<Judge>);

type Judge = dyn Fn(&VerifiedToken) -> Result<(), Duration> + Send + Sync;

impl Throttle {
    pub(super) fn new(
        judge: impl Fn(&VerifiedToken) -> Result<(), Duration> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(judge))
    }

    /// The error is how long to wait.
    pub(super) fn judge(&self, token: &VerifiedToken) -> Result<(), Duration> {
        (self.0)(token)
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Throttle(…)")
    }
}
