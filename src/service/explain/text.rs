//! The report as text for a terminal.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::report::{Check, Outcome, Report, RouteVerdict};
use super::times::when;
use super::verdict::Verdict;
use crate::Policy;
use crate::service::terminal::{Color, Tone, wrapped};
use crate::token::{NumericDate, Printable, Timestamp};

/// Columns of indentation, and of the names of claims and checks.
const INDENT: usize = 4;
const LABEL: usize = 16;

/// The most important claims, which are listed first.
const KNOWN: [&str; 10] =
    ["iss", "sub", "aud", "client_id", "azp", "scope", "permissions", "iat", "nbf", "exp"];

impl Report {
    /// The report as text: the token, the checks, the routes and, last, the verdict.
    pub fn to_text(&self, color: Color) -> String {
        let mut text = String::new();
        for (title, members) in [("Header", &self.header), ("Claims", &self.claims)] {
            if let Some(members) = members {
                let _ = writeln!(text, "{}", color.paint(Tone::Strong, title));
                text.push_str(&listed(members, self.now));
                text.push('\n');
            }
        }
        let _ = writeln!(text, "{}", color.paint(Tone::Strong, "Checks"));
        for check in &self.checks {
            text.push_str(&explained(check, color));
        }
        if !self.routes.is_empty() {
            let _ = writeln!(text, "\n{}", color.paint(Tone::Strong, "Routes"));
            text.push_str(&routes(&self.routes, color));
        } else if let Some(path) = &self.path
            && self.verdict != Verdict::NotJudged
        {
            let _ = writeln!(text, "\n{}", color.paint(Tone::Strong, "Routes"));
            let _ = writeln!(text, "    no route has the path {}", Printable::up_to(200, path));
        }
        if let Some(missing) = &self.missing {
            let _ = writeln!(text, "\n{}", color.paint(Tone::Strong, "Settings"));
            for line in missing.lines() {
                let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { "    " });
            }
        }
        let _ = write!(text, "\n{}", summary(self, color));
        text
    }
}

fn listed(members: &Map<String, Value>, now: Timestamp) -> String {
    let mut names: Vec<&String> = members.keys().collect();
    let rank = |name: &str| KNOWN.iter().position(|known| *known == name).unwrap_or(KNOWN.len());
    names.sort_by_key(|name| (rank(name), name.as_str()));
    let mut text = String::new();
    for name in names {
        let Some(value) = members.get(name) else { continue };
        let shown = match value {
            Value::String(text) => Printable::new(text).to_string(),
            Value::Number(number)
                if ["exp", "nbf", "iat", "auth_time"].contains(&name.as_str()) =>
            {
                let date = number.as_f64().and_then(NumericDate::from_seconds);
                date.map_or_else(
                    || number.to_string(),
                    |date| format!("{number}: {}", when(date, now)),
                )
            }
            other => Printable::new(&other.to_string()).to_string(),
        };
        let name = Printable::new(name).to_string();
        let _ = writeln!(text, "{:INDENT$}{name:LABEL$}{shown}", "");
    }
    text
}

fn explained(check: &Check, color: Color) -> String {
    let tone = match check.outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::NotReached => Tone::Faint,
    };
    let outcome = color.paint(tone, &format!("{:11}", check.outcome.to_string()));
    let found = wrapped(&check.found, INDENT + 11 + 2 + LABEL);
    let name = check.id.replace('_', " ");
    let mut text = format!("{:INDENT$}{outcome}  {name:LABEL$}{found}\n", "");
    let lines =
        [("expected", &check.expected), ("meaning", &check.meaning), ("fix", &check.advice)];
    for (label, line) in lines {
        push_labeled(&mut text, INDENT + 11 + 2, &format!("{label:LABEL$}"), line, color);
    }
    text
}

/// Adds a line with a label, unless it is empty.
fn push_labeled(text: &mut String, indent: usize, label: &str, line: &str, color: Color) {
    if !line.is_empty() {
        let line = wrapped(line, indent + label.len());
        let _ = writeln!(text, "{:indent$}{}{line}", "", color.paint(Tone::Strong, label));
    }
}

fn routes(routes: &[RouteVerdict], color: Color) -> String {
    let width = |column: fn(&RouteVerdict) -> &str| {
        routes.iter().map(|route| column(route).chars().count()).max().unwrap_or(0)
    };
    let (methods, paths) = (width(|route| &route.method), width(|route| &route.path));
    let mut text = String::new();
    let is_public = |route: &&RouteVerdict| route.policy == Policy::Public.to_string();
    let (public, guarded): (Vec<_>, Vec<_>) = routes.iter().partition(is_public);
    for route in guarded {
        let answer = match (route.opens, route.status) {
            (true, _) => color.paint(Tone::Good, "opens"),
            (false, Some(status)) => color.paint(Tone::Bad, &format!("{status}  ")),
            (false, None) => color.paint(Tone::Bad, "no   "),
        };
        let RouteVerdict { method, path, policy, .. } = route;
        let _ =
            writeln!(text, "{:INDENT$}{answer}  {method:methods$}  {path:paths$}  {policy}", "");
        let words = |is_met| {
            let words = route.words.iter().filter(|word| word.is_met == is_met);
            words.map(|word| word.word.as_str()).collect::<Vec<_>>().join(", ")
        };
        let lines = [
            ("met", words(true)),
            ("not met", words(false)),
            ("lacks", route.lacks.join(" and ")),
            ("fix", route.advice.clone()),
        ];
        for (label, line) in lines {
            push_labeled(&mut text, INDENT + 7, &format!("{label:8}"), &line, color);
        }
    }
    if !public.is_empty() {
        let public = public.iter().map(|route| format!("{} {}", route.method, route.path));
        let line = format!("public: {}", public.collect::<Vec<_>>().join(", "));
        let _ = writeln!(text, "{:INDENT$}{}", "", wrapped(&line, INDENT));
    }
    text
}

fn summary(report: &Report, color: Color) -> String {
    let (word, tone) = match &report.verdict {
        Verdict::Accepted => ("ACCEPTED".to_owned(), Tone::Good),
        Verdict::NotJudged => ("NOT JUDGED".to_owned(), Tone::Doubtful),
        Verdict::KeysUnavailable { .. } => ("KEYS UNAVAILABLE, 503".to_owned(), Tone::Doubtful),
        rejected => {
            let status = rejected.status().map(|status| format!(", {status}")).unwrap_or_default();
            (format!("REJECTED{status}"), Tone::Bad)
        }
    };
    let mut text = color.paint(tone, &word);
    let _ = write!(text, ": {}", wrapped(&report.verdict.to_string(), INDENT));
    if let Verdict::Rejected(reason) = &report.verdict {
        let _ = write!(text, "\nThe caller is told: invalid_token, {}", reason.description());
    }
    let judged = report.verdict != Verdict::NotJudged;
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    if !judged && failed > 0 {
        let _ = write!(text, "\nFailed checks that need no settings: {failed}.");
    } else if failed > 1 {
        let _ = write!(text, "\nThis is the first of {failed} failures; fix all of them.");
    }
    if let Some(inner) = &report.without_wrapping {
        let _ = write!(text, "\nThe bare token: {}", wrapped(&inner.to_string(), INDENT));
    }
    text
}
