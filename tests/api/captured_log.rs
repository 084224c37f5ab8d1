//! Log capture. Tests run in parallel and share one log, so each searches for a unique word.

use std::fmt::Write as _;
use std::sync::{Mutex, Once, PoisonError};

use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Capture;

struct Fields<'a>(&'a mut String);

/// Captures all log lines from now on.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Capture).expect("no other log");
        log::set_max_level(LevelFilter::Debug);
    });
}

/// Lines whose target, message or fields contain this word.
pub(crate) fn lines_with(word: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| line.contains(word)).cloned().collect()
}

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = format!("{} {}: {}", record.level(), record.target(), record.args());
        record.key_values().visit(&mut Fields(&mut line)).expect("fields");
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn flush(&self) {}
}

impl<'a> VisitSource<'a> for Fields<'_> {
    fn visit_pair(&mut self, name: Key<'_>, value: Value<'a>) -> Result<(), Error> {
        write!(self.0, " {name}={value}")?;
        Ok(())
    }
}
