//! JSON as the JOSE specifications want it: one object, in UTF-8, each member name once.

use std::borrow::Cow;
use std::fmt;

use derive_more::{Display, Error};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one JSON object, each name at most once (RFC 7515 section 4, RFC 7517 section 4,
/// RFC 7519 section 4). The values stay as they were written until they are asked for.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Why bytes are not one JSON object. Whoever wrote the bytes is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// The bytes are not UTF-8 (RFC 8725 section 3.7).
    #[display("not UTF-8")]
    NotUtf8,
    /// The text is not one JSON object and nothing else.
    #[display("not one JSON object")]
    NotAnObject,
    /// A member name occurs twice; readers would disagree on which one counts.
    #[display("a member name occurs twice")]
    DuplicateMember,
    /// A value is JSON by its grammar, and many readers cannot read it: half of a surrogate pair, a
    /// number beyond measure, nesting without end (RFC 8259 sections 6, 8.2 and 9).
    #[display("a value in it cannot be read")]
    UnreadableValue,
}

/// A member is there, but its value is of another type than the specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mistyped;

/// A value that is one string or an array of strings, as `aud` and, in practice, `scope` are.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl<'a> Members<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, JsonFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?;
        let mut members: Self = serde_json::from_str(text).map_err(|_| JsonFault::NotAnObject)?;
        members.0.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut neighbours = members.0.iter().zip(members.0.iter().skip(1));
        if neighbours.any(|((a, _), (b, _))| a == b) {
            return Err(JsonFault::DuplicateMember);
        }
        Ok(members)
    }

    /// Reads the values too, those that nobody asks for included: what this server accepts, every
    /// reader after it must be able to read.
    pub(crate) fn parse_whole(bytes: &'a [u8]) -> Result<Self, JsonFault> {
        let members = Self::parse(bytes)?;
        let readable = |value: &RawValue| {
            let text = value.get();
            // Most values are texts, and only an escape can make one unreadable.
            let is_plain = text.starts_with('"') && !text.contains("\\u");
            is_plain || serde_json::from_str::<Readable>(text).is_ok()
        };
        if members.0.iter().all(|(_, value)| readable(value)) {
            Ok(members)
        } else {
            Err(JsonFault::UnreadableValue)
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let place = self.0.binary_search_by(|(member, _)| member.as_ref().cmp(name)).ok()?;
        self.0.get(place).map(|(_, value)| *value)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The member read as a `T`; `null` is a value like any other, not an absent member.
    pub(crate) fn read<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Mistyped> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => serde_json::from_str(value.get()).map(Some).map_err(|_| Mistyped),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, Mistyped> {
        self.read(name)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

/// A member name, borrowed where the text has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// A value that was read to its end and forgotten. `serde`'s `IgnoredAny` would skip it unread.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadableVisitor)
    }
}

struct ReadableVisitor;

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Readable;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_str<E>(self, _: &str) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_unit<E>(self) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut values: S) -> Result<Readable, S::Error> {
        while values.next_element::<Readable>()?.is_some() {}
        Ok(Readable)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Readable, M::Error> {
        while map.next_entry::<Readable, Readable>()?.is_some() {}
        Ok(Readable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_exactly_one_object_is_refused() {
        let table: [(&[u8], JsonFault); 10] = [
            (b"", JsonFault::NotAnObject),
            (b"[]", JsonFault::NotAnObject),
            (b"null", JsonFault::NotAnObject),
            (b"{} {}", JsonFault::NotAnObject),
            (b"{\"a\":1,}", JsonFault::NotAnObject),
            (b"{'a':1}", JsonFault::NotAnObject),
            ("\u{feff}{}".as_bytes(), JsonFault::NotAnObject),
            (b"{\"a\":\"\xff\"}", JsonFault::NotUtf8),
            (b"{\"a\":1,\"b\":2,\"a\":1}", JsonFault::DuplicateMember),
            (b"{\"iss\":1,\"\\u0069ss\":2}", JsonFault::DuplicateMember),
        ];
        for (bytes, fault) in table {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(Members::parse(bytes).map(drop), Err(fault), "RFC 7515 4: {text}");
        }
    }

    #[test]
    fn members_are_found_by_their_unescaped_name() {
        let members = Members::parse(br#" {"z":[1],"\u0061":"x","m":null} "#).expect("an object");
        assert_eq!(members.string("a"), Ok(Some("x".to_owned())));
        assert_eq!(members.string("missing"), Ok(None));
        assert_eq!(members.string("z"), Err(Mistyped));
        assert_eq!(members.string("m"), Err(Mistyped));
        assert!(members.contains("m"));
    }

    #[test]
    fn a_value_that_other_readers_cannot_read_is_refused_though_nobody_asks_for_it() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let unreadable = [
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            r#"["\ud800"]"#,
            r#"{"\ud800":1}"#,
            "1e999",
            "[-1e999]",
            &deep,
        ];
        for value in unreadable {
            let text = format!(r#"{{"a":{value}}}"#);
            let fault = Some(JsonFault::UnreadableValue);
            assert_eq!(Members::parse_whole(text.as_bytes()).err(), fault, "RFC 8259: {value}");
        }
        let readable = r#"{"a":"\ud83d\ude00","b":[null,true,-1,1,1.5,"x",{"c":{}}],"d":1e308}"#;
        assert!(Members::parse_whole(readable.as_bytes()).is_ok());
    }

    #[test]
    fn nesting_without_end_is_refused_not_followed() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let parsed = Members::parse(deep.as_bytes());
        assert!(
            parsed.is_ok_and(|members| members.read::<serde_json::Value>("a") == Err(Mistyped))
        );
    }
}
