//! Path patterns as servers read them that ignore case, or a slash at the end.

use std::fmt::Write as _;

use regex_lite::Regex;

use super::path_pattern::PathPattern;
use super::path_pieces::{Piece, pieces};

/// A pattern as lenient servers read it.
#[derive(Debug, Clone)]
pub(super) enum LenientPattern {
    /// Without parameters, and without a slash at the end.
    Literal(String),
    Expression(Regex),
}

impl LenientPattern {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// If the expression of a parameter is malformed, or two parameters have one name. Actix panics at both.
    pub(super) fn new(path: &str) -> Result<Self, regex_lite::Error> {
        Ok(if path.contains('{') {
            Self::Expression(regex(path)?)
        } else {
            Self::Literal(bare(path).to_owned())
        })
    }

    pub(super) const fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// Whether a lenient server takes the path for one of this pattern, whose strict reading rules most
    /// paths out. `closed` is the path with a slash at the end.
    pub(super) fn is_match(&self, pattern: &PathPattern, path: &str, closed: &str) -> bool {
        match self {
            Self::Literal(text) => text.eq_ignore_ascii_case(bare(path)),
            Self::Expression(regex) => [bare(path), closed].into_iter().any(|path| {
                pattern.may_match(path, str::eq_ignore_ascii_case) && regex.is_match(path)
            }),
        }
    }
}

/// The path without a slash at its end.
pub(super) fn bare(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn regex(path: &str) -> Result<Regex, regex_lite::Error> {
    let (path, has_tail) = match path.strip_suffix('*') {
        Some(before) => (before, true),
        None => (bare(path), false),
    };
    let pieces = pieces(path);
    // Express ignores case in the expressions of parameters too.
    let mut expression = String::from("(?si)^");
    for (number, piece) in pieces.iter().enumerate() {
        let is_tail = has_tail && number.saturating_add(1) == pieces.len();
        let any = if is_tail { ".*" } else { "[^/]+" };
        match piece {
            Piece::Text(text) => expression.push_str(&regex_lite::escape(text)),
            Piece::Parameter { name, expression: inner } => {
                let _ = write!(expression, "(?P<{name}>{})", inner.unwrap_or(any));
            }
        }
    }
    Regex::new(&format!("{expression}/?$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_a_slash_at_the_end_are_ignored() {
        let table = [
            ("/admin", "/ADMIN/", true),
            ("/admin/", "/Admin", true),
            ("/admin", "/admins", false),
            ("/users/{id}", "/Users/Ann/", true),
            ("/users/{id}", "/users/", false),
            ("/users/{id}/", "/users/ann", true),
            ("/users/{id}", "/users/ann/b", false),
            // A tail may be empty, and has a slash before it.
            ("/private/{rest}*", "/PRIVATE", true),
            ("/private/{rest:.*}", "/private", true),
            ("/private/{rest}*", "/privates", false),
            ("/codes/{code:[A-Z]+}", "/codes/ab", true),
            ("/codes/{code:[A-Z]+}", "/codes/1", false),
            ("/{file}.JSON", "/a.json", true),
            ("/{file}.json", "/a_json", false),
            ("/{rest}*", "/", true),
        ];
        for (pattern, path, expected) in table {
            let closed = format!("{}/", bare(path));
            let read = PathPattern::new(pattern).expect(pattern);
            let lenient = LenientPattern::new(pattern).expect(pattern);
            assert_eq!(lenient.is_match(&read, path, &closed), expected, "{pattern} {path}");
        }
    }
}
