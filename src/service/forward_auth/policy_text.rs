//! Policies as text, in the words of the route table.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::Policy;
use crate::access::{AuthenticationRequirement, NamedGrant, NamedRule, Requirement};

/// The names that policies may use.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) rules: Vec<NamedRule>,
    pub(super) authentication: Vec<AuthenticationRequirement>,
}

/// Parses a policy: `public`, `any valid token`, or requirements such as `scope a`, `permission a`,
/// `role a`, `rule A`, `authentication A`, `bound` and `fresh`, combined by `and`, `or` and parentheses.
/// `public, or …` applies to requests with credentials only.
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
            policy => Ok(Policy::Optional(Box::leak(Box::new(policy)))),
        };
    }
    match text {
        "public" => return Ok(Policy::Public),
        "any valid token" => return Ok(Policy::Authenticated),
        _ => {}
    }
    let mut parser = Parser { words: words(text), names };
    let requirement = parser.combination(0)?;
    match parser.words.first() {
        None => Ok(Policy::Requires(requirement)),
        Some(word) => Err(format!("{word:?} is not expected here; put and or or before it")),
    }
}

/// The deepest nesting of parentheses.
const MAX_DEPTH: usize = 16;

struct Parser<'a> {
    words: Vec<&'a str>,
    names: &'a Names,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        (!self.words.is_empty()).then(|| self.words.remove(0))
    }

    fn combination(&mut self, depth: usize) -> Result<Requirement, String> {
        let mut members = vec![self.member(depth)?];
        let Some(conjunction @ ("and" | "or")) = self.words.first().copied() else {
            return members.pop().ok_or_else(|| "a policy is missing".to_owned());
        };
        while let Some(word @ ("and" | "or")) = self.words.first().copied() {
            if word != conjunction {
                return Err("and and or are mixed; put parentheses around one of them".to_owned());
            }
            self.next();
            members.push(self.member(depth)?);
        }
        let members: &'static [Requirement] = Vec::leak(members);
        Ok(if conjunction == "and" {
            Requirement::AllOf(members)
        } else {
            Requirement::AnyOf(members)
        })
    }

    fn member(&mut self, depth: usize) -> Result<Requirement, String> {
        let kind = self.next().ok_or("a requirement is missing, such as scope read:messages")?;
        let grant = |name| NamedGrant { name: intern(name), description: "" };
        match kind {
            "(" if depth >= MAX_DEPTH => Err("the parentheses are nested too deeply".to_owned()),
            "(" => {
                let inner = self.combination(depth.saturating_add(1))?;
                match self.next() {
                    Some(")") => Ok(inner),
                    _ => Err("a closing parenthesis is missing".to_owned()),
                }
            }
            "bound" => Ok(Requirement::Bound),
            "fresh" => Ok(Requirement::Fresh),
            "scope" => self.name(kind).map(grant).map(Requirement::Scope),
            "permission" => self.name(kind).map(grant).map(Requirement::Permission),
            "role" => self.name(kind).map(grant).map(Requirement::Role),
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

    fn name(&mut self, kind: &str) -> Result<&'a str, String> {
        match self.next() {
            None | Some("(" | ")" | "and" | "or") => Err(format!("a name is missing after {kind}")),
            Some(name) => Ok(name),
        }
    }
}

/// Words and parentheses. A name with a parenthesis in it cannot be written.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')']) {
            let (before, from) = rest.split_at(at);
            let (parenthesis, after) = from.split_at(1);
            words.extend([before, parenthesis].into_iter().filter(|word| !word.is_empty()));
            rest = after;
        }
        words.extend(Some(rest).filter(|rest| !rest.is_empty()));
    }
    words
}

/// A text that lives as long as the process, as those of policies do that are compiled in. Each is
/// kept once, however often a file is loaded.
pub(super) fn intern(text: &str) -> &'static str {
    static TEXTS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    match texts.get(text) {
        Some(known) => known,
        None => {
            let text: &'static str = Box::leak(text.into());
            texts.insert(text);
            text
        }
    }
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
        ];
        for (text, expected) in table {
            let fault = parse(text, &Names::default()).unwrap_err();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
