//! Policy files: routes of another server and who may call them, in TOML.

use std::collections::BTreeMap;
use std::path::Path;

use actix_web::http::Method;
use derive_more::{Display, Error};
use serde::Deserialize;
use toml::Spanned;

use super::policy_text::{Names, parse};
use super::{interned, rule_text};
use crate::access::{AuthenticationRequirement, NamedRule, PolicyTable, is_printable_name};

/// Maximum size of a policy file, in bytes.
const MAX_SIZE: usize = 1024 * 1024;

/// Everything that is wrong with a policy file, one problem per line. Its author is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[display("{}", _0.join("\n"))]
pub(crate) struct PolicyFileError(#[error(not(source))] Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    authentication: BTreeMap<String, Spanned<Authentication>>,
    #[serde(default)]
    routes: Vec<Spanned<Route>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    #[serde(default)]
    acr_values: Vec<String>,
    max_age: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    methods: Vec<Spanned<String>>,
    path: String,
    policy: Spanned<String>,
}

impl PolicyFileError {
    /// A problem of the file as a whole.
    pub(super) fn of(path: &Path, problem: &str) -> Self {
        Self(vec![format!("{}: {problem}", path.display())])
    }
}

/// Reads a policy file.
///
/// # Errors
///
/// [`PolicyFileError`] with every problem and its line.
pub(crate) fn read(path: &Path) -> Result<PolicyTable, PolicyFileError> {
    let name = path.display();
    let fault = |fault: &str| PolicyFileError::of(path, fault);
    let text = std::fs::read_to_string(path).map_err(|error| fault(&error.to_string()))?;
    if text.len() > MAX_SIZE {
        return Err(fault(&format!("larger than {MAX_SIZE} bytes, so not a policy file")));
    }
    parse_file(&text).map_err(|PolicyFileError(problems)| {
        PolicyFileError(problems.into_iter().map(|problem| format!("{name}:{problem}")).collect())
    })
}

fn parse_file(text: &str) -> Result<PolicyTable, PolicyFileError> {
    let file: File = toml::from_str(text).map_err(|fault| {
        let at = fault.span().map_or(0, |span| span.start);
        PolicyFileError(vec![format!("{}: {}", line(text, at), fault.message().trim_end())])
    })?;
    let mut problems = Vec::new();
    let names = names(&file, text, &mut problems);
    let mut table = PolicyTable::default();
    if file.routes.is_empty() {
        problems
            .push("1: there is no route; add [[routes]] with methods, path and policy".to_owned());
    }
    for (number, route) in file.routes.iter().enumerate() {
        let row = number.saturating_add(1);
        let mut note =
            |at, fault: String| problems.push(format!("{}: route {row}: {fault}", line(text, at)));
        let Route { methods, path, policy } = route.as_ref();
        if methods.is_empty() {
            let fault = "methods: name at least one, such as \"GET\"";
            note(route.span().start, fault.to_owned());
        }
        let parsed = parse(policy.as_ref(), &names).and_then(interned::policy);
        let parsed =
            parsed.map_err(|fault| note(policy.span().start, format!("policy: {fault}"))).ok();
        for method in methods {
            let added = match (method.as_ref().parse::<Method>(), parsed) {
                (Ok(known), Some(policy)) if is_usual(&known) => table.add(known, path, policy),
                (Ok(known), None) if is_usual(&known) => Ok(()),
                _ => Err(format!("{:?} is not a method; write it as in \"GET\"", method.as_ref())),
            };
            if let Err(fault) = added {
                note(method.span().start, fault);
            }
        }
    }
    if problems.is_empty() { Ok(table.finish()) } else { Err(PolicyFileError(problems)) }
}

/// The line of a place in a text, from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}

/// Methods are case-sensitive (RFC 9110 section 9.1); one in lower case is a mistake.
fn is_usual(method: &Method) -> bool {
    !method.as_str().contains(|character: char| character.is_ascii_lowercase())
}

/// The rules and sign-in requirements of a file.
fn names(file: &File, text: &str, problems: &mut Vec<String>) -> Names {
    let mut names = Names::default();
    for (name, condition) in &file.rules {
        match rule(name, condition.as_ref()) {
            Ok(rule) => names.rules.push(rule),
            Err(fault) => {
                let at = line(text, condition.span().start);
                problems.push(format!("{at}: rule {name:?}: {fault}"));
            }
        }
    }
    for (name, requirement) in &file.authentication {
        match authentication(name, requirement.as_ref()) {
            Ok(requirement) => names.authentication.push(requirement),
            Err(fault) => {
                let at = line(text, requirement.span().start);
                problems.push(format!("{at}: authentication {name:?}: {fault}"));
            }
        }
    }
    names
}

