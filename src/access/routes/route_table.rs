//! Route table: who may call what, to print, compare and serialize.

use std::collections::BTreeSet;
use std::fmt;

use actix_web::http::Method;
use serde::{Serialize, Serializer};

#[cfg(feature = "service")]
use super::path_pattern::PathPattern;
#[cfg(feature = "service")]
use crate::access::policy::MatchedPath;
use crate::access::policy::Policy;

/// One route as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteEntry {
    /// The request's method.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// The path's pattern, as Actix writes it.
    pub path: String,
    /// Who may call.
    pub policy: Policy,
    /// The handler's full name.
    pub handler: &'static str,
}

/// Every route, sorted by path and method. `Display` prints it as aligned text.
///
/// ```
/// use actix_resource_server::{Claims, Public, Routes};
///
/// async fn open(_: Public) -> &'static str { "" }
/// async fn closed(_: Claims) -> &'static str { "" }
///
/// let routes = Routes::new().get("/open", open).post("/closed", closed);
/// let lines: Vec<String> = routes.table().to_string().lines().map(str::to_owned).collect();
/// assert!(lines[0].starts_with("POST  /closed  any valid token  "));
/// assert!(lines[1].starts_with("GET   /open    public           "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RouteTable(Vec<RouteEntry>);

impl RouteTable {
    pub(super) fn new(mut entries: Vec<RouteEntry>) -> Self {
        entries.sort_by(|a, b| (&a.path, a.method.as_str()).cmp(&(&b.path, b.method.as_str())));
        Self(entries)
    }

    /// The routes in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &RouteEntry> {
        self.0.iter()
    }

    /// The routes that answer requests with this path, percent-encoded as in a request, each with the
    /// path's parameters. Of several paths that match, the most specific counts.
    #[cfg(feature = "service")]
    pub(crate) fn at(&self, path: &str) -> Vec<(&RouteEntry, MatchedPath)> {
        let matching = self.iter().filter_map(|entry| {
            let pattern = PathPattern::new(&entry.path).ok()?;
            Some((pattern, entry, MatchedPath::new(&entry.path, path)?))
        });
        let mut matching: Vec<_> = matching.collect();
        matching.sort_by(|(a, ..), (b, ..)| a.by_specificity(b));
        let most_specific = matching.first().map(|(pattern, ..)| pattern.clone());
        matching.retain(|(pattern, ..)| most_specific.as_ref() == Some(pattern));
        matching.into_iter().map(|(_, entry, path)| (entry, path)).collect()
    }

    /// These routes and the others'.
    #[cfg(feature = "service")]
    pub(crate) fn with(&self, others: &Self) -> Self {
        Self::new(self.iter().chain(others.iter()).cloned().collect())
    }

    /// Every scope that some route names, each once, sorted.
    pub fn scopes(&self) -> Vec<&'static str> {
        let scopes: BTreeSet<_> = self.iter().flat_map(|entry| entry.policy.scopes()).collect();
        scopes.into_iter().collect()
    }
}

impl fmt::Display for RouteTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 4]> = self
            .iter()
            .map(|entry| {
                let (method, handler) = (entry.method.to_string(), entry.handler.to_owned());
                [method, entry.path.clone(), entry.policy.to_string(), handler]
            })
            .collect();
        let width = |column: fn(&[String; 4]) -> &str| {
            rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
        };
        let (methods, paths, policies) =
            (width(|[method, ..]| method), width(|[_, path, ..]| path), width(|[_, _, p, _]| p));
        for [method, path, policy, handler] in &rows {
            let row = format!("{method:methods$}  {path:paths$}  {policy:policies$}  {handler}");
            // Routes of a policy file have no handler.
            writeln!(formatter, "{}", row.trim_end())?;
        }
        Ok(())
    }
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}
