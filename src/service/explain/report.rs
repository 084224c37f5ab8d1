//! What an explanation consists of, as data.

use derive_more::Display;
use serde::Serialize;
use serde_json::{Map, Value};

use super::verdict::Verdict;
use crate::token::{InvalidToken, Timestamp};

/// Everything there is to say of one token.
#[derive(Debug)]
pub struct Report {
    pub(super) verdict: Verdict,
    /// The verdict on the token without what was pasted around it, if anything was.
    pub(super) without_wrapping: Option<Verdict>,
    /// Which settings are missing, if the token could not be held against any.
    pub(super) missing: Option<String>,
    pub(super) header: Option<Map<String, Value>>,
    pub(super) claims: Option<Map<String, Value>>,
    pub(super) checks: Vec<Check>,
    pub(super) routes: Vec<RouteVerdict>,
    pub(super) now: Timestamp,
}

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// To which step it belongs.
    pub group: Group,
    /// Its stable name.
    pub id: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What the token had to be.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What it is; where the check was not reached, why not.
    pub found: String,
    /// What a failure means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// The failure as the verifier calls it: a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The failure itself.
    #[serde(skip)]
    pub refusal: Option<InvalidToken>,
}

/// The steps, in the order of the verifier.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The `Authorization` header, where one was given.
    Request,
    /// The token's form as a whole.
    Shape,
    /// Its first part.
    Header,
    /// Whose key it must be signed with.
    Key,
    /// Whether it is.
    Signature,
    /// Its second part.
    Claims,
    /// Whether it may be used by whoever holds it.
    Binding,
}

/// What came of a check.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The token is as it must be.
    #[display("passed")]
    Passed,
    /// The token is refused for it, unless for something before it.
    #[display("FAILED")]
    Failed,
    /// It cannot be made, for want of something that failed or is missing.
    #[display("not reached")]
    NotReached,
}

/// What would come of sending the token to a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteVerdict {
    /// The request's method.
    pub method: String,
    /// The path's pattern.
    pub path: String,
    /// Who may call, in words.
    pub policy: String,
    /// Whether the route lets the request in.
    pub opens: bool,
    /// The status of the answer, where the route does not let the request in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the token lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

impl Check {
    pub(super) fn passed(group: Group, id: &'static str, found: impl Into<String>) -> Self {
        Self {
            group,
            id,
            outcome: Outcome::Passed,
            expected: String::new(),
            found: found.into(),
            meaning: String::new(),
            advice: String::new(),
            reason: None,
            refusal: None,
        }
    }

    pub(super) fn not_reached(group: Group, id: &'static str, why: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotReached, ..Self::passed(group, id, why) }
    }

    pub(super) fn failed(group: Group, id: &'static str, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, ..Self::passed(group, id, found) }
    }

    pub(super) fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: expected.into(), ..self }
    }

    pub(super) fn meaning(self, meaning: impl Into<String>) -> Self {
        Self { meaning: meaning.into(), ..self }
    }

    pub(super) fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    pub(super) fn refused(self, refusal: InvalidToken) -> Self {
        Self { reason: Some(refusal.reason()), refusal: Some(refusal), ..self }
    }
}

impl Report {
    /// What the verifier says.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Every check, in the order of the verifier.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The exit status of the command: 0 accepted, 1 refused, 2 for want of settings, 3 for want of
    /// keys.
    pub const fn exit_status(&self) -> u8 {
        match self.verdict {
            Verdict::Accepted => 0,
            Verdict::Refused(_) | Verdict::Malformed(_) | Verdict::NoCredentials => 1,
            Verdict::NotJudged => 2,
            Verdict::KeysUnavailable { .. } => 3,
        }
    }

    /// [`to_json`](Self::to_json) as text of ASCII alone, so that nothing in it can act on a
    /// terminal.
    pub fn to_json_text(&self) -> String {
        let text = serde_json::to_string_pretty(&self.to_json()).unwrap_or_default();
        let mut plain = String::with_capacity(text.len());
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => plain.push(char::from(byte)),
                _ => plain.push_str(&format!("\\u{unit:04x}")),
            }
        }
        plain
    }

    /// The report as JSON; its shape is documented in the README and does not change.
    pub fn to_json(&self) -> Value {
        let verdict = |verdict: &Verdict| {
            let (status, reason) = (verdict.status(), verdict.reason());
            serde_json::json!({
                "verdict": verdict.code(),
                "status": status,
                "reason": reason,
                "summary": verdict.to_string(),
            })
        };
        let mut report = verdict(&self.verdict);
        let members = [
            ("without_wrapping", self.without_wrapping.as_ref().map_or(Value::Null, verdict)),
            ("missing_settings", self.missing.clone().into()),
            ("header", self.header.clone().into()),
            ("claims", self.claims.clone().into()),
            ("checks", serde_json::to_value(&self.checks).unwrap_or_default()),
            ("routes", serde_json::to_value(&self.routes).unwrap_or_default()),
        ];
        for (name, value) in members {
            if let Some(report) = report.as_object_mut() {
                report.insert(name.to_owned(), value);
            }
        }
        report
    }
}
