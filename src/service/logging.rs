//! What the service says while it runs, on the standard error stream.

mod fields;
mod line;

use std::fmt::{Arguments, Display};
use std::io::{self, Write};

use env_logger::WriteStyle;
use log::{LevelFilter, Record, SetLoggerError};
use serde::ser::{Serialize, SerializeMap, Serializer};

use fields::AsJson;
use line::write_line;

use super::environment::environment_variable;
use super::log_format::LogFormat;
use super::terminal::Color;

/// Starts the log of this process, with a filter that the settings found good. What the
/// filter says of a module goes before what it says of all; what it does not name is not logged.
///
/// # Errors
///
/// When the process has a log already. The caller is to blame.
pub fn start(filter: &str, format: LogFormat) -> Result<(), SetLoggerError> {
    let mut builder = env_logger::Builder::new();
    // At `info` the server beneath tells of each of its threads, and at `error` of each request that
    // is no HTTP, which anybody can send without end. A filter that names them is obeyed.
    builder
        .filter_module("actix_server", LevelFilter::Warn)
        .filter_module("actix_http::h1", LevelFilter::Off)
        .parse_filters(filter);
    // Nothing is to be taken out again of what is written here: colors are there where they belong.
    builder.write_style(WriteStyle::Always);
    let color = Color::of_standard_error(environment_variable);
    match format {
        LogFormat::Text => builder.format(move |out, record| {
            let time = out.timestamp_millis();
            write_line(out, time, record, color)
        }),
        LogFormat::Json => builder.format(|out, record| {
            let time = out.timestamp_millis();
            write_json(out, time, record)
        }),
    };
    builder.try_init()
}

/// One record as one line of JSON.
fn write_json(out: &mut impl Write, time: impl Display, record: &Record<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { time, record })?;
    out.write_all(b"\n")
}

struct Line<'a, T> {
    time: T,
    record: &'a Record<'a>,
}

impl<T: Display> Serialize for Line<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("time", &Text(format_args!("{}", self.time)))?;
        line.serialize_entry("level", self.record.level().as_str())?;
        line.serialize_entry("target", self.record.target())?;
        line.serialize_entry("message", &Text(*self.record.args()))?;
        AsJson::write(&mut line, self.record.key_values())?;
        line.end()
    }
}

/// A text that is written piece by piece, without being put together first.
struct Text<'a>(Arguments<'a>);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use log::Level;

    use super::*;

    fn json(message: Arguments<'_>, fields: &[(&str, log::kv::Value<'_>)]) -> String {
        let record = Record::builder()
            .level(Level::Warn)
            .target("a::b")
            .args(message)
            .key_values(&fields)
            .build();
        let mut line = Vec::new();
        write_json(&mut line, "2026-01-02T03:04:05.678Z", &record).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_record_is_one_line_of_json_whatever_it_says() {
        assert_eq!(
            json(format_args!("it {}", "works"), &[]),
            "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"WARN\",\"target\":\"a::b\",\
             \"message\":\"it works\"}\n"
        );
        let line = json(format_args!("a\n\"b\"\u{1b}[31m"), &[]);
        assert!(line.ends_with("\"message\":\"a\\n\\\"b\\\"\\u001b[31m\"}\n"), "{line}");
    }

    #[test]
    fn the_fields_of_a_record_are_members_of_the_line() {
        let line = json(
            format_args!("request"),
            &[
                ("status", 200_u16.into()),
                ("ratio", 0.5.into()),
                ("ok", true.into()),
                ("kid", "a\"b\n".into()),
                ("issuer", None::<&str>.map_or(log::kv::Value::null(), Into::into)),
                ("message", "not a second one".into()),
            ],
        );
        let end = "\"message\":\"request\",\"status\":200,\"ratio\":0.5,\"ok\":true,\
                   \"kid\":\"a\\\"b\\n\"}\n";
        assert!(line.ends_with(end), "{line}");
    }
}
