//! JSON objects with unique member names, as the JOSE specifications require.

mod fault;
mod readable;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

pub use self::fault::JsonFault;
use self::readable::Name;

/// The members of one JSON object, with unique names (RFC 7515 section 4, RFC 7517 section 4,
/// RFC 7519 section 4). Values are parsed when they are read.
///
/// Up to [`FEW`] members are in the order of the text, more are sorted by name.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<Member<'a>>);

#[derive(Debug)]
struct Member<'a> {
    /// Equal for equal names, and mostly different for different ones.
    tag: Tag,
    name: Cow<'a, str>,
    value: &'a RawValue,
}

/// How many members are searched one by one. A token has fewer. A caller may send thousands, which
/// must not all be compared with each other.
const FEW: usize = 32;

/// A member has another type than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mistyped;

/// One string or an array of strings, as `aud` and, in practice, `scope` are.
#[derive(Debug)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl<'a> Members<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, JsonFault> {
        Self::parse_text(std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?)
    }

    fn parse_text(text: &'a str) -> Result<Self, JsonFault> {
        let mut members: Self = serde_json::from_str(text).map_err(|_| JsonFault::NotAnObject)?;
        if members.repeat_a_name() { Err(JsonFault::DuplicateMember) } else { Ok(members) }
    }

    /// Parses the values too, at every depth: what this server accepts, every reader after it must be
    /// able to read in the same way.
    pub(crate) fn parse_whole(text: &'a str) -> Result<Self, JsonFault> {
        let members = Self::parse_text(text)?;
        members.0.iter().try_for_each(|member| check_value(member.value.get()))?;
        Ok(members)
    }

    fn repeat_a_name(&mut self) -> bool {
        let Self(members) = self;
        if members.len() > FEW {
            members.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            let neighbors = members.iter().zip(members.iter().skip(1));
            return neighbors.into_iter().any(|(a, b)| a.name == b.name);
        }
        let mut seen = 0;
        members.iter().enumerate().any(|(place, member)| {
            let is_new = seen & member.tag.bit() == 0;
            seen |= member.tag.bit();
            !is_new && members.iter().take(place).any(|other| other.name == member.name)
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let Self(members) = self;
        let member = if members.len() > FEW {
            let place = members.binary_search_by(|member| member.name.as_ref().cmp(name)).ok()?;
            members.get(place)
        } else {
            let tag = Tag::of(name);
            members.iter().find(|member| member.tag == tag && member.name == name)
        };
        member.map(|member| member.value)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Reads the member as a `T`. `null` is a value, not an absent member.
    pub(crate) fn read<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Mistyped> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => serde_json::from_str(value.get()).map(Some).map_err(|_| Mistyped),
        }
    }

    /// Reads the member as a text, which is borrowed if it has no escapes.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Mistyped> {
        match self.get(name).map(|value| plain_text(value.get())) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(Cow::Borrowed(text))),
            Some(None) => Ok(self.read(name)?.map(Cow::Owned)),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, Mistyped> {
        Ok(self.text(name)?.map(Cow::into_owned))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<Member<'de>>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push(Member { tag: Tag::of(&name), name, value });
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor;

        impl<'de> Visitor<'de> for OneOrManyVisitor {
            type Value = OneOrMany;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or an array of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut texts: S) -> Result<OneOrMany, S::Error> {
                let mut many = Vec::with_capacity(2);
                while let Some(text) = texts.next_element()? {
                    many.push(text);
                }
                many.shrink_to_fit();
                Ok(OneOrMany::Many(many))
            }
        }

        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

/// A document without the byte order mark that some tools write before it (RFC 8259 section 8.1).
/// Tokens and their parts are read without this.
pub(crate) fn without_byte_order_mark(document: &[u8]) -> &[u8] {
    document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document)
}

/// One of 64 hash values of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag(u8);

impl Tag {
    /// Computed from what differs between the names of claims: their length, first and last letter.
    fn of(name: &str) -> Self {
        let mut letters = name.bytes();
        let first = letters.next().unwrap_or_default();
        let last = letters.next_back().unwrap_or_default();
        let [length, ..] = name.len().to_le_bytes();
        Self((first.wrapping_mul(5) ^ last.wrapping_mul(11) ^ length) & 63)
    }

