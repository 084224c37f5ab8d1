//! Playground tests in a real browser: each journey goes from a click on the page to the response of
//! the running API.
//!
//! Requires Chromium and its driver (Debian: `chromium`, `chromium-driver`). Without them the journeys
//! are skipped and counted as skipped, which is why this target has its own harness. A word on the
//! command line selects the journeys whose name contains it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
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
        println!("skipped: {missing} is not installed; the playground is tested in Chromium");
        return report(0, 0, names.len());
    }
    let dev = RunningDev::start().await;
    let browser = Browser::start().await;
    let (mut passed, mut failed) = (0, 0);
    for (name, journey) in JOURNEYS.into_iter().filter(|(name, _)| names.contains(name)) {
        let page = Page::new(browser.clone(), dev.clone());
        // A panic ends only the task, so the browser is still closed below.
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