fn rule(name: &str, condition: &str) -> Result<NamedRule, String> {
    let condition = rule_text::parse(condition)?;
    Ok(NamedRule { name: interned::text(name)?, description: "", condition })
}

fn authentication(
    name: &str,
    Authentication { acr_values, max_age }: &Authentication,
) -> Result<AuthenticationRequirement, String> {
    if acr_values.is_empty() && max_age.is_none() {
        return Err("it demands nothing; set acr_values, max_age or both".to_owned());
    }
    // Challenges list them, separated by spaces (RFC 9470 section 3).
    if let Some(acr) = acr_values.iter().find(|acr| acr.contains(' ') || !is_printable_name(acr)) {
        return Err(format!(
            "{acr:?} is not an acr value; use printable ASCII without spaces and quotes"
        ));
    }
    let acr_values = acr_values.iter().map(|acr| interned::text(acr)).collect::<Result<_, _>>()?;
    let (name, acr_values) = (interned::text(name)?, interned::texts(acr_values)?);
    Ok(AuthenticationRequirement::new(name, "", acr_values, *max_age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[rules]
OwnTenant = 'path "tenant" equals claim "org_id"'
Member = 'path "tenant" is one of claim "orgs"'

[authentication]
Recent = { acr_values = ["urn:example:2fa", "phr"], max_age = 300 }

[[routes]]
methods = ["GET", "PUT"]
path = "/tenants/{tenant}/notes"
policy = "scope notes:read and rule OwnTenant"

[[routes]]
methods = ["DELETE"]
path = "/tenants/{tenant}"
policy = "rule Member and authentication Recent and bound"

[[routes]]
methods = ["GET"]
path = "/tenants/all"
policy = "role admin"

[[routes]]
methods = ["GET"]
path = "/health"
policy = "public"
"#;

    #[test]
    fn a_policy_file_is_a_route_table() {
        let table = parse_file(FILE).unwrap();
        let text = table.table().to_string();
        for expected in [
            "GET     /health                  public",
            "GET     /tenants/all             role admin",
            "DELETE  /tenants/{tenant}        rule Member and authentication Recent and bound",
            "GET     /tenants/{tenant}/notes  scope notes:read and rule OwnTenant",
            "PUT     /tenants/{tenant}/notes  scope notes:read and rule OwnTenant",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let policy = |method, path: &str| {
            table.find(&method, &path.parse().unwrap())?.policy.map(ToString::to_string)
        };
        assert_eq!(policy(Method::GET, "/tenants/all").as_deref(), Some("role admin"));
        assert_eq!(policy(Method::HEAD, "/tenants/all").as_deref(), Some("role admin"));
        assert_eq!(policy(Method::DELETE, "/tenants/all"), None, "the most specific path decides");
        assert_eq!(policy(Method::POST, "/health"), None);
        assert_eq!(policy(Method::GET, "/health/"), None);
        assert_eq!(policy(Method::GET, "/HEALTH"), None);
    }

    #[test]
    fn every_problem_is_reported_with_its_line() {
        let text = r#"
[rules]
Bad = 'claim "a" equals path "b"'

[[routes]]
methods = ["GET", "get"]
path = "/a"
policy = "scope a"

[[routes]]
methods = ["GET"]
path = "/a"
policy = "scope a orscope b"

[[routes]]
methods = ["GET"]
path = "/a"
policy = "public"

[[routes]]
methods = ["GET"]
path = "a%20b"
policy = "public"

[[routes]]
methods = []
path = "/b"
policy = "public"
"#;
        let PolicyFileError(problems) = parse_file(text).unwrap_err();
        let lines: Vec<&str> =
            problems.iter().filter_map(|problem| problem.split(':').next()).collect();
        assert_eq!(lines, ["3", "6", "13", "16", "21", "25"], "{problems:#?}");
        for text in ["", "routes = 1", "[[routes]]\npath = \"/\"", "[[route]]", "a", "\u{0}"] {
            parse_file(text).expect_err(text);
        }
        let rule = "[rules]\nOwn = 'path \"t\" equals claim \"o\"'\n[[routes]]\nmethods = [\"GET\"]\n\
                    path = \"/a/{other}\"\npolicy = \"rule Own\"\n";
        let PolicyFileError(problems) = parse_file(rule).unwrap_err();
        assert!(problems.concat().contains("the parameter {t}"), "{problems:?}");
    }
}
