//! Policy files: routes of another server and who may call them, in TOML.

use std::fmt;
use std::path::Path;

use actix_web::http::Method;
use serde::Deserialize;
use toml::Spanned;

use super::policy_text::{Names, intern, parse};
use crate::access::{AuthenticationRequirement, NamedRule, PolicyTable, RuleCondition};

/// Maximum size of a policy file, in bytes.
const MAX_SIZE: usize = 1024 * 1024;

/// Everything that is wrong with a policy file, one problem per line. Its author is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyFileError(Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: std::collections::BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    authentication: std::collections::BTreeMap<String, Authentication>,
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

impl fmt::Display for PolicyFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for PolicyFileError {}

/// Reads a policy file.
///
/// # Errors
///
/// [`PolicyFileError`] with every problem and its line.
pub(crate) fn read(path: &Path) -> Result<PolicyTable, PolicyFileError> {
    let name = path.display();
    let fault = |fault: String| PolicyFileError(vec![format!("{name}: {fault}")]);
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    if text.len() > MAX_SIZE {
        return Err(fault(format!("larger than {MAX_SIZE} bytes, so not a policy file")));
    }
    parse_file(&text).map_err(|PolicyFileError(problems)| {
        PolicyFileError(problems.into_iter().map(|problem| format!("{name}:{problem}")).collect())
    })
}

fn parse_file(text: &str) -> Result<PolicyTable, PolicyFileError> {
    let line = |at: usize| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
    };
    let file: File = toml::from_str(text).map_err(|fault| {
        let at = fault.span().map_or(0, |span| span.start);
        PolicyFileError(vec![format!("{}: {}", line(at), fault.message())])
    })?;
    let mut problems = Vec::new();
    let mut names = Names::default();
    for (name, condition) in &file.rules {
        match rule(condition.as_ref()) {
            Some(condition) => {
                names.rules.push(NamedRule { name: intern(name), description: "", condition });
            }
            None => problems.push(format!(
                "{}: the rule {name:?} must be: path \"…\" equals claim \"…\", or: path \"…\" is one of \
                 claim \"…\"",
                line(condition.span().start)
            )),
        }
    }
    for (name, Authentication { acr_values, max_age }) in &file.authentication {
        let acr_values: Vec<_> = acr_values.iter().map(|acr| intern(acr)).collect();
        let (name, acr_values) = (intern(name), Vec::leak(acr_values));
        names.authentication.push(AuthenticationRequirement::new(name, "", acr_values, *max_age));
    }
    let mut table = PolicyTable::default();
    if file.routes.is_empty() {
        problems
            .push("1: there is no route; add [[routes]] with methods, path and policy".to_owned());
    }
    for (number, route) in file.routes.iter().enumerate() {
        let row = number.saturating_add(1);
        let Route { methods, path, policy } = route.as_ref();
        let policy_line = line(policy.span().start);
        let policy = match parse(policy.as_ref(), &names) {
            // It lives as long as those that are compiled in. Files change seldom.
            Ok(policy) => &*Box::leak(Box::new(policy)),
            Err(fault) => {
                problems.push(format!("{policy_line}: route {row}: policy: {fault}"));
                continue;
            }
        };
        if methods.is_empty() {
            let at = line(route.span().start);
            problems
                .push(format!("{at}: route {row}: methods: name at least one, such as \"GET\""));
        }
        for method in methods {
            let at = line(method.span().start);
            let added = match method.as_ref().parse::<Method>() {
                Ok(known) if known.as_str() == known.as_str().to_uppercase() => {
                    table.add(known, path, policy)
                }
                _ => Err(format!("{:?} is not a method; write it as in \"GET\"", method.as_ref())),
            };
            if let Err(fault) = added {
                problems.push(format!("{at}: route {row}: {fault}"));
            }
        }
    }
    if problems.is_empty() { Ok(table) } else { Err(PolicyFileError(problems)) }
}

/// `path "tenant" equals claim "org_id"` or `path "tenant" is one of claim "orgs"`.
fn rule(text: &str) -> Option<RuleCondition> {
    let rest = text.trim().strip_prefix("path \"")?;
    let (parameter, rest) = rest.split_once('"')?;
    let (is_one_of, rest) = match rest.strip_prefix(" equals claim \"") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(" is one of claim \"")?),
    };
    let claim = rest.strip_suffix('"').filter(|claim| !claim.contains('"') && !claim.is_empty())?;
    let (parameter, claim) = (intern(parameter), intern(claim));
    Some(match is_one_of {
        true => RuleCondition::PathIsOneOfClaim { parameter, claim },
        false => RuleCondition::PathEqualsClaim { parameter, claim },
    })
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
        let policy =
            |method, path: &str| table.find(&method, path).map(|(policy, _)| policy.to_string());
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
