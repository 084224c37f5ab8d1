//! Log records as JSON, one object per line.

use std::fmt::Arguments;
use std::io::{self, Write};

use log::Record;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::fields::AsJson;

/// Writes the record as one line of JSON.
pub(super) fn write(out: &mut impl Write, time: &str, record: &Record<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { time, record })?;
    out.write_all(b"\n")
}

struct Line<'a> {
    time: &'a str,
    record: &'a Record<'a>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("time", self.time)?;
        line.serialize_entry("level", self.record.level().as_str())?;
        line.serialize_entry("target", self.record.target())?;
        line.serialize_entry("message", &Message(*self.record.args()))?;
        AsJson::write(&mut line, self.record.key_values())?;
        line.end()
    }
}

/// Serializes a message without collecting it in a string first.
struct Message<'a>(Arguments<'a>);

impl Serialize for Message<'_> {
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
        write(&mut line, "2026-01-02T03:04:05.678Z", &record).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_record_is_one_line_of_json_whatever_it_holds() {
        assert_eq!(
            json(format_args!("it {}", "works"), &[]),
            "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"WARN\",\"target\":\"a::b\",\
             \"message\":\"it works\"}\n"
        );
        let line = json(format_args!("a\n\"b\"\u{1b}[31m"), &[]);
        assert!(line.ends_with("\"message\":\"a\\n\\\"b\\\"\\u001b[31m\"}\n"), "{line}");
    }

    #[test]
    fn fields_are_members_and_never_replace_those_of_the_line() {
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
