//! Policies as text, in the words of the route table.

use super::interned;
use crate::Policy;
use crate::access::{
    AuthenticationRequirement, NamedGrant, NamedRule, Requirement, is_printable_name,
};

/// The names that policies may use.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) rules: Vec<NamedRule>,
    pub(super) authentication: Vec<AuthenticationRequirement>,
}

/// Parses a policy: `public`, `any valid token`, or requirements such as `scope a`, `permission a`,
/// `role a`, `rule A`, `authentication A`, `bound` and `fresh`, combined by `and`, `or` and parentheses.
/// A name with spaces or parentheses is put in quotes. `public, or …` applies to requests with
/// credentials only.
///
/// # Errors
///
/// What is wrong, for the author of the file.
pub(super) fn parse(text: &str, names: &Names) -> Result<Policy, String> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("public, or ") {
        return match parse(inner, names)? {
            Policy::Public | Policy::Optional(_) => {
                Err("\"public, or\" must be followed by what a token needs".to_owned())
            }
            policy => Ok(Policy::Optional(interned::policy(policy)?)),
        };
    }
    match text {
        "public" => return Ok(Policy::Public),
        "any valid token" => return Ok(Policy::Authenticated),
        _ => {}
    }
    let mut parser = Parser { words: words(text)?.into_iter().peekable(), names };
    let requirement = parser.combination(0)?;
    match parser.words.next() {
        None => Ok(Policy::Requires(requirement)),
        Some(word) => {
            Err(format!("{:?} is not expected here; put and or or before it", word.text()))
        }
    }
}

/// The deepest nesting of parentheses.
const MAX_DEPTH: usize = 16;

struct Parser<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<Word<'a>>>,
    names: &'a Names,
}

/// A part of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    /// A word or a parenthesis.
    Plain(&'a str),
    /// A name in quotes, without them.
    Quoted(&'a str),
}

impl<'a> Word<'a> {
    const fn text(self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text,
        }
    }
}

impl<'a> Parser<'a> {
    fn combination(&mut self, depth: usize) -> Result<Requirement, String> {
        let first = self.member(depth)?;
        let Some(conjunction) = self.conjunction() else { return Ok(first) };
        let mut members = vec![first];
        while let Some(next) = self.conjunction() {
            if next != conjunction {
                return Err("and and or are mixed; put parentheses around one of them".to_owned());
            }
            self.words.next();
            members.push(self.member(depth)?);
        }
        let members = interned::requirements(members)?;
        Ok(if conjunction == "and" {
            Requirement::AllOf(members)
        } else {
            Requirement::AnyOf(members)
        })
    }

