//! Paths that are no patterns.

use derive_more::Display;

use super::path_pieces::{Piece, parameters, pieces};

/// Why a path cannot be a pattern. The application's developer is at fault.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidPattern {
    /// It has a percent sign outside a parameter.
    #[display(
        "can never match: requests are matched by their percent-decoded path; write the characters \
         themselves"
    )]
    Encoded,
    /// It has `?` or `#` outside a parameter.
    #[display("can never match: a query or fragment is not part of the path")]
    NotAPath,
    /// A parameter is not closed.
    #[display("has a {{ without its }}")]
    Unclosed,
    /// The name of a parameter is not that of a group in a regular expression.
    #[display("has a parameter whose name is not letters, digits and _, as in {{tenant_id}}")]
    ParameterName,
    /// Actix allows 16 parameters.
    #[display("has more than 16 parameters")]
    TooManyParameters,
    /// Actix ignores the text before a `*` at the end, unless it is that of a named tail.
    #[display("ends with a * that follows no parameter; name the rest of a path, as in {{rest}}*")]
    UnnamedTail,
}

/// How many parameters Actix allows in a path.
const MAX_PARAMETERS: usize = 16;

/// Rejects what Actix panics at, and what it reads as another pattern.
pub(super) fn check(path: &str) -> Result<(), InvalidPattern> {
    let depth = path.chars().fold(0_usize, |depth, character| match character {
        '{' => depth.saturating_add(1),
        '}' => depth.saturating_sub(1),
        _ => depth,
    });
    if depth > 0 {
        return Err(InvalidPattern::Unclosed);
    }
    if !parameters(path).all(is_group_name) {
        return Err(InvalidPattern::ParameterName);
    }
    if parameters(path).count() > MAX_PARAMETERS {
        return Err(InvalidPattern::TooManyParameters);
    }
    let has_named_tail = matches!(
        pieces(path).as_slice(),
        [.., Piece::Parameter { expression: None, .. }, Piece::Text("*")]
    );
    if path.ends_with('*') && !has_named_tail {
        return Err(InvalidPattern::UnnamedTail);
    }
    Ok(())
}

/// Whether a group of a regular expression can have the name.
fn is_group_name(name: &str) -> bool {
    let is_inner =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '[' | ']');
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_actix_cannot_read_or_reads_otherwise_is_no_pattern() {
        let many = |count| (0..count).map(|number| format!("/{{p{number}}}")).collect::<String>();
        let table = [
            ("/a/{id", Err(InvalidPattern::Unclosed)),
            ("/{a/{b}", Err(InvalidPattern::Unclosed)),
            ("/{}", Err(InvalidPattern::ParameterName)),
            ("/{:x}", Err(InvalidPattern::ParameterName)),
            ("/{tenant-id}", Err(InvalidPattern::ParameterName)),
            ("/{a b}", Err(InvalidPattern::ParameterName)),
            ("/{1a}", Err(InvalidPattern::ParameterName)),
            ("/{_a1}/{caf\u{e9}}", Ok(())),
            ("/*", Err(InvalidPattern::UnnamedTail)),
            ("/a*", Err(InvalidPattern::UnnamedTail)),
            // Actix reads this as /users/{id}.
            ("/users/{id}/public/*", Err(InvalidPattern::UnnamedTail)),
            ("/{a}b*", Err(InvalidPattern::UnnamedTail)),
            ("/{a:[a-z]+}*", Err(InvalidPattern::UnnamedTail)),
            ("/{a:}*", Err(InvalidPattern::UnnamedTail)),
            ("/a*b/{rest}*", Ok(())),
            ("/a/x{rest}*", Ok(())),
            ("/{a:.*}", Ok(())),
            (&many(16), Ok(())),
            (&many(17), Err(InvalidPattern::TooManyParameters)),
        ];
        for (path, expected) in table {
            assert_eq!(check(path), expected, "{path}");
            if expected.is_ok() {
                actix_web::dev::ResourceDef::new(path);
            }
        }
    }
}
