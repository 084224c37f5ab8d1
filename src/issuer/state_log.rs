//! Log of an issuer's state: one line per change of state. Pure: events in, lines out.

use log::Level;

use super::fault::IssuerFault;
use super::issuer_keys::HeldKeys;
use crate::token::{MonotonicTime, Printable};

/// Maximum number of key names in one line.
const MAX_NAMES: usize = 8;

/// The state of one issuer as last logged.
#[derive(Debug)]
pub(super) struct StateLog {
    issuer: String,
    /// The current keys.
    keys: Option<Keys>,
    /// How many attempts in a row have failed.
    failures: u32,
    /// The last fault.
    fault: String,
    /// The state that was logged last.
    logged: State,
}

/// A line for the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) level: Level,
    pub(super) text: String,
}

#[derive(Debug)]
struct Keys {
    names: Vec<String>,
    fresh_until: MonotonicTime,
    usable_until: MonotonicTime,
}

/// State of an issuer, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Well,
    /// Refreshing fails, but the keys are within their lifetime.
    Failing,
    /// The keys are past their lifetime.
    Stale,
    /// There are no keys, or they are too old.
    Without,
}

impl StateLog {
    pub(super) fn of(issuer: impl Into<String>) -> Self {
        let (issuer, fault) = (issuer.into(), String::new());
        Self { issuer, keys: None, failures: 0, fault, logged: State::Well }
    }

    /// Keys were obtained or confirmed.
    pub(super) fn obtained(&mut self, held: &HeldKeys) -> Option<Line> {
        let names = held.keys.iter().map(|key| key.id().unwrap_or("(no kid)"));
        let mut names: Vec<String> = names.map(|id| Printable::new(id).to_string()).collect();
        names.sort_unstable();
        let mut parts = Vec::new();
        if self.failures > 0 {
            let attempts = if self.failures == 1 { "attempt" } else { "attempts" };
            parts.push(format!("recovered after {} failed {attempts}", self.failures));
        }
        match &self.keys {
            None if names.is_empty() => parts.push(
                "its metadata names no key set; it is asked about opaque tokens, and its JWTs are \
                 rejected"
                    .to_owned(),
            ),
            None => parts.push(format!("keys obtained: {}", list(&names))),
            Some(known) if known.names != names => parts.push(changes(&known.names, &names)),
            Some(_) => {}
        }
        let is_new = self.keys.as_ref().is_none_or(|known| known.names != names);
        if is_new && !held.skipped.is_empty() {
            let skipped: Vec<String> = held.skipped.iter().map(ToString::to_string).collect();
            parts.push(format!("left out: {}", list(&skipped)));
        }
        let (fresh_until, usable_until) = (held.fresh_until, held.usable_until);
        self.keys = Some(Keys { names, fresh_until, usable_until });
        (self.failures, self.logged) = (0, State::Well);
        (!parts.is_empty()).then(|| self.line(Level::Info, &parts.join("; ")))
    }

    /// An attempt failed.
    pub(super) fn failed(&mut self, fault: &IssuerFault, now: MonotonicTime) -> Option<Line> {
        self.failures = self.failures.saturating_add(1);
        self.fault = fault.to_string();
        self.passed(now)
    }

    /// Time passed: keys that cannot be refreshed may have become stale or too old.
    pub(super) fn passed(&mut self, now: MonotonicTime) -> Option<Line> {
        let state = self.state(now);
        if state <= self.logged {
            return None;
        }
        self.logged = state;
        let fault = &self.fault;
        let Some(keys) = &self.keys else {
            let text = format!("no keys can be obtained: {fault}; its tokens are answered 503");
            return Some(self.line(Level::Error, &text));
        };
        let stale_for = now.since(keys.fresh_until).as_secs();
        let rest = keys.usable_until.since(now).as_secs();
        let (level, text) = match state {
            State::Well => return None,
            State::Failing => (
                Level::Warn,
                format!(
                    "keys cannot be refreshed: {fault}; those held stay in use for {rest} s more"
                ),
            ),
            State::Stale => (
                Level::Warn,
                format!(
                    "keys stale since {stale_for} s: {fault}; they stay in use for {rest} s more"
                ),
            ),
            State::Without => (
                Level::Error,
                format!(
                    "the keys held are too old to be used: {fault}; its tokens are answered 503"
                ),
            ),
        };
        Some(self.line(level, &text))
    }

    /// When the state changes by the passing of time alone, unless keys are fetched before.
    pub(super) fn next_change(&self) -> Option<MonotonicTime> {
        let keys = self.keys.as_ref()?;
        match self.logged {
            State::Failing => Some(keys.fresh_until),
            State::Stale => Some(keys.usable_until),
            State::Well | State::Without => None,
        }
    }

    fn state(&self, now: MonotonicTime) -> State {
        match &self.keys {
            _ if self.failures == 0 => State::Well,
            Some(keys) if now < keys.fresh_until => State::Failing,
            Some(keys) if now < keys.usable_until => State::Stale,
            _ => State::Without,
        }
    }

    fn line(&self, level: Level, text: &str) -> Line {
        Line { level, text: format!("issuer {}: {text}", self.issuer) }
    }
}

