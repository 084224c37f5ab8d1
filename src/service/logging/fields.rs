//! Fields of a log record as text and as JSON. A field without a value is left out.

use std::io::{self, Write};

use log::kv::{Error, Key, Source, Value, VisitSource, VisitValue};
use serde::ser::SerializeMap;

/// Members that every line of JSON has.
const RESERVED: [&str; 4] = ["time", "level", "target", "message"];

/// Writes fields as `name=value`, each after a space.
pub(super) struct AsText<W>(pub(super) W);

impl<W: Write> AsText<W> {
    pub(super) fn write(mut self, fields: &dyn Source) -> io::Result<()> {
        fields.visit(&mut self).map_err(io::Error::other)
    }

    /// A value that could read as two fields is quoted.
    fn write_text(&mut self, text: &str) -> io::Result<()> {
        if is_plain(text) { self.0.write_all(text.as_bytes()) } else { write!(self.0, "{text:?}") }
    }
}

impl<'a, W: Write> VisitSource<'a> for AsText<W> {
    fn visit_pair(&mut self, name: Key<'_>, value: Value<'a>) -> Result<(), Error> {
        let kind = Kind::of(&value)?;
        if matches!(kind, Kind::Nothing) {
            return Ok(());
        }
        self.0.write_all(b" ")?;
        self.0.write_all(name.as_str().as_bytes())?;
        self.0.write_all(b"=")?;
        match kind {
            Kind::Text(text) => self.write_text(text)?,
            Kind::Other => self.write_text(&value.to_string())?,
            Kind::Whole(number) => write!(self.0, "{number}")?,
            _ => write!(self.0, "{value}")?,
        }
        Ok(())
    }
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'=' | b'\\');
    !text.is_empty() && text.bytes().all(plain)
}

/// Writes fields as members of an object.
pub(super) struct AsJson<'a, M: SerializeMap> {
    members: &'a mut M,
    failure: Option<M::Error>,
}

impl<'a, M: SerializeMap> AsJson<'a, M> {
    pub(super) fn write(members: &'a mut M, fields: &dyn Source) -> Result<(), M::Error> {
        let mut visitor = Self { members, failure: None };
        // The visit ends early only where a failure is kept.
        let _ = fields.visit(&mut visitor);
        visitor.failure.map_or(Ok(()), Err)
    }
}

impl<'a, M: SerializeMap> VisitSource<'a> for AsJson<'_, M> {
    fn visit_pair(&mut self, name: Key<'_>, value: Value<'a>) -> Result<(), Error> {
        let name = name.as_str();
        if RESERVED.contains(&name) {
            return Ok(());
        }
        let written = match Kind::of(&value)? {
            Kind::Nothing => Ok(()),
            Kind::Text(text) => self.members.serialize_entry(name, text),
            Kind::Whole(number) => self.members.serialize_entry(name, &number),
            Kind::Signed(number) => self.members.serialize_entry(name, &number),
            Kind::Fraction(number) => self.members.serialize_entry(name, &number),
            Kind::Truth(truth) => self.members.serialize_entry(name, &truth),
            Kind::Other => self.members.serialize_entry(name, &value.to_string()),
        };
        written.map_err(|failure| {
            self.failure = Some(failure);
            Error::msg("the line cannot be written")
        })
    }
}

/// The kinds of values that a field can have.
enum Kind<'a> {
    Nothing,
    Whole(u64),
    Signed(i64),
    Fraction(f64),
    Truth(bool),
    Text(&'a str),
    /// Any other value, by its `Display`.
    Other,
}

impl<'a> Kind<'a> {
    fn of(value: &Value<'a>) -> Result<Self, Error> {
        let mut kind = Self::Other;
        value.visit(&mut kind)?;
        Ok(kind)
    }
}

impl<'a> VisitValue<'a> for Kind<'a> {
    fn visit_any(&mut self, _: Value<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        *self = Self::Nothing;
        Ok(())
    }

    fn visit_u64(&mut self, number: u64) -> Result<(), Error> {
        *self = Self::Whole(number);
        Ok(())
    }

    fn visit_i64(&mut self, number: i64) -> Result<(), Error> {
        *self = Self::Signed(number);
        Ok(())
    }

    fn visit_f64(&mut self, number: f64) -> Result<(), Error> {
        *self = Self::Fraction(number);
        Ok(())
    }

    fn visit_bool(&mut self, truth: bool) -> Result<(), Error> {
        *self = Self::Truth(truth);
        Ok(())
    }

    fn visit_borrowed_str(&mut self, text: &'a str) -> Result<(), Error> {
        *self = Self::Text(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_passes_for_two_fields() {
        let table: &[(Value<'_>, &str)] = &[
            (7_u16.into(), " field=7"),
            ("/api/{id}".into(), " field=/api/{id}"),
            ("a b".into(), r#" field="a b""#),
            ("a other=b".into(), r#" field="a other=b""#),
            ("a\"\n\u{1b}[2J".into(), r#" field="a\"\n\u{1b}[2J""#),
            ("".into(), r#" field="""#),
            (Value::null(), ""),
        ];
        for (value, expected) in table {
            let mut text = Vec::new();
            AsText(&mut text).write(&[("field", value.clone())]).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), *expected);
        }
    }
}
