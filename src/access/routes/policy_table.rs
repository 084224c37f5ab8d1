//! Policies of routes that another server serves, read at run time.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;

use super::path_pattern::{PathPattern, parameters};
use super::route_table::{RouteEntry, RouteTable};
use crate::access::policy::{MatchedPath, Policy, Requirement};

/// Policies by method and path, with the precedence of [`Routes`](crate::Routes): the most specific
/// path decides, and `HEAD` is allowed where `GET` is.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyTable(Vec<PolicyRow>);

#[derive(Debug, Clone)]
struct PolicyRow {
    method: Method,
    path: String,
    pattern: PathPattern,
    resource: ResourceDef,
    policy: &'static Policy,
}

impl PolicyTable {
    /// Adds a row.
    ///
    /// # Errors
    ///
    /// Why the row cannot be added, for the author of the table.
    pub(crate) fn add(
        &mut self,
        method: Method,
        path: &str,
        policy: &'static Policy,
    ) -> Result<(), String> {
        if !path.starts_with('/') {
            return Err(format!("the path {path:?} does not begin with /"));
        }
        let Ok(pattern) = PathPattern::new(path) else {
            return Err(format!(
                "the path {path:?} has %, ? or # in it; write it decoded, without query"
            ));
        };
        if let Some(lacking) = lacking(path, policy) {
            return Err(format!("a rule of its policy needs {lacking} in the path {path:?}"));
        }
        for other in &self.0 {
            if other.pattern == pattern && other.method == method {
                return Err(format!("{method} {path} is in the table already, as {}", other.path));
            }
            if other.pattern.is_ambiguous_with(&pattern) {
                return Err(format!("some paths match both {path} and {}", other.path));
            }
        }
        let resource = ResourceDef::new(path);
        let row = PolicyRow { method, path: path.to_owned(), pattern, resource, policy };
        self.0.push(row);
        self.0.sort_by(|a, b| a.pattern.by_specificity(&b.pattern));
        Ok(())
    }

    /// The policy of a request, and its path with the parameters.
    pub(crate) fn find(
        &self,
        method: &Method,
        path: &str,
    ) -> Option<(&'static Policy, MatchedPath)> {
        let pattern = self.matching(path)?.pattern.clone();
        let rows = || self.0.iter().filter(|row| row.pattern == pattern);
        let row = rows().find(|row| row.method == method);
        let row = row.or_else(|| match *method {
            Method::HEAD => rows().find(|row| row.method == Method::GET),
            _ => None,
        })?;
        Some((row.policy, MatchedPath::new(&row.path, path)?))
    }

    /// Whether the path has a policy for any method.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.matching(path).is_some()
    }

    /// The table as applications print theirs.
    pub(crate) fn table(&self) -> RouteTable {
        let entry = |row: &PolicyRow| RouteEntry {
            method: row.method.clone(),
            path: row.path.clone(),
            policy: *row.policy,
            handler: "",
        };
        RouteTable::new(self.0.iter().map(entry).collect())
    }

    fn matching(&self, path: &str) -> Option<&PolicyRow> {
        self.0.iter().find(|row| row.resource.is_match(path))
    }
}

/// What the path lacks for the rules of the policy.
fn lacking(path: &str, policy: &Policy) -> Option<String> {
    let names: Vec<&str> = parameters(path).collect();
    let mut lacking = None;
    policy.requirement()?.each(&mut |requirement| {
        if let Requirement::Rule(rule) = requirement {
            let missing = rule.path_shape().and_then(|shape| shape.lacking(&names));
            lacking = lacking.take().or(missing);
        }
    });
    lacking
}
