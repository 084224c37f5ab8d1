//! Waiting until a verified token expires.

use std::time::Duration;

use super::Verifier;
use crate::issuer::{Clock, SystemClock};
use crate::token::VerifiedToken;

impl Verifier {
    /// Completes when the token expires or is too old by this verifier's clock, without tolerance.
    /// Long-lived connections end then: WebSockets, server-sent events, streams.
    pub async fn expired(&self, token: &VerifiedToken) {
        wait(token, &*self.0.clock).await;
    }
}

/// Completes when the token expires or is too old by the system's clock.
pub(crate) async fn expired(token: &VerifiedToken) {
    wait(token, &SystemClock).await;
}

/// In steps, so that changes of the wall clock take effect.
async fn wait(token: &VerifiedToken, clock: &dyn Clock) {
    const LONGEST_STEP: Duration = Duration::from_secs(30);

    let ends_at = token.ends_at();
    loop {
        let now = clock.now();
        if !ends_at.is_after(now) {
            return;
        }
        let seconds = ends_at.seconds() - Duration::from_millis(now.milliseconds()).as_secs_f64();
        let left = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_STEP);
        // At least a millisecond, the resolution of the clock.
        let step = left.clamp(Duration::from_millis(1), LONGEST_STEP);
        clock.sleep_until(clock.monotonic().plus(step)).await;
    }
}
