//! Mistakes in routes that are found when the program starts.

use super::path_pattern::{InvalidPattern, PathPattern, parameters};
use super::route_table::RouteEntry;
use crate::access::policy::Requirement;

/// Rules over the path are checked against the whole path, with the prefixes of all scopes.
#[track_caller]
pub(super) fn check_parameters(entry: &RouteEntry) {
    let RouteEntry { method, path, policy, .. } = entry;
    let names: Vec<&str> = parameters(path).collect();
    for (place, name) in names.iter().enumerate() {
        let is_new = names.iter().take(place).all(|other| other != name);
        assert!(is_new, "{path} has two parameters named {name}");
    }
    let Some(requirement) = policy.requirement() else { return };
    requirement.each(&mut |single| {
        let Requirement::Rule(rule) = single else { return };
        let lacking = rule.path_shape().and_then(|shape| shape.lacking(&names));
        assert!(
            lacking.is_none(),
            "{method} {path} does not have what the rule {} reads: {}",
            rule.name,
            lacking.unwrap_or_default(),
        );
    });
}

#[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
#[track_caller]
pub(super) fn pattern(path: &str) -> PathPattern {
    match PathPattern::new(path) {
        Ok(pattern) => pattern,
        Err(InvalidPattern::Encoded) => panic!(
            "{path} can never match: requests are matched by their percent-decoded path; write \
             the characters themselves"
        ),
        Err(InvalidPattern::NotAPath) => {
            panic!("{path} can never match: a query or fragment is not part of the path")
        }
    }
}
