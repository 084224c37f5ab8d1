//! No line is lost, however the process ends. Each case runs in a process of its own.

use std::process::{Command, Output};

use super::*;

const MODE: &str = "LOGGING_TEST_MODE";
const LINES: usize = 100;

fn run(mode: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = "service::logging::tests::process";
    command.args(["--exact", name, "--nocapture"]).env(MODE, mode).output().unwrap()
}

/// Logs lines that are held back, and ends before the event loop can write them.
#[test]
fn process() {
    let Ok(mode) = std::env::var(MODE) else { return };
    start("info", LogFormat::Text).unwrap();
    let runner = actix_rt::System::new();
    runner.block_on(async {
        batch_writes();
        tokio::task::yield_now().await;
        (0..LINES).for_each(|number| log::info!("line {number}."));
        match mode.as_str() {
            "killed" => std::process::abort(),
            "panic" => drop(panic::catch_unwind(|| panic!("a test panics"))),
            "flush" => log::logger().flush(),
            "warning" => log::warn!("line {LINES}."),
            "full" => (LINES..2000).for_each(|number| log::info!("line {number}.")),
            "turn" => tokio::task::yield_now().await,
            _ => return,
        }
        std::process::abort();
    });
    drop(runner);
    std::process::abort();
}

#[test]
fn no_line_is_lost_when_the_process_ends() {
    let table = [
        // Without this row the others would not prove that lines are held back.
        ("killed", 0..1),
        ("panic", LINES..LINES + 1),
        ("flush", LINES..LINES + 1),
        ("warning", LINES + 1..LINES + 2),
        ("turn", LINES..LINES + 1),
        ("end of the event loop", LINES..LINES + 1),
        ("full", 1000..2000),
    ];
    for (mode, expected) in table {
        let output = run(mode);
        let log = String::from_utf8_lossy(&output.stderr);
        let numbers: Vec<&str> = log
            .lines()
            .filter_map(|line| line.split_once("] line ")?.1.strip_suffix('.'))
            .collect();
        assert!(expected.contains(&numbers.len()), "{mode}: {} lines", numbers.len());
        assert!(numbers.iter().enumerate().all(|(index, number)| index.to_string() == **number));
    }
}
