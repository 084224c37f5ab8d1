//! Path patterns: their parameters, their order, and whether two can match one request.

use std::cmp::Ordering;

use super::invalid_pattern::{InvalidPattern, check};
use super::path_pieces::{Piece, pieces};

/// A path pattern as Actix reads it, without the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern {
    segments: Vec<Segment>,
}

/// What stands between two slashes, the most specific kind first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `users`.
    Literal(String),
    /// `{name}.json` or `{from}-{to}`, with each name left out.
    Mixed(String),
    /// `{id:\d+}`, without the name.
    Expression(String),
    /// `{id}`.
    Parameter,
    /// `{rest}*` or `{rest:.*}`: any number of segments.
    Tail,
}

impl PathPattern {
    /// Reads `/messages/{id}`, `/messages/{id:\d+}` or `/files/{rest}*`.
    pub(crate) fn new(path: &str) -> Result<Self, InvalidPattern> {
        check(path)?;
        let segments = split(path).into_iter().map(Segment::new).collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }

    /// The more specific pattern first, so that it is asked first. Segments are compared from left
    /// to right: a literal goes before a parameter, and a longer pattern before its beginning.
    pub(crate) fn by_specificity(&self, other: &Self) -> Ordering {
        let kinds = self.segments.iter().zip(&other.segments);
        kinds
            .map(|(a, b)| a.rank().cmp(&b.rank()))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| other.segments.len().cmp(&self.segments.len()))
    }

    /// Whether a request may match both. If in doubt, yes: expressions are not evaluated.
    pub(crate) fn may_overlap(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.segments.iter(), other.segments.iter());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(segment), _) | (_, Some(segment)) if segment.may_hold_slashes() => {
                    return true;
                }
                (Some(a), Some(b)) if a.may_equal(b) => {}
                _ => return false,
            }
        }
    }

    /// Whether a path may match, with literals compared by `is_same`. If in doubt, yes: this costs less
    /// than a regular expression, which then decides.
    #[cfg(feature = "service")]
    pub(super) fn may_match(&self, path: &str, is_same: fn(&str, &str) -> bool) -> bool {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        for segment in &self.segments {
            if segment.may_hold_slashes() {
                return true;
            }
            match (segment, parts.next()) {
                (Segment::Literal(text), Some(part)) if is_same(text, part) => {}
                (Segment::Literal(_), _) | (_, None) => return false,
                _ => {}
            }
        }
        parts.next().is_none()
    }

    /// Whether every path of the other one matches. If in doubt, no: expressions are not evaluated.
    #[cfg(feature = "service")]
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let (mut wide, mut narrow) = (self.segments.iter(), other.segments.iter());
        loop {
            match (wide.next(), narrow.next()) {
                (None, None) => return true,
                (Some(Segment::Tail), Some(_)) => return true,
                (Some(wide), Some(narrow)) if wide.covers(narrow) => {}
                _ => return false,
            }
        }
    }

    /// Whether neither is more specific, although they are written differently.
    pub(super) fn is_ambiguous_with(&self, other: &Self) -> bool {
        self != other && self.by_specificity(other).is_eq() && self.may_overlap(other)
    }

    /// Whether the two differ in nothing but a slash at the end.
    pub(super) fn differs_in_trailing_slash(&self, other: &Self) -> bool {
        self != other && self.without_trailing_slash() == other.without_trailing_slash()
    }

    fn without_trailing_slash(&self) -> &[Segment] {
        match self.segments.as_slice() {
            [rest @ .., Segment::Literal(last)] if last.is_empty() => rest,
            all => all,
        }
    }
}

impl Segment {
    fn new(text: &str) -> Result<Self, InvalidPattern> {
        let mut outline = String::new();
        let (mut parameters, mut literals) = (0_usize, 0_usize);
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) if text.contains('%') => return Err(InvalidPattern::Encoded),
                Piece::Text(text) if text.contains(['?', '#']) => {
                    return Err(InvalidPattern::NotAPath);
                }
                Piece::Text(text) => {
                    literals = literals.saturating_add(1);
                    outline.push_str(text);
                }
                Piece::Parameter { expression, .. } => {
                    parameters = parameters.saturating_add(1);
                    outline.push('{');
                    outline.push_str(expression.unwrap_or_default());
                    outline.push('}');
                }
            }
        }
        Ok(match (parameters, literals, outline.as_str()) {
            (0, ..) => Self::Literal(outline),
            (1, 0, "{}") => Self::Parameter,
            (1, 1, "{}*") | (1, 0, "{.*}") => Self::Tail,
            (1, 0, _) => Self::Expression(outline),
            _ => Self::Mixed(outline),
        })
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Mixed(_) => 1,
            Self::Expression(_) => 2,
            Self::Parameter => 3,
            Self::Tail => 4,
        }
    }

    /// An expression may match a slash, and so does a tail. `{}` is a parameter without either.
    fn may_hold_slashes(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Parameter => false,
            Self::Mixed(outline) => {
                outline.ends_with("{}*") || outline.split("{}").any(|text| text.contains('{'))
            }
            Self::Expression(_) | Self::Tail => true,
        }
    }

    #[cfg(feature = "service")]
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parameter, Self::Literal(text)) => !text.is_empty(),
            (Self::Parameter, other) => !other.may_hold_slashes(),
            _ => self == other,
        }
    }

    fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Literal(text), _) | (_, Self::Literal(text)) => !text.is_empty(),
            _ => true,
        }
    }
}

