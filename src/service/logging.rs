//! Log of the service, on standard error.
//!
//! ```text
//! log macros -> filter -> text or JSON -> output (one write per turn of a worker's event loop)
//! ```

mod clock;
mod fields;
mod json;
mod output;
#[cfg(test)]
mod tests;
mod text;

use std::panic;

use env_filter::Filter;
use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

use super::environment::environment_variable;
use super::log_format::LogFormat;
use super::terminal::Color;

pub(super) use output::batch_writes;

/// Starts the log of this process with a filter in the syntax of `RUST_LOG`, such as
/// `info,actix_resource_server=debug`. The most specific directive decides; targets that no directive
/// names are not logged.
///
/// # Errors
///
/// If the process has a logger already. The caller is at fault.
pub fn start(filter: &str, format: LogFormat) -> Result<(), SetLoggerError> {
    let mut builder = env_filter::Builder::new();
    // At `info` the server logs each of its threads, and at `error` each request that is not HTTP,
    // which any client can send without end. A filter that names these modules overrides this.
    builder
        .filter_module("actix_server", LevelFilter::Warn)
        .filter_module("actix_http::h1", LevelFilter::Off)
        .parse(filter);
    let filter = builder.build();
    let level = filter.filter();
    let color = Color::of_standard_error(environment_variable);
    log::set_boxed_logger(Box::new(Logger { filter, format, color }))?;
    log::set_max_level(level);
    let report_panic = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // If the panic aborts the process, nothing else would write these lines.
        output::flush_in_panic();
        report_panic(info);
    }));
    Ok(())
}

struct Logger {
    filter: Filter,
    format: LogFormat,
    color: Color,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.filter.matches(record) {
            return;
        }
        output::write_line(record.level(), |out, time| match self.format {
            LogFormat::Text => text::write(out, time, record, self.color),
            LogFormat::Json => json::write(out, time, record),
        });
    }

    fn flush(&self) {
        output::flush();
    }
}