fn changes(old: &[String], new: &[String]) -> String {
    let only_in = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let (came, went) = (only_in(new, old), only_in(old, new));
    let mut text = "keys changed: ".to_owned();
    if !came.is_empty() {
        text.push_str(&format!("new {}; ", list(&came)));
    }
    if !went.is_empty() {
        text.push_str(&format!("gone {}; ", list(&went)));
    }
    text.push_str(&format!("{} held", new.len()));
    text
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{
        Algorithm, Audiences, Expectations, KeySet, SkipReason, SkippedKey, VerificationKey,
    };

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime::after_start(std::time::Duration::from_secs(1000 + seconds))
    }

    /// Keys of these names, fresh for 300 seconds and usable for an hour.
    fn held(names: &[&str], obtained: u64) -> HeldKeys {
        let key = |name: &&str| {
            let key = VerificationKey::from_secret(Algorithm::Hs256, &[7; 32]).expect("a key");
            key.with_id((!name.is_empty()).then(|| (*name).to_owned()))
        };
        let audiences = Audiences::new(["api"]).expect("an audience");
        HeldKeys {
            keys: KeySet::new(names.iter().map(key).collect()),
            expected: Expectations::new("https://a.example", audiences),
            generation: 0,
            skipped: Vec::new(),
            obtained_at: at(obtained),
            fresh_until: at(obtained + 300),
            usable_until: at(obtained + 3600),
        }
    }

    enum Event {
        Obtained(&'static [&'static str]),
        Failed,
        Passed,
    }

    #[test]
    fn each_change_of_state_is_one_line_and_nothing_else_is() {
        use Event::{Failed, Obtained, Passed};
        const FAILING: &str = "WARN keys cannot be refreshed: x answered with more than 1 bytes; \
                               those held stay in use for 3360 s more";
        const TOO_OLD: &str = "ERROR the keys held are too old to be used: x answered with more \
                               than 1 bytes; its tokens are answered 503";
        let table = [
            (
                0,
                Failed,
                "ERROR no keys can be obtained: x answered with more than 1 bytes; its \
                tokens are answered 503",
            ),
            (2, Failed, ""),
            (
                4,
                Obtained(&["b", "a"]),
                "INFO recovered after 2 failed attempts; keys obtained: a, b",
            ),
            (240, Obtained(&["a", "b"]), ""),
            (480, Obtained(&["b", "c", ""]), "INFO keys changed: new (no kid), c; gone a; 3 held"),
            (700, Obtained(&["b", ""]), "INFO keys changed: gone c; 2 held"),
            (940, Failed, FAILING),
            (943, Failed, ""),
            (945, Obtained(&["b", ""]), "INFO recovered after 2 failed attempts"),
            (1185, Failed, FAILING),
            (1240, Passed, ""),
            (
                1245,
                Passed,
                "WARN keys stale since 0 s: x answered with more than 1 bytes; they \
                stay in use for 3300 s more",
            ),
            (1250, Failed, ""),
            (4544, Failed, ""),
            (4545, Passed, TOO_OLD),
            (5000, Failed, ""),
            (5001, Obtained(&["b", ""]), "INFO recovered after 4 failed attempts"),
            (9000, Failed, TOO_OLD),
            (
                9001,
                Obtained(&["d"]),
                "INFO recovered after 1 failed attempt; keys changed: new d; \
                gone (no kid), b; 1 held",
            ),
        ];
        let mut log = StateLog::of("https://a.example");
        let fault = IssuerFault::TooLarge { address: "x".to_owned(), limit: 1 };
        for (seconds, event, expected) in table {
            let line = match event {
                Obtained(names) => log.obtained(&held(names, seconds)),
                Failed => log.failed(&fault, at(seconds)),
                Passed => log.passed(at(seconds)),
            };
            let expected = expected.split_once(' ').map(|(level, text)| Line {
                level: level.parse().expect("a level"),
                text: format!("issuer https://a.example: {text}"),
            });
            assert_eq!(line, expected, "after {seconds} s");
        }
    }

    #[test]
    fn time_alone_changes_the_state_at_the_end_of_freshness_and_of_use() {
        let mut log = StateLog::of("https://a.example");
        let fault = IssuerFault::TooLarge { address: "x".to_owned(), limit: 1 };
        assert_eq!(log.next_change(), None);
        log.obtained(&held(&["a"], 0));
        assert_eq!(log.next_change(), None, "a refresh comes first");
        assert_eq!(log.passed(at(200)), None, "nothing has failed");
        log.failed(&fault, at(240));
        assert_eq!(log.next_change(), Some(at(300)));
        log.passed(at(300));
        assert_eq!(log.next_change(), Some(at(3600)));
        log.passed(at(3600));
        assert_eq!(log.next_change(), None, "it cannot get worse");
    }

    #[test]
    fn a_line_is_short_and_safe_to_print() {
        let names = ["a\n\u{1b}[31m", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let mut held = held(&names, 0);
        let id = Printable::new("enc");
        held.skipped.push(SkippedKey { id, reason: SkipReason::NotForSignatures });
        let mut log = StateLog::of("https://a.example");
        let line = log.obtained(&held).expect("a line");
        assert_eq!(log.obtained(&held), None, "it is known");
        assert_eq!(
            line.text,
            "issuer https://a.example: keys obtained: a??[31m, b, c, d, e, f, g, h and 2 more; \
             left out: key enc: it is not meant for verifying signatures"
        );
    }

    #[test]
    fn an_issuer_without_a_key_set_is_told_from_one_with_keys() {
        let line = StateLog::of("https://a.example").obtained(&held(&[], 0)).expect("a line");
        assert!(line.text.contains("its metadata names no key set"), "RFC 8414 2: {}", line.text);
    }
}
