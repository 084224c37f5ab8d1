//! Interleaved wall-clock measurements.

use std::time::{Duration, Instant};

use crate::steps::{self, Step};

/// Duration of a step in each round.
const SPELL: Duration = Duration::from_millis(3);
const ROUNDS: usize = 101;
const FEW_ROUNDS: usize = 11;

pub(crate) fn print(quick: bool) {
    let rounds = if quick { FEW_ROUNDS } else { ROUNDS };
    let mut steps = steps::all(&steps::subjects());
    let repeats: Vec<u32> = steps.iter_mut().map(repeats).collect();
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); steps.len()];
    for _ in 0..rounds {
        for ((step, repeats), times) in steps.iter_mut().zip(&repeats).zip(&mut times) {
            times.push(nanoseconds(step, *repeats));
        }
    }
    println!("| step | ns, median | least |\n|---|---|---|");
    for (step, times) in steps.iter().zip(&times) {
        println!("| {} | {:.0} | {:.0} |", step.name, median(times.clone()), least(times));
    }
    println!("\n| algorithm | check to bare signature, median | least to least |\n|---|---|---|");
    for (label, (signature, check)) in steps::pairs() {
        let of = |name: &str| {
            let place = steps.iter().position(|step| step.name == name);
            place.and_then(|place| times.get(place)).expect("a step")
        };
        let ratios = of(&check).iter().zip(of(&signature)).map(|(check, alone)| check / alone);
        let least = least(of(&check)) / least(of(&signature));
        println!("| {label} | {:.3} | {least:.3} |", median(ratios.collect()));
    }
}

fn repeats(step: &mut Step) -> u32 {
    let mut repeats = 1;
    while repeats < 1 << 24 {
        let started = Instant::now();
        (0..repeats).for_each(|_| (step.run)());
        if started.elapsed() >= SPELL {
            break;
        }
        repeats *= 2;
    }
    repeats
}

fn nanoseconds(step: &mut Step, repeats: u32) -> f64 {
    let started = Instant::now();
    (0..repeats).for_each(|_| (step.run)());
    started.elapsed().as_secs_f64() * 1e9 / f64::from(repeats)
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Minimum time of a step: the only reliable value on a busy machine.
fn least(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}
