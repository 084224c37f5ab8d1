//! Differences of two route tables: who gains and who loses access.

mod access;
mod decisions;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::access::Access;
use self::decisions::{Decision, Decisions, Row};
use crate::access::RouteTable;

/// The requests about which the tables differ: `+` for those that only the new one allows, `-` for those
/// that only the old one does, `~` for those under another policy. A row without a counterpart is compared
/// with the less specific one that decides in the other table.
pub(super) fn changes(old: &RouteTable, new: &RouteTable) -> String {
    let (old, new) = (Decisions::new(old), Decisions::new(new));
    let mut lines = Vec::new();
    for row in new.rows() {
        lines.extend(compare(row, old.covering(row), Some(row), ""));
        if old.same(row).is_none() {
            for other in old.crossing(row) {
                let place = format!(", where {} also matches", other.path());
                lines.extend(compare(row, Some(other), Some(row), &place));
            }
        }
    }
    for row in old.rows().iter().filter(|row| new.same(row).is_none()) {
        lines.extend(compare(row, Some(row), new.covering(row), ""));
        for other in new.crossing(row) {
            let place = format!(", where {} also matches", other.path());
            lines.extend(compare(row, Some(row), Some(other), &place));
        }
    }
    // What is gone first, then by path and method.
    lines.sort_by(|a, b| (a.kind != '-', &a.request).cmp(&(b.kind != '-', &b.request)));
    if lines.is_empty() {
        return "the files allow the same requests\n".to_owned();
    }
    lines.into_iter().map(|line| line.text).collect()
}

struct Line {
    kind: char,
    /// Path, method and place.
    request: (String, String, String),
    text: String,
}

/// Compares two rows' decisions about the paths of one row.
fn compare(
    row: &Row<'_>,
    before: Option<&Row<'_>>,
    after: Option<&Row<'_>>,
    place: &str,
) -> Vec<Line> {
    let rows = [before, after].into_iter().flatten();
    let methods: BTreeSet<&str> = rows.flat_map(Row::methods).collect();
    let lines = methods.into_iter().filter_map(|method| {
        let (before, after) =
            (before.map(|row| row.decide(method)), after.map(|row| row.decide(method)));
        let (before, after) = (before.flatten(), after.flatten());
        // The path as the row of this method has it.
        let own = row.decide(method).map_or_else(|| row.path(), |decision| decision.path);
        let (kind, text) = difference(before, after, own)?;
        let request = (own.to_owned(), method.to_owned(), place.to_owned());
        Some(Line { kind, request, text: format!("{kind} {method} {own}{place}: {text}") })
    });
    lines.collect()
}

/// How two decisions differ about requests at a path.
fn difference(
    before: Option<Decision<'_>>,
    after: Option<Decision<'_>>,
    path: &str,
) -> Option<(char, String)> {
    let told = |decision: &Decision<'_>| match decision.path == path {
        true => decision.policy.to_string(),
        false => format!("{} by {}", decision.policy, decision.path),
    };
    let (before, after) = match (before, after) {
        (None, None) => return None,
        (None, Some(after)) => return Some(('+', format!("{}\n", told(&after)))),
        (Some(before), None) => {
            return Some(('-', format!("no one (was: {})\n", told(&before))));
        }
        (Some(before), Some(after)) => (before, after),
    };
    // Rules over the path are about its parameters, which may be elsewhere in another path.
    let differ = before.path != after.path;
    let access =
        |decision: &Decision<'_>| Access::of(decision.policy, differ.then_some(decision.path));
    let (had, has) = (access(&before), access(&after));
    let (gains, loses) = (has.beyond(&had), had.beyond(&has));
    // Rules are equal by name; their conditions count here.
    let is_same = format!("{:?}", before.policy) == format!("{:?}", after.policy);
    if is_same && gains.is_empty() && loses.is_empty() {
        return None;
    }
    let mut text = format!("{} (was: {})\n", told(&after), told(&before));
    for (what, who) in [("gains", gains), ("loses, unless the new policy is met", loses)] {
        if !who.is_empty() {
            let _ = writeln!(text, "    {what}: {}", who.join("; "));
        }
    }
    Some(('~', text))
}
