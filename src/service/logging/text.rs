//! Log records as text for people.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{self, Write};

use log::{Level, Record};

use super::fields::AsText;
use crate::service::terminal::{Color, Tone};

/// Writes `[time LEVEL target] message field=value`.
pub(super) fn write(
    out: &mut impl Write,
    time: &str,
    record: &Record<'_>,
    color: Color,
) -> io::Result<()> {
    out.write_all(b"[")?;
    out.write_all(time.as_bytes())?;
    out.write_all(b" ")?;
    let level = level(record.level());
    match color {
        Color::Off => out.write_all(level.as_bytes())?,
        Color::On => out.write_all(color.paint(tone(record.level()), level).as_bytes())?,
    }
    out.write_all(b" ")?;
    out.write_all(record.target().as_bytes())?;
    out.write_all(b"] ")?;
    out.write_all(message(record.args()).as_bytes())?;
    AsText(&mut *out).write(record.key_values())?;
    out.write_all(b"\n")
}

/// The level, padded so that targets are aligned.
const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARN ",
        Level::Info => "INFO ",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}

const fn tone(level: Level) -> Tone {
    match level {
        Level::Error => Tone::Bad,
        Level::Warn => Tone::Doubtful,
        Level::Info => Tone::Good,
        Level::Debug | Level::Trace => Tone::Faint,
    }
}

/// The message, which may hold text from outside. It cannot act on a terminal, and no part of it
/// reads as a field or as another record: a message with `=` is quoted.
fn message<'a>(arguments: &Arguments<'a>) -> Cow<'a, str> {
    let text = arguments.as_str().map_or_else(|| arguments.to_string().into(), Cow::Borrowed);
    if text.contains('=') {
        return format!("{text:?}").into();
    }
    if !text.contains(char::is_control) {
        return text;
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => safe.push_str("\n    "),
            '\t' => safe.push(' '),
            control if control.is_control() => safe.push('?'),
            character => safe.push(character),
        }
    }
    safe.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level, message: Arguments<'_>, color: Color) -> String {
        let fields = [("status", log::kv::Value::from(200_u16)), ("route", "/api/{id}".into())];
        let record = Record::builder()
            .level(level)
            .target("access")
            .args(message)
            .key_values(&fields)
            .build();
        let mut line = Vec::new();
        write(&mut line, "2026-01-02T03:04:05.678Z", &record, color).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_record_is_one_line_with_its_fields() {
        assert_eq!(
            line(Level::Info, format_args!("request"), Color::Off),
            "[2026-01-02T03:04:05.678Z INFO  access] request status=200 route=/api/{id}\n"
        );
        let colored = line(Level::Warn, format_args!("{} keys", 2), Color::On);
        assert!(colored.contains("\u{1b}[33mWARN \u{1b}[0m access] 2 keys status="), "{colored}");
    }

    #[test]
    fn no_message_forges_a_field_or_a_record_or_acts_on_a_terminal() {
        let table = [
            ("no key k1 for the token", "] no key k1 for the token status=200"),
            (
                "no key k reason=none issuer=https://forged for the token",
                r#"] "no key k reason=none issuer=https://forged for the token" status=200"#,
            ),
            ("kid is \" a=b", r#"] "kid is \" a=b" status=200"#),
            ("a\n[2026 INFO  b] c=d", r#"] "a\n[2026 INFO  b] c=d" status=200"#),
            ("a\n[2026 INFO  b] \u{1b}[2J\r", "] a\n    [2026 INFO  b] ?[2J? status=200"),
        ];
        for (message, expected) in table {
            let forged = line(Level::Error, format_args!("{message}"), Color::Off);
            assert!(forged.contains(expected), "{forged:?}");
        }
    }
}
