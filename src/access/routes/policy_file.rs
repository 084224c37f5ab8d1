//! Route table as a policy file for forward authentication.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::route_table::{RouteEntry, RouteTable};
use crate::access::policy::{AuthenticationRequirement, NamedRule, Requirement, RuleCondition};

impl RouteTable {
    /// The table as a policy file, by which the service decides about requests to another server
    /// (`FORWARD_AUTH`).
    ///
    /// Rules in code cannot be written down: they become comments, and the service refuses the file
    /// until each has a condition.
    ///
    /// ```
    /// use actix_resource_server::{Claims, Public, Routes};
    ///
    /// async fn open(_: Public) -> &'static str { "" }
    /// async fn closed(_: Claims) -> &'static str { "" }
    ///
    /// let routes = Routes::new().get("/notes", open).post("/notes", closed);
    /// assert_eq!(
    ///     routes.table().to_toml(),
    ///     r#"[[routes]]
    /// methods = ["GET"]
    /// path = "/notes"
    /// policy = "public"
    ///
    /// [[routes]]
    /// methods = ["POST"]
    /// path = "/notes"
    /// policy = "any valid token"
    /// "#
    /// );
    /// ```
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let (rules, authentication) = definitions(self);
        for (title, lines) in [("rules", rules), ("authentication", authentication)] {
            if !lines.is_empty() {
                let _ = writeln!(text, "[{title}]\n{lines}");
            }
        }
        let rows: Vec<&RouteEntry> = self.iter().collect();
        let blocks =
            rows.chunk_by(|a, b| a.path == b.path && a.policy.to_string() == b.policy.to_string());
        for block in blocks {
            let Some(row) = block.first() else { continue };
            let methods: Vec<String> =
                block.iter().map(|row| quoted(row.method.as_str())).collect();
            let (methods, path) = (methods.join(", "), quoted(&row.path));
            let policy = quoted(&row.policy.to_string());
            let _ = write!(
                text,
                "[[routes]]\nmethods = [{methods}]\npath = {path}\npolicy = {policy}\n\n"
            );
        }
        // One line break at the end.
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// Lines for every rule and sign-in requirement that some policy names, by name and content.
fn definitions(table: &RouteTable) -> (String, String) {
    let (mut rules, mut authentication) = (BTreeMap::new(), BTreeMap::new());
    for requirement in table.iter().filter_map(|entry| entry.policy.requirement()) {
        requirement.each(&mut |single| match single {
            Requirement::Rule(rule) => {
                rules.insert((rule.name, rule.condition.to_string()), rule_lines(rule));
            }
            Requirement::Authentication(one) => {
                let line = authentication_line(one);
                authentication.insert((one.name, one.acr_values, one.max_age), line);
            }
            _ => {}
        });
    }
    (rules.into_values().collect(), authentication.into_values().collect())
}

fn rule_lines(rule: &NamedRule) -> String {
    let mut text = String::new();
    let (name, condition) = (key(rule.name), quoted(&rule.condition.to_string()));
    for line in rule.description.lines() {
        let _ = writeln!(text, "# {}", line.trim_start());
    }
    let _ = match rule.condition {
        RuleCondition::Claims(_) | RuleCondition::ClaimsAndPath { .. } => writeln!(
            text,
            "# {name} is code of the application. Write its condition here, as in\n\
             # {name} = 'path \"tenant\" equals claim \"org_id\"'"
        ),
        _ => writeln!(text, "{name} = {condition}"),
    };
    text
}

fn authentication_line(requirement: &AuthenticationRequirement) -> String {
    let mut members = Vec::new();
    if !requirement.acr_values.is_empty() {
        let values: Vec<String> = requirement.acr_values.iter().map(|acr| quoted(acr)).collect();
        members.push(format!("acr_values = [{}]", values.join(", ")));
    }
    members.extend(requirement.max_age.map(|max_age| format!("max_age = {max_age}")));
    format!("{} = {{ {} }}\n", key(requirement.name), members.join(", "))
}

/// A key, bare where it can be.
fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// A string: literal if it has quotes in it, which read better so.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains('\'') && !text.contains(char::is_control) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Authorized, Claims, Public, Routes, Scoped};

    crate::scopes! { Read = "read"; }
    crate::rules! {
        /// The caller's own tenant,
        /// and no other.
        OwnTenant = path "tenant" equals claim "org_id";
        InCode = |_claims: serde_json::Value| true;
    }
    crate::authentication! {
        Strong = acr "phr" or "mfa", max_age 60;
        Recent = max_age 300;
    }

    async fn ok<G>(_: G) -> &'static str {
        ""
    }

    #[test]
    fn a_table_is_written_with_every_definition_that_it_names() {
        let routes = Routes::new()
            .get("/a", ok::<Claims<()>>)
            .post("/a", ok::<Claims<()>>)
            .put("/a", ok::<Public>)
            .get("/b", ok::<Claims<()>>)
            .get("/{tenant}/c", ok::<Authorized<(OwnTenant, InCode, Strong, Recent)>>)
            .get("/d", ok::<Scoped<Read>>);
        let expected = r#"[rules]
# InCode is code of the application. Write its condition here, as in
# InCode = 'path "tenant" equals claim "org_id"'
# The caller's own tenant,
# and no other.
OwnTenant = 'path "tenant" equals claim "org_id"'

[authentication]
Recent = { max_age = 300 }
Strong = { acr_values = ["phr", "mfa"], max_age = 60 }

[[routes]]
methods = ["GET", "POST"]
path = "/a"
policy = "any valid token"

[[routes]]
methods = ["PUT"]
path = "/a"
policy = "public"

[[routes]]
methods = ["GET"]
path = "/b"
policy = "any valid token"

[[routes]]
methods = ["GET"]
path = "/d"
policy = "scope read"

[[routes]]
methods = ["GET"]
path = "/{tenant}/c"
policy = "rule OwnTenant and rule InCode and authentication Strong and authentication Recent"
"#;
        assert_eq!(routes.table().to_toml(), expected);
        assert_eq!(Routes::new().table().to_toml(), "\n", "nothing is defined");
    }

    #[test]
    fn strings_are_those_of_toml() {
        let table = [
            ("a", r#""a""#),
            (r#"a "b""#, r#"'a "b"'"#),
            (r"\d+", r#""\\d+""#),
            ("it's \"a\"", r#""it's \"a\"""#),
            ("a\tb\u{7f}", r#""a\u0009b\u007F""#),
        ];
        for (text, expected) in table {
            assert_eq!(quoted(text), expected);
            assert_eq!(key(text) == text, text == "a");
        }
    }
}
