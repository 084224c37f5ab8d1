//! Which requests a path pattern matches, whatever its parameters are called.

/// A path pattern with the names of its parameters taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern(String);

impl PathPattern {
    /// Reads a pattern as Actix writes it: `/messages/{id}` or `/messages/{id:\d+}`.
    pub(super) fn new(path: &str) -> Self {
        let mut pattern = String::with_capacity(path.len());
        let mut depth = 0_usize;
        let mut in_name = false;
        for character in path.chars() {
            match character {
                '{' => {
                    depth = depth.saturating_add(1);
                    in_name = depth == 1;
                    pattern.push('{');
                    continue;
                }
                '}' => depth = depth.saturating_sub(1),
                ':' if depth == 1 => in_name = false,
                _ if in_name && depth > 0 => continue,
                _ => {}
            }
            pattern.push(character);
        }
        Self(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_the_same_if_only_names_differ() {
        let same = |a, b| PathPattern::new(a) == PathPattern::new(b);
        assert!(same("/a/{id}", "/a/{name}"));
        assert!(same(r"/a/{id:\d{2}}/b", r"/a/{n:\d{2}}/b"));
        assert!(!same(r"/a/{id:\d+}", "/a/{id}"));
        assert!(!same("/a/{id}", "/a/id"));
        assert!(!same("/a/{id}/b", "/a/{id}/c"));
    }
}
