//! What a check waits for: keys, an answer of the issuer, or the time of day.

use std::sync::Arc;
use std::time::Duration;

use super::cache::CachedToken;
use super::verification_error::VerificationError;
use crate::issuer::{Awaited, Clock, IssuerKeys, jitter};
use crate::token::{InvalidToken, MonotonicTime, SignatureChecks};

/// The result of a check: a verdict, or what to wait for.
pub(super) type Checked<T> = Result<Result<T, InvalidToken>, Pending>;

/// What a check needs before it can give a verdict.
pub(crate) enum Pending {
    /// The wall-clock time, which is not set on this machine.
    Time,
    /// A lookup of the issuer that the token names.
    Issuer(String),
    /// Usable keys of this issuer, which has none.
    Keys(SeenKeys),
    /// Newer keys from all these sources of the issuer's keys: the current ones lack the token's key.
    /// The token is rejected for this reason if the newer ones lack it too.
    NewerKeys(Vec<SeenKeys>, InvalidToken),
    /// An answer of the issuer about the token: opaque and perhaps known from before, or a JWT that is
    /// valid otherwise.
    Introspection(Option<CachedToken>),
}

/// A source of keys, and the generation of its keys that could not decide; none if it had no keys.
pub(crate) struct SeenKeys {
    pub(super) source: Arc<IssuerKeys>,
    pub(super) seen: Option<u32>,
    /// The signature checks of the token until then.
    pub(super) checks: SignatureChecks,
}

impl Pending {
    /// Why the token is not verified after all. It is rejected only if its issuer was asked after
    /// the token came, and answered in full: until then its key may exist.
    pub(super) fn error(self, was_asked: bool, now: MonotonicTime) -> VerificationError {
        let is_conclusive = |keys: &SeenKeys| keys.source.progress().is_conclusive();
        let wait =
            self.sources().iter().map(|keys| keys.source.wait(now)).min().unwrap_or_default();
        match self {
            Self::Time => VerificationError::TimeUnknown { retry_after: WAIT_FOR_TIME },
            Self::Introspection(_) => VerificationError::NoIntrospection,
            Self::NewerKeys(sources, rejection)
                if was_asked && sources.iter().all(is_conclusive) =>
            {
                VerificationError::Rejected(rejection)
            }
            _ => VerificationError::KeysUnavailable { retry_after: jittered(wait) },
        }
    }

    /// The sources of keys to wait for.
    pub(super) fn sources(&self) -> &[SeenKeys] {
        match self {
            Self::Time | Self::Issuer(_) | Self::Introspection(_) => &[],
            Self::Keys(source) => std::slice::from_ref(source),
            Self::NewerKeys(sources, _) => sources,
        }
    }

    /// The signature checks that the token has cost: each source knows those before it.
    pub(super) fn checks(&self) -> Option<SignatureChecks> {
        self.sources().iter().map(|keys| keys.checks).max_by_key(SignatureChecks::count)
    }

    /// Waits for newer keys from every source. The result is the weakest of all: whether each source
    /// was fetched after the token arrived.
    pub(super) async fn wait(&self, clock: &dyn Clock) -> Awaited {
        let mut awaited = None;
        for SeenKeys { source, seen, .. } in self.sources() {
            let next = source.attempt(clock.monotonic(), *seen).await;
            awaited = Some(match (awaited, next) {
                (None | Some(Awaited::Asked), next) => next,
                (Some(Awaited::Joined), Awaited::None) => Awaited::None,
                (Some(so_far), _) => so_far,
            });
        }
        awaited.unwrap_or(Awaited::None)
    }
}

/// How long callers are told to wait for a machine to learn the time.
const WAIT_FOR_TIME: Duration = Duration::from_secs(10);

/// At least this wait and at least a second, plus a random half of it (2 to 30 seconds), so that
/// callers do not all retry at the same moment.
fn jittered(wait: Duration) -> Duration {
    let most = (wait / 2).clamp(Duration::from_secs(2), Duration::from_secs(30));
    wait.max(Duration::from_secs(1)).saturating_add(most.mul_f64(jitter().clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_to_come_back_at_different_times_and_never_too_early() {
        for (wait, least, most) in [(0, 1, 3), (15, 15, 23), (300, 300, 330)] {
            let all: Vec<_> = (0..50).map(|_| jittered(Duration::from_secs(wait))).collect();
            let bounds = Duration::from_secs(least)..=Duration::from_secs(most);
            assert!(all.iter().all(|wait| bounds.contains(wait)), "{all:?}");
            assert!(all.iter().any(|wait| *wait != all[0]), "{all:?}");
        }
        assert!(jittered(Duration::MAX) >= Duration::from_secs(1 << 60));
    }
}
