//! Prometheus's own checker, where there is one.

use std::io::{Write as _, stderr};
use std::process::{Command, Stdio};

/// Runs `promtool`, which must have nothing to complain of. Nothing, if it is not installed.
pub(crate) fn run(arguments: &[&str], input: &str) -> Option<()> {
    let promtool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        // What the macros print is seen only of tests that fail.
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