    /// The next word, if it is `and` or `or`.
    fn conjunction(&mut self) -> Option<&'a str> {
        match self.words.peek() {
            Some(Word::Plain(word @ ("and" | "or"))) => Some(word),
            _ => None,
        }
    }

    fn member(&mut self, depth: usize) -> Result<Requirement, String> {
        let word = self.words.next();
        let kind = word.ok_or("a requirement is missing, such as scope read:messages")?.text();
        match kind {
            "(" if depth >= MAX_DEPTH => Err("the parentheses are nested too deeply".to_owned()),
            "(" => {
                let inner = self.combination(depth.saturating_add(1))?;
                match self.words.next() {
                    Some(Word::Plain(")")) => Ok(inner),
                    _ => Err("a closing parenthesis is missing".to_owned()),
                }
            }
            "bound" => Ok(Requirement::Bound),
            "fresh" => Ok(Requirement::Fresh),
            "scope" => self.grant(kind).map(Requirement::Scope),
            "permission" => self.grant(kind).map(Requirement::Permission),
            "role" => self.grant(kind).map(Requirement::Role),
            "rule" => {
                let name = self.name(kind)?;
                let rule = self.names.rules.iter().find(|rule| rule.name == name);
                rule.copied()
                    .map(Requirement::Rule)
                    .ok_or_else(|| format!("there is no rule {name:?} under [rules]"))
            }
            "authentication" => {
                let name = self.name(kind)?;
                let known = self.names.authentication.iter().find(|known| known.name == name);
                known.copied().map(Requirement::Authentication).ok_or_else(|| {
                    format!("there is no requirement {name:?} under [authentication]")
                })
            }
            "public" | "any" => Err(format!("{kind:?} must stand alone")),
            other => Err(format!(
                "{other:?} is not a requirement; use scope, permission, role, rule, authentication, \
                 bound or fresh"
            )),
        }
    }

    fn grant(&mut self, kind: &str) -> Result<NamedGrant, String> {
        let name = self.name(kind)?;
        if !is_printable_name(name) {
            return Err(format!("{name:?} is not a {kind}; use printable ASCII without quotes"));
        }
        // RFC 6749 section 3.3.
        if kind == "scope" && name.contains(' ') {
            return Err(format!("{name:?} is not a scope; write one scope, without spaces"));
        }
        Ok(NamedGrant { name: interned::text(name)?, description: "" })
    }

    fn name(&mut self, kind: &str) -> Result<&'a str, String> {
        match self.words.next() {
            None | Some(Word::Plain("(" | ")" | "and" | "or")) => {
                Err(format!("a name is missing after {kind}"))
            }
            Some(name) => Ok(name.text()),
        }
    }
}

/// The words, parentheses and quoted names of a policy.
fn words(text: &str) -> Result<Vec<Word<'_>>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '(' | ')' => {
                words.push(Word::Plain(if first == '(' { "(" } else { ")" }));
                after
            }
            '"' => {
                let (name, after) = after.split_once('"').ok_or("a closing quote is missing")?;
                words.push(Word::Quoted(name));
                after
            }
            _ => {
                let is_end = |next: char| next.is_whitespace() || matches!(next, '(' | ')' | '"');
                let (word, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
                words.push(Word::Plain(word));
                after
            }
        }
        .trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_printed_as_it_is_written() {
        let table = [
            "public",
            "any valid token",
            "scope read:messages",
            "permission read:messages",
            "role admin",
            "bound",
            "fresh",
            "public, or any valid token",
            "public, or scope a and scope b",
            "scope a and scope b and bound",
            "scope a or scope b",
            "(scope a and scope b) or role admin",
            "scope a and (scope b or (role c and permission d))",
            "role \"site admin\" or permission \"a(b)\"",
            "role \"and\" and role \"or\"",
        ];
        for text in table {
            let policy = parse(text, &Names::default());
            assert_eq!(policy.map(|policy| policy.to_string()), Ok(text.to_owned()));
        }
        let spaced = parse("  ( scope a )and  scope b ", &Names::default());
        assert_eq!(spaced.map(|policy| policy.to_string()), Ok("scope a and scope b".to_owned()));
    }

    #[test]
    fn what_is_not_a_policy_is_rejected() {
        let deep = format!("{}scope a{}", "(".repeat(100), ")".repeat(100));
        let table = [
            ("", "missing"),
            ("Public", "not a requirement"),
            ("scope", "a name is missing"),
            ("scope and scope b", "a name is missing"),
            ("scope a scope b", "not expected"),
            ("scope a or public", "stand alone"),
            ("scope a and scope b or scope c", "parentheses"),
            ("(scope a", "closing parenthesis"),
            ("scope a)", "not expected"),
            ("scopes a", "not a requirement"),
            ("rule Owner", "no rule"),
            ("authentication Strong", "no requirement"),
            ("public, or public", "followed by"),
            (&deep, "too deeply"),
            ("role \"admin", "closing quote"),
            ("role \"\"", "not a role"),
            ("scope \"a b\"", "without spaces"),
            ("scope caf\u{e9}", "printable ASCII"),
            ("role and", "a name is missing"),
        ];
        for (text, expected) in table {
            let fault = parse(text, &Names::default()).unwrap_err();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
