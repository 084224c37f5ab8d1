//! Jumps of the Redis server's wall clock.
//!
//! The server's clock decides when names are forgotten. It is compared with our monotonic clock: if it
//! moves ahead of that by seconds, names were forgotten too early. If it moves back, names are only
//! kept longer.

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Instant;

use redis::RedisError;
use redis::aio::MultiplexedConnection;

use crate::token::Timestamp;

/// Asks the server for the time of its wall clock (`TIME`).
pub(super) async fn ask_time(
    connection: &mut MultiplexedConnection,
) -> Result<Timestamp, RedisError> {
    redis::cmd("TIME").query_async(connection).await.map(time_of_reply)
}

/// The reply to `TIME`: seconds, and microseconds within the second.
pub(super) const fn time_of_reply((seconds, microseconds): (u64, u64)) -> Timestamp {
    Timestamp::from_milliseconds(seconds.saturating_mul(1000).saturating_add(microseconds / 1000))
}

/// How far the server's clock is ahead of ours, as it was in the last seconds.
#[derive(Debug)]
pub(super) struct ServerClock {
    origin: Instant,
    /// The least in this and in the last group of readings. Each is an upper bound, since the
    /// question was sent before the server read its clock.
    current: AtomicI64,
    previous: AtomicI64,
    readings: AtomicU8,
}

/// Smaller differences are no jump. Proofs are remembered for longer than that.
const JUMP: i64 = 2000;

/// How many readings, one a second, make a group. Clocks drift apart, so old readings do not count.
const READINGS: u8 = 10;

impl ServerClock {
    /// The clock by its first reading, which was requested at this time.
    pub(super) fn new(time: Timestamp, asked_at: Instant) -> Self {
        let ahead = ahead(time, asked_at, asked_at);
        Self {
            origin: asked_at,
            current: AtomicI64::new(ahead),
            previous: AtomicI64::new(ahead),
            readings: AtomicU8::new(0),
        }
    }

    /// Whether a reading that was received at this time shows that the clock has jumped ahead.
    pub(super) fn has_jumped(&self, time: Timestamp, received_at: Instant) -> bool {
        let before =
            self.current.load(Ordering::Relaxed).min(self.previous.load(Ordering::Relaxed));
        ahead(time, self.origin, received_at).saturating_sub(before) > JUMP
    }

    /// Records a reading that was requested at this time, and is no jump. Called by one thread only.
    pub(super) fn follow(&self, time: Timestamp, asked_at: Instant) {
        let ahead = ahead(time, self.origin, asked_at);
        let readings = self.readings.load(Ordering::Relaxed);
        if readings >= READINGS {
            self.previous.store(self.current.load(Ordering::Relaxed), Ordering::Relaxed);
            self.current.store(ahead, Ordering::Relaxed);
            self.readings.store(1, Ordering::Relaxed);
        } else {
            self.current.fetch_min(ahead, Ordering::Relaxed);
            self.readings.store(readings.saturating_add(1), Ordering::Relaxed);
        }
    }
}

fn ahead(time: Timestamp, origin: Instant, ours: Instant) -> i64 {
    let ours = ours.saturating_duration_since(origin).as_millis();
    let signed = |milliseconds: u128| i64::try_from(milliseconds).unwrap_or(i64::MAX);
    signed(u128::from(time.milliseconds())).saturating_sub(signed(ours))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_runs_faster_than_any_drift_has_jumped() {
        let origin = Instant::now();
        let at = |milliseconds| origin + Duration::from_millis(milliseconds);
        let server = |milliseconds| Timestamp::from_milliseconds(1_700_000_000_000 + milliseconds);
        let clock = ServerClock::new(server(0), origin);
        // (our time, the server's, whether it has jumped)
        let table = [
            (1000, 1000, false),
            (2000, 3900, false),
            (2000, 4100, true),
            // A reading that took long to arrive.
            (9000, 3000, false),
            // Set back, and what follows is compared with that after the next group.
            (10_000, 5000, false),
        ];
        for (ours, theirs, expected) in table {
            assert_eq!(clock.has_jumped(server(theirs), at(ours)), expected, "{ours} {theirs}");
        }
        for second in 1..100 {
            // 5 % faster: 5 s in 100 s.
            let (ours, theirs) = (second * 1000, second * 1050);
            assert!(!clock.has_jumped(server(theirs), at(ours)), "{second}");
            clock.follow(server(theirs), at(ours));
        }
        assert!(clock.has_jumped(server(108_500), at(100_000)));
        for second in 100..130 {
            clock.follow(server(second * 1000 - 60_000), at(second * 1000));
        }
        assert!(clock.has_jumped(server(130_000), at(130_000)), "back to the right time");
    }
}
