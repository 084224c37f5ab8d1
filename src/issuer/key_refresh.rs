//! Settings for fetching and refreshing keys.

use std::time::Duration;

use derive_more::{Display, Error};

use crate::secure_url::HttpHosts;
use crate::token::{KeySet, RsaLimits};

/// How an issuer's keys are fetched, how often, and how long they are used.
///
/// The defaults suit nearly every deployment: a few requests a minute at most, rotations are followed
/// within seconds, and an outage of the issuer of up to an hour has no effect.
///
/// ```
/// use std::time::Duration;
/// use actix_resource_server::issuer::KeyRefresh;
/// use actix_resource_server::verifier::Verifier;
///
/// let refresh = KeyRefresh {
///     max_lifetime: Duration::from_secs(900),
///     ..KeyRefresh::default()
/// };
/// let verifier = Verifier::builder()
///     .issuer("https://tenant.eu.auth0.com/")
///     .audience("https://api.example")
///     .key_refresh(refresh)
///     .start()?;
/// # Ok::<(), actix_resource_server::verifier::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRefresh {
    /// Lifetime of keys without a `Cache-Control` of their issuer: 10 minutes. Keys are refreshed
    /// shortly before it ends.
    pub default_lifetime: Duration,
    /// Minimum lifetime of keys, whatever their issuer says: a minute.
    pub min_lifetime: Duration,
    /// Maximum lifetime of keys, whatever their issuer says: an hour. While the issuer is reachable,
    /// a withdrawn key is accepted no longer than this.
    pub max_lifetime: Duration,
    /// Maximum age of keys while their issuer is unreachable: an hour. No lifetime is longer.
    pub max_key_age: Duration,
    /// Lifetime of metadata: an hour.
    pub metadata_lifetime: Duration,
    /// Minimum gap between attempts: a second. The gap between attempts that requests cause doubles
    /// while they bring nothing new.
    pub attempt_gap: Duration,
    /// Maximum of that gap: 15 seconds. A flood of tokens with unknown keys delays a rotation by no
    /// more than this.
    pub max_attempt_gap: Duration,
    /// Delay of the next attempt after a failure: 3 seconds. Each further failure in a row doubles
    /// it, and up to a tenth is added at random.
    pub min_retry: Duration,
    /// Maximum of that delay: 15 seconds.
    pub max_retry: Duration,
    /// Maximum `Retry-After` of an issuer that is respected: 5 minutes.
    pub max_retry_after: Duration,
    /// Time limit of one attempt as a whole: 5 seconds.
    pub fetch_timeout: Duration,
    /// Maximum size of a response: 512 KiB. A larger one is a fault.
    pub max_response_bytes: usize,
    /// Maximum number of usable keys read from one set: 64. Further ones are skipped.
    pub max_keys: usize,
    /// The hosts from which metadata and keys may be fetched over plain http: none.
    pub plain_http: HttpHosts,
    /// Limits on RSA keys: [`RsaLimits::Standard`].
    pub rsa: RsaLimits,
}

/// Settings that contradict each other. Whoever configured them is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContradictoryKeyRefresh {
    /// The shortest lifetime is longer than the longest.
    #[display("the shortest lifetime of keys is longer than the longest")]
    Lifetimes,
    /// The default lifetime is shorter than the shortest, or longer than the longest.
    #[display("the default lifetime of keys is not between the shortest and the longest")]
    DefaultLifetime,
    /// Keys would reach their maximum age before they are refreshed.
    #[display("keys would be too old to be used before their shortest lifetime ends")]
    MaxKeyAge,
    /// Nothing can be fetched: the limit of time, bytes or keys is zero.
    #[display("no keys can be obtained without time, bytes and keys")]
    Nothing,
    /// The shortest gap between two attempts is longer than the longest.
    #[display("the shortest gap between attempts is longer than the longest")]
    Gap,
    /// The gap between two attempts is longer than the shortest lifetime of keys.
    #[display("the gap between attempts is too long to keep keys of the shortest lifetime fresh")]
    GapBeyondLifetime,
    /// The first wait after a failure is longer than the longest.
    #[display("the first wait after a failure is longer than the longest")]
    Retries,
}

