//! The playground in a real browser: each journey is what somebody does on the page, from the click
//! to the answer of the running API.
//!
//! It needs Chromium and its driver (Debian: `chromium`, `chromium-driver`). Where they are not, the
//! journeys are skipped, and counted as skipped: hence a harness of its own. A word on the command
//! line picks the journeys with that word in their name.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects by panicking when it is not so"
)]

mod browser;
mod journeys;
mod page;
mod running_dev;

use std::process::ExitCode;

use actix_web::rt::{System, spawn};

use self::browser::Browser;
use self::journeys::JOURNEYS;
use self::page::Page;
use self::running_dev::RunningDev;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in JOURNEYS {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(*word));
    let names: Vec<&str> =
        JOURNEYS.into_iter().map(|(name, _)| name).filter(|name| chosen(name)).collect();
    System::new().block_on(run(&names))
}

async fn run(names: &[&str]) -> ExitCode {
    if names.is_empty() {
        return report(0, 0, 0);
    }
    if let Some(missing) = Browser::missing() {
        println!("skipped: no {missing} is installed, and the playground is tested in Chromium");
        return report(0, 0, names.len());
    }
    let dev = RunningDev::start().await;
    let browser = Browser::start().await;
    let (mut passed, mut failed) = (0, 0);
    for (name, journey) in JOURNEYS.into_iter().filter(|(name, _)| names.contains(name)) {
        let page = Page::new(browser.clone(), dev.clone());
        // What panics is the task alone: the browser is still to be closed.
        if spawn(async move { journey(page).await }).await.is_ok() {
            println!("test {name} ... ok");
            passed += 1;
        } else {
            println!("test {name} ... FAILED");
            failed += 1;
        }
    }
    browser.close().await;
    report(passed, failed, 0)
}

fn report(passed: usize, failed: usize, skipped: usize) -> ExitCode {
    println!("playground: {passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
