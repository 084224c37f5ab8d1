//! The service over HTTP, held against a bare Actix handler: `cargo bench --bench http`.
//!
//! Every row is asked in turn, round after round, so that a machine that slows down slows all of
//! them down; what is printed are medians, and medians of the ratios within a round. CPU time is the
//! server process's own, as Linux accounts for it. `--instructions` counts instead what a request
//! costs in instructions, under valgrind: slower, but the same on a busy machine.
//! `--only TEXT` leaves out the rows whose names do not hold the text, `--quick` most of the rounds.
//! `--scale` shows how cost and memory grow with connections, tokens and their size.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a benchmark is run by a person, who reads what it prints and why it ended"
)]

mod bare;
mod instructions;
mod load;
mod rows;
mod scale;
mod servers;
mod table;

use std::time::Duration;

use rows::Row;
use servers::{Running, Servers};

/// How long each row is asked in each round.
const SPELL: Duration = Duration::from_millis(400);
/// Rounds that are counted; one more goes before them to warm everything up.
const ROUNDS: usize = 11;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if let Some(port) = bare::port(&arguments) {
        return bare::serve(port);
    }
    let rows = chosen(rows::all(), &arguments);
    if has("--instructions") {
        return instructions::run(&rows);
    }
    if has("--scale") {
        return scale::run();
    }
    let rounds = if has("--quick") { 3 } else { ROUNDS };
    let servers = Servers::start();
    let mut table = table::Table::new(&rows);
    for round in 0..=rounds {
        for (place, row) in rows.iter().enumerate() {
            let measured = measure(servers.of(row), row, load::CONNECTIONS);
            if round > 0 {
                table.add(place, measured);
            }
        }
        eprint!("\rround {round} of {rounds}");
    }
    eprintln!();
    print!("{table}");
}

/// Those rows whose names hold what follows `--only`, and the two that all are held against.
fn chosen(rows: Vec<Row>, arguments: &[String]) -> Vec<Row> {
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let Some(only) = only else { return rows };
    let wanted = |(place, row): &(usize, Row)| *place < 2 || row.name.contains(only);
    rows.into_iter().enumerate().filter(wanted).map(|(_, row)| row).collect()
}

/// What one spell of requests took.
#[derive(Debug, Clone, Copy)]
struct Measured {
    requests_per_second: f64,
    /// CPU time of the server for each request, in microseconds.
    cpu: f64,
}

fn measure(server: &Running, row: &Row, connections: usize) -> Measured {
    let before = server.cpu_time();
    let requests = load::run(server.address, &row.request(), row.status, connections, SPELL);
    let cpu = server.cpu_time().saturating_sub(before);
    Measured {
        requests_per_second: requests as f64 / SPELL.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / requests.max(1) as f64,
    }
}
