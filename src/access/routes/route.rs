//! One route: its table entry, its pattern and its handler.

use std::sync::Arc;

use actix_web::guard::{self, fn_guard};
use actix_web::http::Method;
use actix_web::{Route, web};

use super::path_pattern::PathPattern;
use super::route_table::RouteEntry;

/// A route whose handler starts with a guard.
#[derive(derive_more::Debug, Clone)]
#[debug("{entry:?}")]
pub(super) struct GuardedRoute {
    /// The path without the prefix of the scope that it is mounted in.
    pub(super) entry: RouteEntry,
    pub(super) pattern: PathPattern,
    /// Makes Actix's route for a method, once for each worker.
    pub(super) make: Arc<dyn Fn(Method) -> Route + Send + Sync>,
}

/// Actix's route for a method, without a handler.
///
/// Actix's own guard allocates for each request, to collect the methods for its response 405, which these
/// routes do not use. It is only asked if the method differs, and is there for Actix's report of what an
/// application serves.
pub(super) fn of_method(method: Method) -> Route {
    let guard = guard::Method(method.clone());
    let has_method = fn_guard(move |context| context.head().method == method);
    web::route().guard(guard::Any(has_method).or(guard))
}

impl GuardedRoute {
    /// Why this route and another cannot both be served as the route table says, if so.
    pub(super) fn conflict_with(&self, other: &Self) -> Option<String> {
        let ((mine, theirs), (a, b)) =
            ((&self.entry, &other.entry), (&self.pattern, &other.pattern));
        if a == b && mine.path != theirs.path {
            return Some(format!(
                "{} and {} match the same requests: give their parameters the same names",
                theirs.path, mine.path,
            ));
        }
        let (method, other) = (&mine.method, &theirs.method);
        // A route for GET also answers HEAD, but for a path that has a route for HEAD.
        let get_and_head = [Method::GET, Method::HEAD];
        let answers_both = || get_and_head.contains(method) && get_and_head.contains(other);
        if method != other && (a == b || !answers_both()) {
            return None;
        }
        if a == b {
            return Some(format!(
                "{} {} has two handlers: {} and {}",
                mine.method, mine.path, theirs.handler, mine.handler,
            ));
        }
        if mine.policy == theirs.policy {
            return None;
        }
        let advice = if a.differs_in_trailing_slash(b) {
            "differ only in a trailing slash, which proxies and middleware add and remove: give \
             them the same policy, or remove one"
        } else if a.is_ambiguous_with(b) {
            "may match the same requests, and neither is more specific: give them the same policy, \
             or literal segments that differ"
        } else {
            return None;
        };
        Some(format!(
            "{other} {} ({}) and {method} {} ({}) {advice}",
            theirs.path, theirs.policy, mine.path, mine.policy,
        ))
    }
}
