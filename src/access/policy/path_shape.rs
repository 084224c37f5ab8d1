//! Path parameters that a type reads, determined without a path.

use std::fmt;

use derive_more::{Display, Error};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The path parameters that a rule needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathShape {
    /// Parameters with these names.
    Named(Vec<&'static str>),
    /// So many parameters, whatever their names.
    Counted(usize),
    /// Any: the type does not tell before it is read.
    Any,
}

impl PathShape {
    /// The parameters that a type reads: the fields of a struct, the members of a tuple.
    pub fn of<T: DeserializeOwned>() -> Self {
        match T::deserialize(Probe) {
            Err(Shape(shape)) => shape,
            Ok(_) => Self::Any,
        }
    }

    /// What a path with these parameters lacks, in words.
    pub(in crate::access) fn lacking(&self, parameters: &[&str]) -> Option<String> {
        match self {
            Self::Named(names) => {
                let missing = names.iter().find(|name| !parameters.contains(name))?;
                Some(format!("the parameter {{{missing}}}"))
            }
            Self::Counted(count) if *count != parameters.len() => {
                Some(format!("exactly {count} parameters"))
            }
            Self::Counted(_) | Self::Any => None,
        }
    }
}

/// A deserializer that records the requested type and fails.
struct Probe;

/// The requested type, as an error.
#[derive(Debug, Display, Error)]
#[display("{_0:?}")]
struct Shape(#[error(not(source))] PathShape);

impl<'de> Deserializer<'de> for Probe {
    type Error = Shape;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Counted(1)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Named(fields.to_vec())))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, _: V) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Counted(length)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        _: V,
    ) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Counted(length)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Shape> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Any))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Shape> {
        Err(Shape(PathShape::Any))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit_struct enum identifier ignored_any
    }
}

impl serde::de::Error for Shape {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(PathShape::Any)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[test]
    fn a_shape_is_told_as_an_error() {
        assert_eq!(Shape(PathShape::Any).to_string(), "Any");
    }

    #[derive(Deserialize)]
    struct Note {
        #[expect(dead_code, reason = "only its name counts")]
        tenant: String,
        #[serde(rename = "note-id")]
        #[expect(dead_code, reason = "only its name counts")]
        id: u32,
    }

    #[derive(Deserialize)]
    struct Id(#[expect(dead_code, reason = "only its type counts")] u32);

    #[test]
    fn a_type_tells_its_parameters() {
        let named = PathShape::Named(vec!["tenant", "note-id"]);
        assert_eq!(PathShape::of::<Note>(), named);
        assert_eq!(PathShape::of::<(String, u32)>(), PathShape::Counted(2));
        assert_eq!(PathShape::of::<String>(), PathShape::Counted(1));
        assert_eq!(PathShape::of::<Id>(), PathShape::Counted(1));
        assert_eq!(PathShape::of::<HashMap<String, String>>(), PathShape::Any);
        assert_eq!(PathShape::of::<()>(), PathShape::Any);
        assert_eq!(named.lacking(&["note-id", "tenant", "more"]), None);
        assert_eq!(named.lacking(&["tenant"]).as_deref(), Some("the parameter {note-id}"));
        assert_eq!(PathShape::Counted(2).lacking(&["a", "b"]), None);
        let lacking = PathShape::Counted(2).lacking(&["a"]);
        assert_eq!(lacking.as_deref(), Some("exactly 2 parameters"));
    }
}
