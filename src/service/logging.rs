//! What the service says while it runs, on the standard error stream.

use std::fmt::Display;
use std::io::Write as _;
use std::str::FromStr;

use derive_more::{Display, Error};
use log::{LevelFilter, Record, SetLoggerError};
use serde::Serialize;

/// The form of the log.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// A line for people: time, level, target, message; with colours on a terminal.
    #[default]
    #[display("text")]
    Text,
    /// A JSON object a line, for machines: `time` (RFC 3339), `level`, `target`, `message`.
    #[display("json")]
    Json,
}

/// The text names no form of log; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a form of log; it is `text` or `json`")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(name: &str) -> Result<Self, UnknownLogFormat> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// Starts the log of this process, with a filter that the settings found good. What the
/// filter says of a module goes before what it says of all; what it does not name is not logged.
///
/// # Errors
///
/// When the process has a log already. The caller is to blame.
pub fn start(filter: &str, format: LogFormat) -> Result<(), SetLoggerError> {
    let mut builder = env_logger::Builder::new();
    // At `info` the server beneath tells of each of its threads; a filter that names it is obeyed.
    builder.filter_module("actix_server", LevelFilter::Warn).parse_filters(filter);
    match format {
        LogFormat::Text => builder.format_timestamp_millis(),
        LogFormat::Json => builder.format(|out, record| {
            let time = out.timestamp_millis();
            writeln!(out, "{}", json_line(time, record)?)
        }),
    };
    builder.try_init()
}

/// One record as one line of JSON, without the newline.
fn json_line(time: impl Display, record: &Record<'_>) -> serde_json::Result<String> {
    serde_json::to_string(&Line {
        time: time.to_string(),
        level: record.level().as_str(),
        target: record.target(),
        message: record.args().to_string(),
    })
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'static str,
    target: &'a str,
    message: String,
}

#[cfg(test)]
mod tests {
    use log::Level;

    use super::*;

    #[test]
    fn a_record_is_one_line_of_json_whatever_it_says() {
        let record = |message: std::fmt::Arguments<'_>| {
            let record = Record::builder().level(Level::Warn).target("a::b").args(message).build();
            json_line("2026-01-02T03:04:05.678Z", &record).unwrap()
        };
        assert_eq!(
            record(format_args!("it {}", "works")),
            r#"{"time":"2026-01-02T03:04:05.678Z","level":"WARN","target":"a::b","message":"it works"}"#
        );
        assert_eq!(
            record(format_args!("a\n\"b\"\u{1b}[31m")),
            r#"{"time":"2026-01-02T03:04:05.678Z","level":"WARN","target":"a::b","message":"a\n\"b\"\u001b[31m"}"#
        );
    }

    #[test]
    fn a_form_is_read_back_as_it_is_written() {
        for format in [LogFormat::Text, LogFormat::Json] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("JSON".parse::<LogFormat>(), Err(UnknownLogFormat));
    }
}
