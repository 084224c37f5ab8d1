//! Which route answered a request, and what came of the check of its token.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::dev::{ResourceDef, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;

use crate::Policy;
use crate::access::{Rejection, RejectionReason, RouteTable};
use crate::sender::BearerToken;

/// The pattern that stands for every path without a route, so that paths people make up make no
/// new labels.
const UNMATCHED: &str = "unmatched";

/// The paths of the route table, numbered.
#[derive(Debug)]
pub(super) struct RouteIndex {
    /// The first is for every path without a route.
    paths: Vec<Path>,
    /// By pattern.
    numbers: HashMap<String, usize>,
    /// The patterns that match one path alone, which no other pattern matches: they are found
    /// without asking the router again.
    fixed: HashMap<String, usize>,
}

#[derive(Debug)]
struct Path {
    pattern: String,
    policies: Vec<(Method, Policy)>,
}

/// What came of the check of a request's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// None was made: anybody may call, or the request was answered before.
    None,
    /// The caller was admitted by a token.
    Accepted,
    /// The caller was not admitted.
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
        let is_fixed = |pattern: &str| {
            let matching = numbers.keys().filter(|other| {
                other.as_str() == pattern || ResourceDef::new(other.as_str()).is_match(pattern)
            });
            !pattern.contains('{') && matching.count() == 1
        };
        let fixed = numbers.iter().filter(|(pattern, _)| is_fixed(pattern));
        let fixed = fixed.map(|(pattern, number)| (pattern.clone(), *number)).collect();
        Self { paths, numbers, fixed }
    }

    /// How many paths have a number.
    pub(super) const fn len(&self) -> usize {
        self.paths.len()
    }

    /// The pattern of each path, in the order of their numbers.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| path.pattern.as_str())
    }

    /// The number of the path that a request was for.
    pub(super) fn number(&self, request: &HttpRequest) -> usize {
        let path = request.match_info().as_str();
        self.fixed.get(path).copied().unwrap_or_else(|| {
            let pattern = request.match_pattern();
            pattern.and_then(|pattern| self.numbers.get(&pattern).copied()).unwrap_or_default()
        })
    }

    /// The pattern of the path with this number.
    pub(super) fn pattern(&self, number: usize) -> &str {
        self.paths.get(number).map_or(UNMATCHED, |path| &path.pattern)
    }

    /// What came of the check that the route's policy asks for.
    pub(super) fn outcome<'a, B>(
        &self,
        number: usize,
        response: &'a ServiceResponse<B>,
    ) -> Outcome<'a> {
        let error = response.response().error();
        if let Some(rejection) = error.and_then(|error| error.as_error::<Rejection>()) {
            return Outcome::Rejected(rejection.reason());
        }
        let request = response.request();
        // What answered before the router had its turn has checked no token.
        let was_routed = request.match_info().unprocessed().is_empty();
        match self.policy(number, request.method()).filter(|_| was_routed) {
            None | Some(Policy::Public) => Outcome::None,
            Some(Policy::Optional(_)) if !has_token(request) => Outcome::None,
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
    /// A stable word.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Accepted => "accepted",
            Self::Rejected(reason) => reason.code(),
        }
    }
}

fn has_token(request: &HttpRequest) -> bool {
    let fields = request.headers().get_all(AUTHORIZATION).map(|value| value.as_bytes());
    matches!(BearerToken::from_fields(fields), Ok(Some(_)))
}
