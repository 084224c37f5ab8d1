//! Wall-clock time, monotonic time, and waiting.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::token::{MonotonicTime, Timestamp};

/// A clock with two times. Tests give the verifier a clock of their own, so that hours pass at once.
///
/// The wall clock judges the dates in tokens, which issuers write. It may be set to any time at any
/// moment. Everything else runs on the monotonic time, so that no step of the wall clock prolongs
/// the life of a key or stops refreshing.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall-clock time; [`Timestamp::UNKNOWN`] while it is not known.
    fn now(&self) -> Timestamp;

    /// The time since a fixed point. It never goes back and does not follow the wall clock.
    fn monotonic(&self) -> MonotonicTime;

    /// Completes when [`monotonic`](Self::monotonic) reaches `time`.
    fn sleep_until(&self, time: MonotonicTime) -> Sleep;
}

/// A wait that a [`Clock`] ends.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The machine's clocks. On Linux the monotonic time includes time in suspension, during which keys
/// age.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[cfg(target_os = "linux")]
    fn monotonic(&self) -> MonotonicTime {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // Neither number is ever negative.
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
        let rest = Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default());
        MonotonicTime::after_start(seconds.saturating_add(rest))
    }

    #[cfg(not(target_os = "linux"))]
    fn monotonic(&self) -> MonotonicTime {
        use std::sync::OnceLock;
        use std::time::Instant;

        static START: OnceLock<Instant> = OnceLock::new();
        MonotonicTime::after_start(START.get_or_init(Instant::now).elapsed())
    }

    fn sleep_until(&self, time: MonotonicTime) -> Sleep {
        Box::pin(async move {
            loop {
                let rest = time.since(Self.monotonic());
                if rest.is_zero() {
                    return;
                }
                // Timers stand still while the machine is suspended.
                tokio::time::sleep(rest.min(LONGEST_SLEEP)).await;
            }
        })
    }
}

/// Maximum delay with which a sleeper notices that the machine was suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_monotonic_time_goes_on_and_ends_sleeps() {
        let start = SystemClock.monotonic();
        let end = start.plus(Duration::from_millis(20));
        SystemClock.sleep_until(end).await;
        assert!(SystemClock.monotonic() >= end);
        SystemClock.sleep_until(start).await;
    }

    #[test]
    fn the_clock_of_the_machine_goes_on() {
        let before = SystemClock.monotonic();
        std::thread::sleep(Duration::from_millis(2));
        let after = SystemClock.monotonic();
        assert!(after.since(before) >= Duration::from_millis(2), "{before:?} {after:?}");
    }
}