impl Default for KeyRefresh {
    fn default() -> Self {
        Self {
            default_lifetime: Duration::from_secs(600),
            min_lifetime: Duration::from_secs(60),
            max_lifetime: Duration::from_secs(3600),
            max_key_age: Duration::from_secs(3600),
            metadata_lifetime: Duration::from_secs(3600),
            attempt_gap: Duration::from_secs(1),
            max_attempt_gap: Duration::from_secs(15),
            min_retry: Duration::from_secs(3),
            max_retry: Duration::from_secs(15),
            max_retry_after: Duration::from_secs(300),
            fetch_timeout: Duration::from_secs(5),
            max_response_bytes: 512 * 1024,
            plain_http: HttpHosts::default(),
            max_keys: KeySet::MAX_KEYS,
            rsa: RsaLimits::Standard,
        }
    }
}

impl KeyRefresh {
    /// How long a request waits for an attempt: the gap before it, its time limit, and a second for
    /// the threads.
    pub(crate) const fn patience(&self) -> Duration {
        self.fetch_timeout.saturating_add(self.attempt_gap).saturating_add(Duration::from_secs(1))
    }

    /// All contradictions among the settings.
    pub(crate) fn contradictions(&self) -> impl Iterator<Item = ContradictoryKeyRefresh> {
        use ContradictoryKeyRefresh::{
            DefaultLifetime, Gap, GapBeyondLifetime, Lifetimes, MaxKeyAge, Nothing, Retries,
        };
        let lifetimes = self.min_lifetime..=self.max_lifetime;
        let nothing =
            self.max_response_bytes.min(self.max_keys) == 0 || self.fetch_timeout.is_zero();
        let checks = [
            (nothing, Nothing),
            (lifetimes.is_empty(), Lifetimes),
            (!lifetimes.is_empty() && !lifetimes.contains(&self.default_lifetime), DefaultLifetime),
            (self.max_key_age < self.min_lifetime, MaxKeyAge),
            (self.attempt_gap > self.max_attempt_gap, Gap),
            (self.attempt_gap > self.min_lifetime, GapBeyondLifetime),
            (self.min_retry > self.max_retry, Retries),
        ];
        checks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, contradiction)| contradiction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_go_together_are_found() {
        use ContradictoryKeyRefresh::{
            DefaultLifetime, Gap, GapBeyondLifetime, Lifetimes, MaxKeyAge, Nothing, Retries,
        };
        const fn seconds(seconds: u64) -> Duration {
            Duration::from_secs(seconds)
        }
        type Change = fn(&mut KeyRefresh);
        let table: [(Change, &[ContradictoryKeyRefresh]); 15] = [
            (|_| {}, &[]),
            (|refresh| refresh.min_lifetime = seconds(3601), &[Lifetimes, MaxKeyAge]),
            (|refresh| refresh.max_lifetime = seconds(599), &[DefaultLifetime]),
            (|refresh| refresh.default_lifetime = seconds(59), &[DefaultLifetime]),
            (|refresh| refresh.default_lifetime = seconds(60), &[]),
            (|refresh| refresh.max_key_age = seconds(59), &[MaxKeyAge]),
            (|refresh| refresh.max_attempt_gap = Duration::ZERO, &[Gap]),
            (|refresh| refresh.max_attempt_gap = Duration::MAX, &[]),
            (|refresh| refresh.attempt_gap = seconds(16), &[Gap]),
            (|refresh| refresh.attempt_gap = seconds(61), &[Gap, GapBeyondLifetime]),
            (|refresh| refresh.min_retry = seconds(16), &[Retries]),
            (|refresh| refresh.fetch_timeout = Duration::ZERO, &[Nothing]),
            (|refresh| refresh.max_response_bytes = 0, &[Nothing]),
            (|refresh| refresh.max_keys = 0, &[Nothing]),
            (|refresh| refresh.max_retry_after = Duration::ZERO, &[]),
        ];
        for (place, (change, expected)) in table.into_iter().enumerate() {
            let mut refresh = KeyRefresh::default();
            change(&mut refresh);
            let found: Vec<_> = refresh.contradictions().collect();
            assert_eq!(found, expected, "row {place}");
        }
    }
}
