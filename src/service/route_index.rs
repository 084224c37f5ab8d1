//! Route and token check outcome of a request, for the access log and metrics.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::dev::{ResourceDef, ServiceResponse};
use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest};

use crate::Policy;
use crate::access::{Rejection, RejectionReason, RouteTable, raw_token};

/// The label of all paths without a route, so that made-up paths create no new labels.
const UNMATCHED: &str = "unmatched";

/// Numbering of the paths of a route table.
#[derive(Debug)]
pub(super) struct RouteIndex {
    /// The first stands for all paths without a route.
    paths: Vec<Path>,
    /// Numbers by pattern.
    numbers: HashMap<String, usize>,
    /// Numbers of paths without parameters that no other pattern matches, sorted by path. Looking
    /// them up is cheaper than asking the router again.
    literals: Vec<(String, usize)>,
    /// Numbers of the paths of a policy file, which decide about requests to another server.
    rows: HashMap<String, usize>,
}

/// The row of a policy file that decided about a forwarded request, among the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct PolicyRow {
    /// Its path, as the file has it.
    pub(super) path: Arc<str>,
    /// Whether a token was accepted.
    pub(super) has_token: bool,
}

#[derive(Debug)]
struct Path {
    pattern: String,
    policies: Vec<(Method, Policy)>,
}

/// The outcome of the access token check of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// There was no check: the route is public, or the request was answered before the check.
    None,
    /// The token was accepted.
    Accepted,
    /// The request was rejected.
    Rejected(&'a RejectionReason),
}

impl RouteIndex {
    pub(super) fn new(table: &RouteTable) -> Self {
        let unmatched = Path { pattern: UNMATCHED.to_owned(), policies: Vec::new() };
        let mut paths = vec![unmatched];
        for entry in table.iter() {
            let policy = (entry.method.clone(), entry.policy);
            // The table is sorted by path.
            match paths.last_mut() {
                Some(path) if path.pattern == entry.path => path.policies.push(policy),
                _ => paths.push(Path { pattern: entry.path.clone(), policies: vec![policy] }),
            }
        }
        let numbers: HashMap<String, usize> = paths
            .iter()
            .enumerate()
            .skip(1)
            .map(|(number, path)| (path.pattern.clone(), number))
            .collect();
        let is_literal = |pattern: &str| {
            let matching = numbers.keys().filter(|other| {
                other.as_str() == pattern || ResourceDef::new(other.as_str()).is_match(pattern)
            });
            !pattern.contains('{') && matching.count() == 1
        };
        let literals = numbers.iter().filter(|(pattern, _)| is_literal(pattern));
        let mut literals: Vec<_> =
            literals.map(|(pattern, number)| (pattern.clone(), *number)).collect();
        literals.sort_unstable();
        Self { paths, numbers, literals, rows: HashMap::new() }
    }

    /// Adds the rows of a policy file. A row with the path of a route shares its number.
    pub(super) fn with_rows(mut self, table: &RouteTable) -> Self {
        for entry in table.iter() {
            if self.rows.contains_key(&entry.path) {
                continue;
            }
            let number = self.numbers.get(&entry.path).copied().unwrap_or_else(|| {
                self.paths.push(Path { pattern: entry.path.clone(), policies: Vec::new() });
                self.paths.len().saturating_sub(1)
            });
            self.rows.insert(entry.path.clone(), number);
        }
        self
    }

    /// The number of numbered paths.
    pub(super) const fn len(&self) -> usize {
        self.paths.len()
    }

    /// The patterns of all paths, in the order of their numbers.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| path.pattern.as_str())
    }

    /// The number of the path that a request matched.
    pub(super) fn number(&self, request: &HttpRequest) -> usize {
        let path = request.match_info().as_str();
        let literal = self.literals.binary_search_by(|(literal, _)| literal.as_str().cmp(path));
        let literal = literal.ok().and_then(|index| self.literals.get(index));
        literal.map(|(_, number)| *number).unwrap_or_else(|| {
            let pattern = request.match_pattern();
            pattern.and_then(|pattern| self.numbers.get(&pattern).copied()).unwrap_or_default()
        })
    }

    /// The row of the policy file that decided about a request without a route.
    pub(super) fn row(number: usize, request: &HttpRequest) -> Option<PolicyRow> {
        if number == 0 { request.extensions().get::<PolicyRow>().cloned() } else { None }
    }

    /// The number of a row of the policy file; that of all paths without a route if the row was not in
    /// the file at the start.
    pub(super) fn row_number(&self, row: &PolicyRow) -> usize {
        self.rows.get(&*row.path).copied().unwrap_or_default()
    }

    /// The pattern of the path with this number.
    pub(super) fn pattern(&self, number: usize) -> &str {
        self.paths.get(number).map_or(UNMATCHED, |path| &path.pattern)
    }

    /// The outcome of the check that the policy of the route requires.
    pub(super) fn outcome<'a, B>(
        &self,
        number: usize,
        row: Option<&PolicyRow>,
        response: &'a ServiceResponse<B>,
    ) -> Outcome<'a> {
        let error = response.response().error();
        if let Some(rejection) = error.and_then(|error| error.as_error::<Rejection>()) {
            return Outcome::Rejected(rejection.reason());
        }
        if let Some(row) = row {
            return if row.has_token { Outcome::Accepted } else { Outcome::None };
        }
        let request = response.request();
        // A response from middleware, before routing, comes without a check.
        let was_routed = request.match_info().unprocessed().is_empty();
        match self.policy(number, request.method()).filter(|_| was_routed) {
            None | Some(Policy::Public) => Outcome::None,
            Some(Policy::Optional(_)) if raw_token(request).is_none() => Outcome::None,
            Some(_) => Outcome::Accepted,
        }
    }

    fn policy(&self, number: usize, method: &Method) -> Option<&Policy> {
        let policies = self.paths.get(number)?.policies.as_slice();
        let of = |wanted: &Method| policies.iter().find(|(method, _)| method == wanted);
        let found = match of(method) {
            None if method == Method::HEAD => of(&Method::GET),
            found => found,
        };
        found.map(|(_, policy)| policy)
    }
}

impl Outcome<'_> {
    /// A stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Accepted => "accepted",
            Self::Rejected(reason) => reason.code(),
        }
    }
}
