//! Path patterns cut into parameters and text.

/// A part of a pattern.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// The expression of `{name:expression}`; none in `{name}`.
    Parameter {
        name: &'a str,
        expression: Option<&'a str>,
    },
}

/// The pattern cut into parameters and what stands between them. Braces may nest in expressions.
pub(super) fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((text, after)) = rest.split_once('{') {
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let mut depth = 1_usize;
        let end = after.find(|character| {
            match character {
                '{' => depth = depth.saturating_add(1),
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let (inside, behind) = after.split_at(end.unwrap_or(after.len()));
        let (name, expression) = match inside.split_once(':') {
            Some((name, expression)) => (name, Some(expression)),
            None => (inside, None),
        };
        pieces.push(Piece::Parameter { name, expression });
        rest = behind.strip_prefix('}').unwrap_or(behind);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The names of a pattern's parameters.
pub(in crate::access) fn parameters(path: &str) -> impl Iterator<Item = &str> {
    pieces(path).into_iter().filter_map(|piece| match piece {
        Piece::Parameter { name, .. } => Some(name),
        Piece::Text(_) => None,
    })
}

/// The pattern as OpenAPI writes it: without the expressions of its parameters.
pub(in crate::access) fn template(path: &str) -> String {
    let written = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Parameter { name, .. } => format!("{{{name}}}"),
    };
    pieces(path).into_iter().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_an_expression_belong_to_it() {
        let names: Vec<_> = parameters(r"/{id:\d{2}x{3}}/{name}").collect();
        assert_eq!(names, ["id", "name"]);
    }

    #[test]
    fn parameters_are_named_in_order() {
        let table: [(&str, &[&str]); 4] = [
            ("/a", &[]),
            ("/{a}/x-{b:[/{]{2}}}/{c}*", &["a", "b", "c"]),
            ("/{a}.{b}", &["a", "b"]),
            ("/{open", &["open"]),
        ];
        for (path, names) in table {
            assert_eq!(parameters(path).collect::<Vec<_>>(), names, "{path}");
        }
    }

    #[test]
    fn a_template_has_names_and_no_expressions() {
        let table = [
            ("/a/{id}", "/a/{id}"),
            (r"/a/{id:\d{2,3}}/b", "/a/{id}/b"),
            ("/a/{tail:.*}", "/a/{tail}"),
            ("/plain", "/plain"),
        ];
        for (path, expected) in table {
            assert_eq!(template(path), expected);
        }
    }
}
