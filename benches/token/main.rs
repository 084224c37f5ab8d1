//! Benchmark of token verification, step by step: `cargo bench --bench token`.
//!
//! | flag | effect |
//! |---|---|
//! | none | Criterion benchmark, compared with its last run |
//! | `--table` | interleaves all steps for several rounds; prints medians, and the ratio of each check to its bare signature within a round, so a slower machine slows both |
//! | `--instructions` | counts instructions per step under valgrind; of the steps whose names contain the next word, if there is one |
//! | `--memory 1000000` | fills a cache with that many tokens and prints the cost |
//! | `--proofs 1000000` | fills the memory of used proofs with that many and prints the cost |
//! | `--presentations redis://127.0.0.1:6379/` | presents new proofs to a verifier with a warm token: remembered in this process, and in that Redis |
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "benchmarks report to a terminal and may end with a panic message"
)]

mod fixtures;
mod instructions;
mod memory;
mod presentations;
mod proofs;
mod scale;
mod sender;
mod steps;
mod table;

use criterion::{BenchmarkId, Criterion};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| {
        let place = arguments.iter().position(|argument| argument == word)?;
        Some(arguments.iter().skip(place.saturating_add(1)).map(String::as_str).collect::<Vec<_>>())
    };
    if let Some(rest) = after("--table") {
        table::print(rest.contains(&"--quick"));
    } else if let Some(rest) = after("--instructions") {
        let filter = rest.into_iter().find(|word| !word.starts_with('-'));
        instructions::print(filter.unwrap_or_default());
    } else if let Some(rest) = after(instructions::ONE_STEP) {
        instructions::run_one_step(&rest);
    } else if let Some(rest) = after("--memory") {
        let count = rest.first().and_then(|count| count.parse().ok());
        memory::print(count.expect("how many tokens"));
    } else if let Some(rest) = after("--proofs") {
        let count = rest.first().and_then(|count| count.parse().ok());
        proofs::print(count.expect("how many proofs"));
    } else if let Some(rest) = after("--presentations") {
        presentations::print(rest.first().filter(|word| !word.starts_with('-')).copied());
    } else {
        let mut criterion = Criterion::default().configure_from_args();
        for mut step in steps::all(&steps::subjects()) {
            criterion.bench_function(&step.name, |bencher| bencher.iter(&mut step.run));
        }
        for (name, steps) in scale::all() {
            let mut group = criterion.benchmark_group(name);
            for mut step in steps {
                let size = BenchmarkId::from_parameter(step.name);
                group.bench_function(size, |bencher| bencher.iter(&mut step.run));
            }
            group.finish();
        }
        criterion.final_summary();
    }
}
