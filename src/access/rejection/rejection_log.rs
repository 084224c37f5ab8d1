//! Log of rejections: at most one line for each reason in an interval, so that a flood of bad tokens
//! does not fill a disk.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use log::kv::Value;
use log::{Level, Record};

use super::RejectionReason;
use crate::access::policy::Policy;
use crate::token::Timestamp;

/// How long a reason is not logged again.
pub(in crate::access) const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

/// Part of the log's format: filters name it, so it does not follow the module tree.
const TARGET: &str = "actix_resource_server::access::rejection_log";

/// More than there are reasons. Those past the end would share the last place.
const PLACES: usize = 128;

/// When each reason was last logged. Requests write to it without a lock.
#[derive(Debug)]
pub(in crate::access) struct RejectionLog {
    interval: Duration,
    kinds: [Kind; PLACES],
}

#[derive(Debug)]
struct Kind {
    word: OnceLock<&'static str>,
    /// In milliseconds since the epoch.
    silent_until: AtomicU64,
    unlogged: AtomicU64,
}

/// What is known about a rejected request, apart from the reason. None of it is secret or a claim.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::access) struct RejectionContext<'a> {
    /// The issuer that the token names, if it is trusted; as configured.
    pub(in crate::access) issuer: Option<&'a str>,
    /// What the route asks for.
    pub(in crate::access) policy: Option<Policy>,
}

/// Logs that the application has no protected resource, and so no log of its own.
pub(in crate::access) fn unconfigured() -> RejectionReason {
    static LOG: RejectionLog = RejectionLog::new(DEFAULT_INTERVAL);

    let reason = RejectionReason::NotConfigured;
    LOG.log(&reason, Timestamp::now(), RejectionContext::default);
    reason
}

impl RejectionLog {
    pub(in crate::access) const fn new(interval: Duration) -> Self {
        Self { interval, kinds: [const { Kind::new() }; PLACES] }
    }

    /// Logs a rejection if its reason is due. Only then is the context looked up.
    pub(in crate::access) fn log<'a>(
        &self,
        reason: &RejectionReason,
        now: Timestamp,
        context: impl FnOnce() -> RejectionContext<'a>,
    ) {
        let level = match reason {
            RejectionReason::NotConfigured
            | RejectionReason::NoIntrospection
            | RejectionReason::TimeUnknown { .. } => Level::Error,
            RejectionReason::KeysUnavailable { .. }
            | RejectionReason::IntrospectionUnavailable { .. }
            | RejectionReason::ProofMemoryUnavailable { .. } => Level::Warn,
            // A client's first request has no nonce.
            RejectionReason::NoCredentials | RejectionReason::NonceNeeded { .. } => Level::Debug,
            RejectionReason::MalformedCredentials(_)
            | RejectionReason::MalformedToken { .. }
            | RejectionReason::CrossSiteRequest
            | RejectionReason::InvalidToken(_)
            | RejectionReason::InvalidProof(_)
            | RejectionReason::InsufficientScope
            | RejectionReason::InsufficientAuthentication { .. }
            | RejectionReason::TooManyProofs { .. }
            | RejectionReason::TooManyRequests { .. } => Level::Info,
        };
        if !log::log_enabled!(level) {
            return;
        }
        let word = reason.code();
        let Some(unlogged) = self.turn(word, now) else { return };
        let RejectionContext { issuer, policy } = context();
        let kid = match reason {
            RejectionReason::InvalidToken(reason) => reason.kid().map(ToString::to_string),
            _ => None,
        };
        let policy = policy.map(|policy| policy.to_string());
        let texts = [("issuer", issuer), ("kid", kid.as_deref()), ("policy", policy.as_deref())];
        let mut fields = vec![("reason", Value::from(word))];
        fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.into()))));
        if unlogged > 0 {
            fields.push(("unlogged", unlogged.into()));
        }
        // The macros of `log` would also write absent fields.
        log::logger().log(
            &Record::builder()
                .level(level)
                .target(TARGET)
                .module_path_static(Some(module_path!()))
                .args(format_args!("{reason}"))
                .key_values(&fields.as_slice())
                .build(),
        );
    }

    /// How many of this reason went unlogged since the last line, if a line is due.
    fn turn(&self, word: &'static str, now: Timestamp) -> Option<u64> {
        let kind = self.kind(word)?;
        let silent_until = kind.silent_until.load(Ordering::Relaxed);
        let next = now.plus(self.interval).milliseconds();
        // A clock that was set back does not silence the log for longer.
        let is_due = silent_until <= now.milliseconds() || silent_until > next;
        let is_ours = || {
            let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            kind.silent_until.compare_exchange(silent_until, next, order, failed).is_ok()
        };
        if is_due && is_ours() {
            return Some(kind.unlogged.swap(0, Ordering::Relaxed));
        }
        kind.unlogged.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn kind(&self, word: &'static str) -> Option<&Kind> {
        let is_its_place = |kind: &&Kind| *kind.word.get_or_init(|| word) == word;
        self.kinds.iter().find(is_its_place).or(self.kinds.last())
    }
}

impl Kind {
    const fn new() -> Self {
        Self { word: OnceLock::new(), silent_until: AtomicU64::new(0), unlogged: AtomicU64::new(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_turn_once_in_the_interval() {
        let log = RejectionLog::new(Duration::from_secs(10));
        let start = 1_700_000_000_000_u64;
        let table = [
            ("expired", 0, Some(0)),
            ("expired", 1, None),
            ("opaque", 1, Some(0)),
            ("expired", 9_999, None),
            ("expired", 10_000, Some(2)),
            ("expired", 10_001, None),
            ("opaque", 60_000, Some(0)),
            ("expired", 60_000, Some(1)),
            // The clock is set back by an hour.
            ("expired", -3_600_000, Some(0)),
            ("expired", -3_595_000, None),
            ("expired", -3_590_000, Some(1)),
        ];
        for (word, offset, expected) in table {
            let now = Timestamp::from_milliseconds(start.saturating_add_signed(offset));
            assert_eq!(log.turn(word, now), expected, "{word} at {offset}");
        }
    }

    #[test]
    fn without_an_interval_every_one_is_logged() {
        let log = RejectionLog::new(Duration::ZERO);
        let now = Timestamp::from_seconds(1_700_000_000);
        assert_eq!([log.turn("expired", now), log.turn("expired", now)], [Some(0), Some(0)]);
    }

    #[test]
    fn of_many_at_once_one_is_logged_and_the_others_are_counted() {
        let log = RejectionLog::new(Duration::from_secs(10));
        let now = Timestamp::from_seconds(1_700_000_000);
        let logged: usize = std::thread::scope(|scope| {
            let flood = || (0..1000).filter(|_| log.turn("expired", now).is_some()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(flood)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(logged, 1);
        assert_eq!(log.turn("expired", now.plus(Duration::from_secs(10))), Some(3999));
    }

    #[test]
    fn there_is_a_place_for_every_kind() {
        static WORDS: OnceLock<Vec<String>> = OnceLock::new();
        let words = WORDS.get_or_init(|| (0..PLACES + 9).map(|n| format!("kind {n}")).collect());
        let log = RejectionLog::new(Duration::from_secs(10));
        let now = Timestamp::from_seconds(1_700_000_000);
        let logged = words.iter().filter(|word| log.turn(word, now).is_some()).count();
        assert_eq!(logged, PLACES, "past the last place no kind is lost, but it shares its turn");
    }
}
