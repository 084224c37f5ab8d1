//! Instructions per request, counted by valgrind: slow, but independent of the machine's load.

use std::fs;
use std::path::PathBuf;

use super::load;
use super::rows::Row;
use super::servers::Servers;

/// Two request counts: both include the cost of start and stop, so it cancels in the difference.
const FEW: u64 = 200;
const MANY: u64 = 1200;

pub(crate) fn run(rows: &[Row]) {
    println!("| row | instructions a request | to bare | to public |\n|---|---|---|---|");
    let (mut bare, mut public) = (f64::NAN, f64::NAN);
    for (place, row) in rows.iter().enumerate() {
        let cost = count(row, MANY).saturating_sub(count(row, FEW)) as f64 / (MANY - FEW) as f64;
        match place {
            0 => bare = cost,
            1 => public = cost,
            _ => {}
        }
        println!("| {} | {cost:.0} | {:.2} | {:.2} |", row.name, cost / bare, cost / public);
    }
}

/// Instructions of a server from start to exit with this many requests of one kind.
fn count(row: &Row, requests: u64) -> u64 {
    let out = Output::new();
    let under = [
        "valgrind".to_owned(),
        "--tool=callgrind".to_owned(),
        format!("--callgrind-out-file={}", out.0.display()),
    ];
    let mut servers = Servers::start_only(row.server, &under);
    load::send(servers.of(row).address, &row.request(), row.status, requests);
    servers.stop();
    let text = fs::read_to_string(&out.0).expect("valgrind writes what it counted");
    let total = text.lines().find_map(|line| line.strip_prefix("summary: "));
    total.and_then(|total| total.trim().parse().ok()).expect("a count")
}

struct Output(PathBuf);

impl Output {
    fn new() -> Self {
        let name = format!("actix-resource-server-bench-{}.callgrind", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}
