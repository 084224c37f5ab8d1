//! How keys are obtained, how often, and how long they are used: every number of it.

use std::time::Duration;

use derive_more::{Display, Error};

use crate::secure_url::HttpHosts;
use crate::token::{KeySet, RsaLimits};

/// How an issuer's keys are obtained, how often, and how long they are used.
///
/// The defaults suit nearly everybody. They keep within a few requests a minute whatever happens,
/// follow a rotation within seconds, and live through an hour without the issuer.
///
/// ```
/// use std::time::Duration;
/// use actix_resource_server::issuer::KeyRefresh;
/// use actix_resource_server::verifier::Verifier;
///
/// let refresh = KeyRefresh {
///     longest_lifetime: Duration::from_secs(900),
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
    /// How long keys are fresh if their issuer does not say (`Cache-Control`): 10 minutes. They are
    /// refreshed shortly before that ends.
    pub default_lifetime: Duration,
    /// How long keys are fresh at least, whatever their issuer says: a minute.
    pub shortest_lifetime: Duration,
    /// How long keys are fresh at most, whatever their issuer says: an hour. A withdrawn key is
    /// accepted for no longer than this while the issuer can be reached.
    pub longest_lifetime: Duration,
    /// How old keys may get while their issuer cannot be reached: an hour. No lifetime is longer.
    pub oldest_keys: Duration,
    /// How long metadata is believed before it is asked for again: an hour.
    pub metadata_lifetime: Duration,
    /// How far attempts are apart at least: a second. The gap between attempts that requests ask
    /// for doubles while they bring nothing new.
    pub attempt_gap: Duration,
    /// What that gap grows to at most: 15 seconds. A flood of tokens with made-up keys delays a
    /// rotation by no more than this.
    pub longest_attempt_gap: Duration,
    /// How long after a first failure the next attempt follows: 3 seconds. Each further failure in
    /// a row doubles it, and up to a tenth is added at random.
    pub first_retry: Duration,
    /// What that wait grows to at most: 15 seconds.
    pub longest_retry: Duration,
    /// How long an issuer is left alone at most that asks for it by `Retry-After`: 5 minutes.
    pub longest_retry_after: Duration,
    /// How long one attempt may take in all: 5 seconds.
    pub fetch_limit: Duration,
    /// How many bytes are read of an answer: 512 KiB. A larger one is refused.
    pub largest_answer: usize,
    /// How many usable keys are read from one set: 64. Further ones are skipped.
    pub most_keys: usize,
    /// The hosts from which metadata and keys may be fetched over plain http: none.
    pub plain_http: HttpHosts,
    /// How large RSA keys may be: [`RsaLimits::Standard`].
    pub rsa: RsaLimits,
}

/// Numbers that do not go together. Whoever configured them is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum ContradictoryKeyRefresh {
    /// The shortest lifetime is longer than the longest.
    #[display("the shortest lifetime of keys is longer than the longest")]
    Lifetimes,
    /// The default lifetime is shorter than the shortest, or longer than the longest.
    #[display("the default lifetime of keys is not between the shortest and the longest")]
    DefaultLifetime,
    /// Keys would be too old to be used before they need to be refreshed.
    #[display("keys would be too old to be used before their shortest lifetime ends")]
    OldestKeys,
    /// Nothing may be fetched: no time, no bytes or no keys.
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
            shortest_lifetime: Duration::from_secs(60),
            longest_lifetime: Duration::from_secs(3600),
            oldest_keys: Duration::from_secs(3600),
            metadata_lifetime: Duration::from_secs(3600),
            attempt_gap: Duration::from_secs(1),
            longest_attempt_gap: Duration::from_secs(15),
            first_retry: Duration::from_secs(3),
            longest_retry: Duration::from_secs(15),
            longest_retry_after: Duration::from_secs(300),
            fetch_limit: Duration::from_secs(5),
            largest_answer: 512 * 1024,
            plain_http: HttpHosts::default(),
            most_keys: KeySet::MOST_KEYS,
            rsa: RsaLimits::Standard,
        }
    }
}

impl KeyRefresh {
    /// How long a request waits for an attempt: the gap before it, its time, and a little for the
    /// threads to meet.
    pub(crate) const fn patience(&self) -> Duration {
        self.fetch_limit.saturating_add(self.attempt_gap).saturating_add(Duration::from_secs(1))
    }

    /// Every way in which the numbers do not go together.
    pub(crate) fn contradictions(&self) -> impl Iterator<Item = ContradictoryKeyRefresh> {
        use ContradictoryKeyRefresh::{
            DefaultLifetime, Gap, GapBeyondLifetime, Lifetimes, Nothing, OldestKeys, Retries,
        };
        let lifetimes = self.shortest_lifetime..=self.longest_lifetime;
        let nothing = self.largest_answer.min(self.most_keys) == 0 || self.fetch_limit.is_zero();
        let checks = [
            (nothing, Nothing),
            (lifetimes.is_empty(), Lifetimes),
            (!lifetimes.is_empty() && !lifetimes.contains(&self.default_lifetime), DefaultLifetime),
            (self.oldest_keys < self.shortest_lifetime, OldestKeys),
            (self.attempt_gap > self.longest_attempt_gap, Gap),
            (self.attempt_gap > self.shortest_lifetime, GapBeyondLifetime),
            (self.first_retry > self.longest_retry, Retries),
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
            DefaultLifetime, Gap, GapBeyondLifetime, Lifetimes, Nothing, OldestKeys, Retries,
        };
        const fn seconds(seconds: u64) -> Duration {
            Duration::from_secs(seconds)
        }
        type Change = fn(&mut KeyRefresh);
        let table: [(Change, &[ContradictoryKeyRefresh]); 15] = [
            (|_| {}, &[]),
            (|refresh| refresh.shortest_lifetime = seconds(3601), &[Lifetimes, OldestKeys]),
            (|refresh| refresh.longest_lifetime = seconds(599), &[DefaultLifetime]),
            (|refresh| refresh.default_lifetime = seconds(59), &[DefaultLifetime]),
            (|refresh| refresh.default_lifetime = seconds(60), &[]),
            (|refresh| refresh.oldest_keys = seconds(59), &[OldestKeys]),
            (|refresh| refresh.longest_attempt_gap = Duration::ZERO, &[Gap]),
            (|refresh| refresh.longest_attempt_gap = Duration::MAX, &[]),
            (|refresh| refresh.attempt_gap = seconds(16), &[Gap]),
            (|refresh| refresh.attempt_gap = seconds(61), &[Gap, GapBeyondLifetime]),
            (|refresh| refresh.first_retry = seconds(16), &[Retries]),
            (|refresh| refresh.fetch_limit = Duration::ZERO, &[Nothing]),
            (|refresh| refresh.largest_answer = 0, &[Nothing]),
            (|refresh| refresh.most_keys = 0, &[Nothing]),
            (|refresh| refresh.longest_retry_after = Duration::ZERO, &[]),
        ];
        for (place, (change, expected)) in table.into_iter().enumerate() {
            let mut refresh = KeyRefresh::default();
            change(&mut refresh);
            let found: Vec<_> = refresh.contradictions().collect();
            assert_eq!(found, expected, "row {place}");
        }
    }
}
