//! Path parameters, as a policy sees them.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::dev::{Path, ResourceDef, Url};
use actix_web::http::Uri;
use derive_more::From;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};

/// The parameters of a request's path, with the values that `web::Path` gives to a handler.
/// Debug output hides the values, which may be personal.
#[derive(derive_more::Debug, Clone, Copy)]
#[debug("PathParameters({} values)", _0.map_or(0, Path::segment_count))]
pub struct PathParameters<'a>(Option<&'a Path<Url>>);

/// A path that matched a pattern, without a request.
///
/// ```
/// use actix_resource_server::access::MatchedPath;
///
/// let path = MatchedPath::new("/tenants/{tenant}/notes", "/tenants/acme%20co/notes").unwrap();
/// assert_eq!(path.parameters().get("tenant").as_deref(), Some("acme co"));
/// assert!(MatchedPath::new("/tenants/{tenant}", "/notes").is_none());
/// ```
#[derive(derive_more::Debug, From, Clone)]
#[debug("{:?}", self.parameters())]
pub struct MatchedPath(Path<Url>);

impl<'a> PathParameters<'a> {
    /// No parameters: every rule over the path fails.
    pub const NONE: Self = Self(None);

    /// The parameters that the router found in the request's path.
    pub fn of(request: &'a HttpRequest) -> Self {
        Self(Some(request.match_info()))
    }

    /// The percent-decoded value of a parameter.
    ///
    /// `None` without such a parameter, with an empty or undecodable value, and if two parameters
    /// have the name, one in the path and one in the scope around it: which of them a handler sees
    /// depends on the extractor.
    pub fn get(&self, name: &str) -> Option<String> {
        let Pairs(pairs) = self.0?.load().ok()?;
        let mut values = pairs.into_iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => {
                (!value.is_empty() && !value.contains(char::REPLACEMENT_CHARACTER)).then_some(value)
            }
            _ => None,
        }
    }

    /// All parameters as a type, read as `web::Path` reads it.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.0?.load().ok()
    }
}

impl MatchedPath {
    /// Matches a path, percent-encoded as in a request, against a pattern of a route table.
    ///
    /// `None` if the path does not match, or is not the path of a URI.
    pub fn new(pattern: &str, path: &str) -> Option<Self> {
        let uri: Uri = path.parse().ok()?;
        let mut path = Path::new(Url::new(uri));
        ResourceDef::new(pattern).capture_match_info(&mut path).then_some(Self(path))
    }

    /// The parameters of the path.
    pub const fn parameters(&self) -> PathParameters<'_> {
        PathParameters(Some(&self.0))
    }
}

/// All parameters in their order, with names that occur twice.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("path parameters")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Name::Any(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor)
    }
}

/// A parameter's name, which the router gives only as an identifier.
#[derive(Deserialize)]
#[serde(field_identifier)]
enum Name {
    Any(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once_as_a_handler_sees_them() {
        let table = [
            ("/t/acme", Some("acme")),
            ("/t/%61cme", Some("acme")),
            ("/t/a%7Cb", Some("a|b")),
            ("/t/a%2Fb", Some("a/b")),
            ("/t/a%2fb", Some("a/b")),
            ("/t/a+b", Some("a+b")),
            ("/t/a%2Bb", Some("a+b")),
            // Decoded twice it would be `acme`.
            ("/t/%2561cme", Some("%61cme")),
            ("/t/ACME", Some("ACME")),
            // Composed and decomposed forms stay different.
            ("/t/%C3%A9", Some("\u{e9}")),
            ("/t/e%CC%81", Some("e\u{301}")),
            ("/t/%FF", None),
            ("/t/", None),
        ];
        for (path, expected) in table {
            let matched = MatchedPath::new("/t/{tenant}", path);
            let value = matched.as_ref().and_then(|path| path.parameters().get("tenant"));
            assert_eq!(value.as_deref(), expected, "{path}");
            let seen: Option<String> = matched.and_then(|path| path.parameters().read());
            if expected.is_some() {
                assert_eq!(seen.as_deref(), expected, "web::Path: {path}");
            }
        }
    }

    #[test]
    fn a_missing_or_repeated_parameter_has_no_value() {
        let path = MatchedPath::new("/{a}/{b}", "/1/2").unwrap();
        assert_eq!(path.parameters().get("c"), None);
        assert_eq!(PathParameters::NONE.get("a"), None);
        assert_eq!(PathParameters::NONE.read::<(u8, u8)>(), None);
        assert_eq!(path.parameters().read(), Some((1, 2)));
        assert_eq!(format!("{path:?}"), "PathParameters(2 values)");
        let mut twice = Path::new(Url::new("/1/2".parse().unwrap()));
        assert!(ResourceDef::prefix("/{a}").capture_match_info(&mut twice));
        assert!(ResourceDef::new("/{a}").capture_match_info(&mut twice));
        assert_eq!(PathParameters(Some(&twice)).get("a"), None, "a scope and a path both have it");
    }
}
