//! Who is admitted by a policy.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Policy;
use crate::access::Requirement;

/// Who is admitted by a policy.
pub(super) struct Access {
    without_credentials: bool,
    with_bad_credentials: bool,
    /// Each set is enough for a valid token.
    sufficient: Vec<BTreeSet<String>>,
}

/// More sets than this are not compared, since their number can grow exponentially.
const MAX_SETS: usize = 4096;

impl Access {
    /// `path` is the pattern of the policy's row if rules over it count as those of this path alone.
    pub(super) fn of(policy: &Policy, path: Option<&str>) -> Self {
        let sets = policy.requirement();
        let sets = sets.map_or_else(|| vec![BTreeSet::new()], |needed| sufficient(needed, path));
        Self {
            without_credentials: policy.admits_anonymous(),
            with_bad_credentials: matches!(policy, Policy::Public),
            sufficient: sets,
        }
    }

    /// Who is admitted here and not there.
    pub(super) fn beyond(&self, other: &Self) -> Vec<String> {
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
fn sufficient(requirement: &Requirement, path: Option<&str>) -> Vec<BTreeSet<String>> {
    match requirement {
        Requirement::AnyOf(members) => {
            let sets = members.iter().flat_map(|member| sufficient(member, path));
            sets.take(MAX_SETS).collect()
        }
        Requirement::AllOf(members) => {
            let mut combined = vec![BTreeSet::new()];
            for member in *members {
                let choices = sufficient(member, path);
                let joined = combined.iter().flat_map(|set: &BTreeSet<String>| {
                    choices.iter().map(move |choice| set.union(choice).cloned().collect())
                });
                combined = joined.take(MAX_SETS).collect();
            }
            combined
        }
        Requirement::Rule(rule) => {
            let place = path.filter(|_| rule.reads_path());
            let place = place.map(|path| format!(" in {path}")).unwrap_or_default();
            vec![BTreeSet::from([format!("rule {} ({}{place})", rule.name, rule.condition)])]
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