    const fn bit(self) -> u64 {
        1 << self.0
    }
}

/// The content of a string without escapes. The value is known to be JSON.
fn plain_text(value: &str) -> Option<&str> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    (!text.as_bytes().contains(&b'\\')).then_some(text)
}

fn check_value(value: &str) -> Result<(), JsonFault> {
    // Most values are texts without escapes, or dates.
    let is_short_number = || value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_digit());
    if plain_text(value).is_some() || is_short_number() { Ok(()) } else { readable::check(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_escapes_is_read_as_it_is() {
        let table = [
            (r#""""#, Some("")),
            (r#""abc""#, Some("abc")),
            (r#""a\"b""#, None),
            ("\"", None),
            ("1", None),
            ("[\"a\"]", None),
        ];
        for (value, text) in table {
            assert_eq!(plain_text(value), text, "{value}");
        }
    }

    #[test]
    fn anything_but_one_object_is_rejected() {
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
    fn few_members_and_many_are_found_and_counted_alike() {
        for count in [1, 2, 11, FEW - 1, FEW, FEW + 1, 1000] {
            let member = |number: usize| format!(r#""n{number}":"{number}""#);
            let list: Vec<_> = (0..count).map(member).collect();
            let text = format!("{{{}}}", list.join(","));
            let members = Members::parse(text.as_bytes()).expect("each name once");
            for number in 0..count {
                let found = members.string(&format!("n{number}"));
                assert_eq!(found, Ok(Some(number.to_string())), "{count} members");
            }
            assert!(!members.contains("n") && !members.contains(&format!("n{count}")));
            // The same name with an escape: `n0` to `n9`.
            for digit in 0..10 {
                let text = format!(r#"{{{},"n\u003{digit}":1}}"#, list.join(","));
                let fault = if digit < count { Err(JsonFault::DuplicateMember) } else { Ok(()) };
                let parsed = Members::parse(text.as_bytes()).map(drop);
                assert_eq!(parsed, fault, "{count} members and n{digit}");
            }
        }
    }

    #[test]
    fn a_value_that_other_readers_cannot_read_is_rejected_even_if_unused() {
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
            assert_eq!(Members::parse_whole(&text).err(), fault, "RFC 8259: {value}");
        }
        let readable = r#"{"a":"\ud83d\ude00","b":[null,true,-1,1,1.5,"x",{"c":{}}],"d":1e308}"#;
        assert!(Members::parse_whole(readable).is_ok());
    }

    #[test]
    fn duplicate_names_are_rejected_at_every_depth() {
        let many: String = (0..1000).map(|n| format!(r#""n{n}":{n},"#)).collect();
        let rejected = [
            r#"{"a":{"b":1,"b":1}}"#.to_owned(),
            r#"{"a":[0,{"b":{"c":1,"c":2}}]}"#.to_owned(),
            r#"{"a":{"b":1,"\u0062":1}}"#.to_owned(),
            r#"{"a":{"":1,"":1}}"#.to_owned(),
            format!(r#"{{"a":{{{many}"n7":7}}}}"#),
        ];
        for text in rejected {
            let fault = Some(JsonFault::DuplicateMember);
            assert_eq!(Members::parse_whole(&text).err(), fault, "RFC 7519 4: {text:.60}");
        }
        let accepted = [
            r#"{"a":{"b":1},"b":{"a":1,"b":{"b":{}}}}"#.to_owned(),
            r#"{"a":[{"b":1},{"b":1}]}"#.to_owned(),
            r#"{"a":{"b":1,"B":1}}"#.to_owned(),
            format!(r#"{{"a":{{{many}"n1000":7}}}}"#),
        ];
        for text in accepted {
            assert!(Members::parse_whole(&text).is_ok(), "{text:.60}");
        }
    }

    #[test]
    fn too_deep_nesting_is_rejected_without_following_it() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let parsed = Members::parse(deep.as_bytes());
        assert!(
            parsed.is_ok_and(|members| members.read::<serde_json::Value>("a") == Err(Mistyped))
        );
    }
}
