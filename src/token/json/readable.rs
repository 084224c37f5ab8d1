//! Full parse of a JSON value, so that every reader after this one gets the same from it.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::fault::JsonFault;

/// A member name, borrowed if it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Reads the value to its end. `IgnoredAny` of `serde` would skip it unread.
pub(super) fn check(value: &str) -> Result<(), JsonFault> {
    let duplicate = Cell::new(false);
    let mut json = serde_json::Deserializer::from_str(value);
    match (Reader { duplicate: &duplicate }).deserialize(&mut json) {
        Ok(()) => Ok(()),
        Err(_) if duplicate.get() => Err(JsonFault::DuplicateMember),
        Err(_) => Err(JsonFault::UnreadableValue),
    }
}

/// Visits every value below it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    /// Set when an object has two members of one name.
    duplicate: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut values: S) -> Result<(), S::Error> {
        while values.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut names = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            names.push(name);
            map.next_value_seed(self)?;
        }
        // Sorted, because a caller may send thousands of names.
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            self.duplicate.set(true);
            return Err(M::Error::custom("a member name occurs twice"));
        }
        Ok(())
    }
}
