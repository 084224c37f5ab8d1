//! Rate limit per token, decided by the application.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::token::VerifiedToken;

/// Decides whether a request with a verified token exceeds the rate limit.
#[derive(Clone)]
pub(super) struct TokenRateLimit(Arc<Judge>);

type Judge = dyn Fn(&VerifiedToken) -> Throttled + Send + Sync;

/// A decision, or the wait for one. The error is how long to wait before the next request.
pub(crate) enum Throttled {
    Decided(Result<(), Duration>),
    #[cfg_attr(not(feature = "service"), expect(dead_code, reason = "the service has such limits"))]
    Waiting(Pin<Box<dyn Future<Output = Result<(), Duration>> + Send>>),
}

impl TokenRateLimit {
    pub(super) fn new(judge: impl Fn(&VerifiedToken) -> Throttled + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }

    pub(super) fn judge(&self, token: &VerifiedToken) -> Throttled {
        (self.0)(token)
    }
}

impl fmt::Debug for TokenRateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenRateLimit(…)")
    }
}
