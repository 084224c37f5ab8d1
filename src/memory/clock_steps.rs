//! Times that the wall clock has shown before.
//!
//! Used proofs are forgotten when they are too old to be accepted. If the wall clock is then set back,
//! they count as recent again, and the memory no longer knows them. So every period in which the clock
//! ran without a step is kept: which times it showed, and how far ahead of the monotonic clock it was. A
//! proof that can have been used in a period when the clock was further ahead is undecidable.
//!
//! The times that the clock skips or shows for the first time are decidable: after a clock that was
//! wrong has been corrected, proofs are accepted at once.

use std::sync::PoisonError;
use std::time::Duration;

use super::sync::{AtomicBool, AtomicI64, AtomicU64, Mutex, Ordering};
use crate::token::{MonotonicTime, Timestamp};

/// Smaller differences between periods do not matter: proofs are remembered for longer than they can be
/// accepted, and a thread may be stopped between reading the one clock and the other.
const LEEWAY: Duration = Duration::from_secs(2);

/// A difference that begins a new period.
const STEP: u64 = 1000;

/// How many periods are kept. Beyond this the two oldest are merged.
const MOST_PERIODS: usize = 32;

/// The periods of one process.
#[derive(Debug)]
pub(crate) struct ClockSteps {
    /// How far the wall clock is ahead in the current period, in milliseconds.
    ahead: AtomicI64,
    /// The second in which the clocks were last compared, on the monotonic clock.
    compared: AtomicU64,
    /// Whether the clock was further ahead in another period.
    was_further: AtomicBool,
    periods: Mutex<Vec<Period>>,
}

/// When a proof was judged, and when it can be accepted, by the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acceptance {
    pub(crate) judged_at: Timestamp,
    pub(crate) earliest: Timestamp,
    pub(crate) latest: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    ahead: i64,
    first: Timestamp,
    last: Timestamp,
}

impl ClockSteps {
    pub(crate) fn new() -> Self {
        Self {
            ahead: AtomicI64::new(i64::MIN),
            compared: AtomicU64::new(u64::MAX),
            was_further: AtomicBool::new(false),
            periods: Mutex::new(Vec::new()),
        }
    }

    /// Compares the clocks. If a use of this proof can have been forgotten for a step of the wall clock,
    /// which showed its time before, the error is the time until a new proof would be decidable. `now`
    /// must have been read after `judged_at`.
    pub(crate) fn check(&self, proof: &Acceptance, now: MonotonicTime) -> Result<(), Duration> {
        let now = milliseconds(now.since(MonotonicTime::default()));
        let ahead = signed(proof.judged_at.milliseconds()).saturating_sub(signed(now));
        let second = now / 1000;
        let is_same_period = ahead.abs_diff(self.ahead.load(Ordering::Relaxed)) < STEP;
        if is_same_period
            && self.compared.load(Ordering::Relaxed) == second
            && !self.was_further.load(Ordering::Relaxed)
        {
            return Ok(());
        }
        let mut periods = self.periods.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = note(&mut periods, ahead, proof.judged_at);
        self.ahead.store(ahead, Ordering::Relaxed);
        self.compared.store(second, Ordering::Relaxed);
        let limit = ahead.saturating_add(signed(milliseconds(LEEWAY)));
        let further = || periods.iter().filter(|period| period.ahead > limit);
        self.was_further.store(further().next().is_some(), Ordering::Relaxed);
        let used_in =
            |period: &&Period| period.first <= proof.latest && proof.earliest <= period.last;
        match further().filter(used_in).map(|period| period.last).max() {
            None => Ok(()),
            Some(last) => Err(last.since(proof.earliest)),
        }
    }
}

