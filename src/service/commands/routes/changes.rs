//! Differences of two route tables: who gains and who loses access.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Policy;
use crate::access::{Requirement, RouteEntry, RouteTable};

/// The rows that differ: `+` for new ones, `-` for removed ones, `~` for another policy.
pub(super) fn changes(old: &RouteTable, new: &RouteTable) -> String {
    let same = |entry: &RouteEntry, table: &RouteTable| {
        let mut entries = table.iter();
        let found = entries.find(|other| other.method == entry.method && other.path == entry.path);
        found.map(|other| other.policy)
    };
    let mut text = String::new();
    for entry in old.iter().filter(|entry| same(entry, new).is_none()) {
        let RouteEntry { method, path, policy, .. } = entry;
        let _ = writeln!(text, "- {method} {path}: no one any more (was: {policy})");
    }
    for entry in new.iter() {
        let RouteEntry { method, path, policy, .. } = entry;
        let Some(before) = same(entry, old) else {
            let _ = writeln!(text, "+ {method} {path}: {policy}");
            continue;
        };
        // Rules are equal by name; their conditions count here.
        if format!("{before:?}") == format!("{policy:?}") {
            continue;
        }
        let _ = writeln!(text, "~ {method} {path}: {policy} (was: {before})");
        let (before, after) = (Access::of(&before), Access::of(policy));
        for (what, who) in [
            ("gains", after.beyond(&before)),
            ("loses, unless the new policy is met", before.beyond(&after)),
        ] {
            if !who.is_empty() {
                let _ = writeln!(text, "    {what}: {}", who.join("; "));
            }
        }
    }
    if text.is_empty() {
        text.push_str("the files allow the same requests\n");
    }
    text
}

/// Who is admitted by a policy.
struct Access {
    without_credentials: bool,
    with_bad_credentials: bool,
    /// Each set is enough for a valid token.
    sufficient: Vec<BTreeSet<String>>,
}

/// More sets than this are not compared, since their number can grow exponentially.
const MAX_SETS: usize = 4096;

impl Access {
    fn of(policy: &Policy) -> Self {
        let sets = policy.requirement().map_or_else(|| vec![BTreeSet::new()], sufficient);
        Self {
            without_credentials: policy.admits_anonymous(),
            with_bad_credentials: matches!(policy, Policy::Public),
            sufficient: sets,
        }
    }

    /// Who is admitted here and not there.
    fn beyond(&self, other: &Self) -> Vec<String> {
        let mut who = Vec::new();
        if self.without_credentials && !other.without_credentials {
            who.push("requests without credentials".to_owned());
        }
        if self.with_bad_credentials && !other.with_bad_credentials {
            who.push("requests with invalid credentials".to_owned());
        }
        let is_new =
            |set: &&BTreeSet<String>| !other.sufficient.iter().any(|enough| enough.is_subset(set));
        for set in self.sufficient.iter().filter(is_new) {
            let words: Vec<&str> = set.iter().map(String::as_str).collect();
            let tokens = match words.as_slice() {
                [] => "any valid token".to_owned(),
                words => format!("tokens with {}", words.join(" and ")),
            };
            if !who.contains(&tokens) {
                who.push(tokens);
            }
        }
        who
    }
}

/// The sets of single requirements of which one is enough.
fn sufficient(requirement: &Requirement) -> Vec<BTreeSet<String>> {
    match requirement {
        Requirement::AnyOf(members) => members.iter().flat_map(sufficient).take(MAX_SETS).collect(),
        Requirement::AllOf(members) => {
            let mut combined = vec![BTreeSet::new()];
            for member in *members {
                let choices = sufficient(member);
                let joined = combined.iter().flat_map(|set: &BTreeSet<String>| {
                    choices.iter().map(move |choice| set.union(choice).cloned().collect())
                });
                combined = joined.take(MAX_SETS).collect();
            }
            combined
        }
        Requirement::Rule(rule) => {
            vec![BTreeSet::from([format!("rule {} ({})", rule.name, rule.condition)])]
        }
        Requirement::Authentication(one) => {
            let mut text = format!("authentication {}", one.name);
            if !one.acr_values.is_empty() {
                let _ = write!(text, ", acr {}", one.acr_values.join(" or "));
            }
            if let Some(max_age) = one.max_age {
                let _ = write!(text, ", max_age {max_age}");
            }
            vec![BTreeSet::from([text])]
        }
        single => vec![BTreeSet::from([single.to_string()])],
    }
}