/// The segments of a path, without the slash at its beginning.
fn split(path: &str) -> Vec<&str> {
    if path.is_empty() {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split(|character| {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == '/' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(path: &str) -> PathPattern {
        PathPattern::new(path).expect(path)
    }

    #[test]
    fn patterns_are_equal_if_only_parameter_names_differ() {
        let same = |a, b| pattern(a) == pattern(b);
        assert!(same("/a/{id}", "/a/{name}"));
        assert!(same("a/{id}", "/a/{id}"));
        assert!(same(r"/a/{id:\d{2}}/b", r"/a/{n:\d{2}}/b"));
        assert!(same("/a/{rest}*", "/a/{tail:.*}"));
        assert!(!same(r"/a/{id:\d+}", "/a/{id}"));
        assert!(!same("/a/{id}", "/a/id"));
        assert!(!same("/a/{id}/b", "/a/{id}/c"));
        assert!(!same("/a/", "/a"));
        assert!(!same("/", ""));
    }

    #[test]
    fn patterns_are_ordered_and_compared() {
        use Ordering::{Equal, Greater, Less};
        // Order, whether a request can match both, whether that is ambiguous.
        let table = [
            ("/users/admin", "/users/{id}", Less, true, false),
            ("/users/{id}", "/users/{id:[0-9]+}", Greater, true, false),
            ("/users/{id}", "/{any}/admin", Less, true, false),
            ("/users/{id}", "/{rest}*", Less, true, false),
            ("/{a}/{b}", "/{rest:.*}", Less, true, false),
            ("/{rest}*", "/", Greater, true, false),
            ("/x{rest}*", "/{a}/b", Less, true, false),
            ("/files/{name}.json", "/files/{name}", Less, true, false),
            ("/files/{name}.json", "/files/list", Greater, true, false),
            ("/files/{name}.json", "/files/{name}.xml", Equal, true, true),
            ("/{id:[0-9]+}", "/{slug:[a-z]+}", Equal, true, true),
            ("/{id:[0-9]+}/a", "/{id:[0-9]+}", Less, true, false),
            ("/a", "/b", Equal, false, false),
            ("/a/{id}", "/b/{id}", Equal, false, false),
            ("/a/{id}", "/a", Less, false, false),
            ("/a/{id}", "/a/", Greater, false, false),
            ("/a/{id}/b", "/a/{id}", Less, false, false),
            // A slash in an expression ends no segment.
            ("/{id:a/b}", "/{id:c}", Equal, true, true),
        ];
        for (a, b, order, overlap, ambiguous) in table {
            let (first, second) = (pattern(a), pattern(b));
            assert_eq!(first.by_specificity(&second), order, "{a} {b}");
            assert_eq!(second.by_specificity(&first), order.reverse(), "{b} {a}");
            assert_eq!(first.may_overlap(&second), overlap, "{a} {b}");
            assert_eq!(second.may_overlap(&first), overlap, "{b} {a}");
            assert_eq!(first.is_ambiguous_with(&second), ambiguous, "{a} {b}");
        }
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_path_that_cannot_match_is_seen_without_an_expression() {
        let table = [
            ("/a/{id}", "/a/1", true),
            ("/a/{id}", "/A/1", false),
            ("/a/{id}", "/a/1/", false),
            ("/a/{id}", "/a", false),
            ("/a/{id}/", "/a/1/", true),
            ("/", "/", true),
            ("/{rest}*", "/", true),
            ("/a/{rest}*", "/a/b/c", true),
            ("/a/x{rest}*", "/a/xb/c", true),
            ("/a/{rest:.*}", "/b/c", false),
            ("/{id:a/b}", "/a/b", true),
            ("/{from}-{to}/x", "/1-2/x", true),
            ("/{from}-{to}/x", "/1-2/y", false),
        ];
        for (written, path, expected) in table {
            let may_match = pattern(written).may_match(path, |text, part| text == part);
            assert_eq!(may_match, expected, "{written} {path}");
            let resource = actix_web::dev::ResourceDef::new(written);
            assert!(may_match || !resource.is_match(path), "{written} {path}");
        }
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_pattern_covers_those_that_are_surely_within() {
        let table = [
            ("/users/{id}", "/users/admin", true),
            ("/users/{id}", "/users/{name}", true),
            ("/users/{id}", "/users/{name}.json", true),
            ("/users/{id}", "/users/", false),
            ("/users/{id}", "/users", false),
            ("/users/{id}", "/users/a/b", false),
            ("/users/{id}", r"/users/{id:\d+}", false),
            ("/users/{id}", "/users/{rest}*", false),
            ("/users/admin", "/users/{id}", false),
            ("/{a}/{b}", "/users/{id}", true),
            ("/{a}/admin", "/users/{id}", false),
            ("/{rest}*", "/users/{id}", true),
            ("/{rest}*", "/{other:.*}", true),
            ("/users/{rest}*", "/users", false),
            ("/users/{rest}*", "/users/", true),
            (r"/users/{id:\d+}", r"/users/{number:\d+}", true),
            (r"/users/{id:\d+}", "/users/{id}", false),
            ("/{a}.json", "/{b}.json", true),
            ("/{a}.json", "/{b}.xml", false),
        ];
        for (wide, narrow, expected) in table {
            assert_eq!(pattern(wide).covers(&pattern(narrow)), expected, "{wide} {narrow}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_requests_are_matched() {
        assert_eq!(PathPattern::new("/a%20b"), Err(InvalidPattern::Encoded));
        assert_eq!(PathPattern::new("/a?b={c}"), Err(InvalidPattern::NotAPath));
        assert!(PathPattern::new("/{a:[%?#]+}").is_ok());
    }
}
