//! Benchmark of the service over HTTP against a bare Actix handler: `cargo bench --bench http`.
//!
//! The rows alternate for several rounds, so a slower machine slows all of them. Results are medians,
//! and medians of the ratios within a round. CPU time is that of the server process, as Linux accounts
//! for it.
//!
//! | flag | effect |
//! |---|---|
//! | `--instructions` | counts instructions per request under valgrind: slower, but independent of load |
//! | `--only TEXT` | selects rows whose names contain the text |
//! | `--quick` | runs fewer rounds |
//! | `--scale` | shows how cost and memory grow with connections, tokens and their size |
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "benchmarks report to a terminal and may end with a panic message"
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

/// Duration of each row in each round.
const SPELL: Duration = Duration::from_millis(400);
/// Number of measured rounds; one warm-up round precedes them.
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

/// Rows whose names contain the text after `--only`, and the two reference rows.
fn chosen(rows: Vec<Row>, arguments: &[String]) -> Vec<Row> {
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let Some(only) = only else { return rows };
    let wanted = |(place, row): &(usize, Row)| *place < 2 || row.name.contains(only);
    rows.into_iter().enumerate().filter(wanted).map(|(_, row)| row).collect()
}

/// Measurement of one row in one round.
#[derive(Debug, Clone, Copy)]
struct Measured {
    requests_per_second: f64,
    /// CPU time of the server per request, in microseconds.
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
