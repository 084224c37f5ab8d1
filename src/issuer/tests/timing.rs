//! The budget of attempts at its limits, and the clock of the machine.

use std::time::Duration;

use crate::issuer::attempt_budget::AttemptBudget;
use crate::issuer::{Clock, IntrospectionStatus, KeyRefresh, SystemClock};
use crate::token::at;

#[test]
fn new_keys_reset_the_gaps_four_times_in_a_minute() {
    let mut budget = AttemptBudget::new(&KeyRefresh::default());
    for _ in 0..4 {
        budget.record(at(0), true);
        budget.reset(at(0));
    }
    for _ in 0..3 {
        budget.record(at(1), true);
    }
    budget.reset(at(1));
    assert_eq!(budget.earliest_requested(at(1)), at(5), "the fifth is not counted");
    budget.record(at(60), true);
    budget.reset(at(60));
    assert_eq!(budget.earliest_requested(at(60)), at(61), "a minute after the first four");
}

#[test]
fn the_clock_of_the_machine_goes_on() {
    let before = SystemClock.monotonic();
    std::thread::sleep(Duration::from_millis(2));
    let after = SystemClock.monotonic();
    assert!(after.since(before) >= Duration::from_millis(2), "{before:?} {after:?}");
}

#[test]
fn calls_are_counted_whatever_they_found() {
    let status = IntrospectionStatus {
        active: 1,
        inactive: 20,
        failures: 300,
        rate_limited: 4000,
        held_back: 4000,
        stale: 4000,
        shared: 4000,
        ..IntrospectionStatus::default()
    };
    assert_eq!(status.calls(), 321, "those that were made");
}
