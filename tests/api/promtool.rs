//! `promtool`, the Prometheus checker, if it is installed.

use std::io::{Write as _, stderr};
use std::process::{Command, Stdio};

/// Runs `promtool` and asserts that it reports no problem. Returns `None` if it is not installed.
pub(crate) fn run(arguments: &[&str], input: &str) -> Option<()> {
    let promtool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        // The output of print macros is shown only for failed tests.
        let _ = writeln!(stderr(), "skipped: no promtool for {arguments:?}");
        return None;
    };
    let mut stdin = promtool.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = promtool.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}\n{input}");
    Some(())
}