/// Notes that the clock shows `wall`, `ahead` milliseconds ahead. How far ahead the current period is.
fn note(periods: &mut Vec<Period>, ahead: i64, wall: Timestamp) -> i64 {
    if let Some(current) = periods.last_mut()
        && current.ahead.abs_diff(ahead) < STEP
    {
        current.first = current.first.min(wall);
        current.last = current.last.max(wall);
        return current.ahead;
    }
    let is_full = periods.len() >= MOST_PERIODS;
    if let ([oldest, next, ..], true) = (periods.as_mut_slice(), is_full) {
        next.ahead = next.ahead.max(oldest.ahead);
        next.first = next.first.min(oldest.first);
        next.last = next.last.max(oldest.last);
        periods.remove(0);
    }
    periods.push(Period { ahead, first: wall, last: wall });
    ahead
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn signed(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_700_000_000;
    const MAX_AGE: Duration = Duration::from_secs(60);
    const TOLERANCE: Duration = Duration::from_secs(10);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(START.saturating_add_signed(second))
    }

    /// A proof made at the one time and judged at the other.
    fn proof(made: i64, judged: i64) -> Acceptance {
        let made = at(made);
        let latest = made.plus(MAX_AGE).plus(TOLERANCE);
        Acceptance { judged_at: at(judged), earliest: made.minus(TOLERANCE), latest }
    }

    fn after(second: u64) -> MonotonicTime {
        MonotonicTime::after_start(Duration::from_secs(second))
    }

    #[test]
    fn times_that_were_shown_by_a_clock_further_ahead_are_undecidable() {
        // (seconds passed, what the wall clock shows, when the proof was made, whether it is decidable)
        let table: &[(u64, i64, i64, bool)] = &[
            (0, 0, 0, true),
            (100, 100, 95, true),
            // A thread that was stopped between reading the clocks, and slow changes.
            (102, 101, 101, true),
            (104, 104, 104, true),
            // An hour ahead for 100 s, and back.
            (105, 3705, 3705, true),
            (205, 3805, 3805, true),
            (206, 206, 206, true),
            (3500, 3500, 3500, true),
            (3616, 3616, 3616, true),
            // In the hour that was shown before: used proofs are forgotten.
            (3640, 3640, 3640, false),
            (3800, 3800, 3800, false),
            (3814, 3814, 3814, false),
            (3816, 3816, 3816, true),
            // Set back from the right time: what was used before may not be used again.
            (4000, 4000, 4000, true),
            (4001, 3931, 3931, false),
            (4080, 4010, 4005, false),
            (4090, 4020, 4019, true),
            // And forward again.
            (4100, 4100, 4100, true),
            (4101, 4101, 4040, true),
        ];
        let steps = ClockSteps::new();
        for (passed, wall, made, expected) in table {
            let checked = steps.check(&proof(*made, *wall), after(*passed));
            assert_eq!(checked.is_ok(), *expected, "after {passed} s at {wall} s: {checked:?}");
        }
    }

    #[test]
    fn the_oldest_of_many_periods_are_merged() {
        let steps = ClockSteps::new();
        for step in 0..1000_u32 {
            let second = i64::from(step) * 100;
            // Further ahead each time.
            let _ = steps.check(&proof(second, second), after(u64::from(step)));
        }
        assert_eq!(steps.periods.lock().expect("a list").len(), MOST_PERIODS);
        assert!(steps.check(&proof(0, 0), after(1001)).is_err(), "the oldest");
        assert!(steps.check(&proof(99_900, 99_900), after(1002)).is_err(), "the newest");
        assert!(steps.check(&proof(200_000, 200_000), after(1003)).is_ok());
    }

    proptest! {
        /// The memory and the clocks together, against the whole history: whatever the wall clock does,
        /// no proof is used twice.
        #[test]
        fn no_step_of_the_wall_clock_lets_a_proof_be_used_twice(
            steps in vec((0..40_u64, -200..200_i64, any::<bool>()), 1..60),
            proofs in vec((0..900_i64, any::<prop::sample::Index>()), 1..40),
        ) {
            let clock = ClockSteps::new();
            let (mut now, mut ahead) = (0_u64, 300_i64);
            let mut kept: Vec<(usize, u64)> = Vec::new();
            let mut used: Vec<usize> = Vec::new();
            for (wait, step, is_step) in steps {
                now += wait;
                ahead += if is_step { step } else { 0 };
                let wall = i64::try_from(now).expect("small") + ahead;
                for (number, (made, _)) in proofs.iter().enumerate() {
                    if wall < made - 10 || wall > made + 60 {
                        continue;
                    }
                    kept.retain(|(_, until)| *until > now);
                    let is_kept = kept.iter().any(|(other, _)| *other == number);
                    if clock.check(&proof(*made, wall), after(now)).is_ok() && !is_kept {
                        prop_assert!(!used.contains(&number), "{number} at {wall} s, {now}");
                        used.push(number);
                        let keep = made + 60 + 10 - wall;
                        kept.push((number, now + u64::try_from(keep).expect("positive")));
                    }
                }
            }
        }
    }
}
