//! The report of `explain` as data and as JSON.

use derive_more::Display;
use serde::Serialize;
use serde_json::{Map, Value};

use super::verdict::Verdict;
use crate::token::{InvalidToken, Timestamp};

/// The explanation of one token.
#[derive(Debug)]
pub struct Report {
    pub(super) verdict: Verdict,
    /// The verdict on the bare token, if something was pasted around it.
    pub(super) without_wrapping: Option<Verdict>,
    /// The problems of the settings, if there was no verifier.
    pub(super) missing: Option<String>,
    pub(super) header: Option<Map<String, Value>>,
    pub(super) claims: Option<Map<String, Value>>,
    pub(super) checks: Vec<Check>,
    pub(super) routes: Vec<RouteVerdict>,
    /// The path that the routes are judged for, if one was given.
    pub(super) path: Option<String>,
    pub(super) now: Timestamp,
}

/// One check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The step that it belongs to.
    pub group: Group,
    /// A stable name.
    pub id: &'static str,
    /// Whether it passed.
    pub outcome: Outcome,
    /// What the token should contain.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What the token contains or, if the check was not reached, the reason.
    pub found: String,
    /// What a failure means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// [`InvalidToken::reason`] of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Why the verifier rejects a token that fails this check.
    #[serde(skip)]
    pub invalid_token: Option<InvalidToken>,
}

/// The steps of verification, in order.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Reading the `Authorization` header of a request.
    Request,
    /// The form of the token as a whole: length, parts, characters.
    Structure,
    /// The first part: the JOSE header.
    Header,
    /// Choosing the issuer.
    Issuer,
    /// The second part: the claims.
    Claims,
    /// Choosing the issuer's key.
    Key,
    /// Verifying the signature.
    Signature,
    /// The binding of the token to its sender (`cnf`).
    Binding,
}

/// The outcome of a check.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The token passes.
    #[display("passed")]
    Passed,
    /// The token is rejected, for this reason or for one before it.
    #[display("FAILED")]
    Failed,
    /// It depends on something that failed or is missing.
    #[display("not reached")]
    NotReached,
}

/// How a route answers a request with this token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteVerdict {
    /// The request's method.
    pub method: String,
    /// The path's pattern.
    pub path: String,
    /// Who may call, as the route table prints it.
    pub policy: String,
    /// Whether the route admits the request.
    pub opens: bool,
    /// The status of the response, if the request is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The words of the policy, each with whether it is met; only where a path is given, since rules
    /// read it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordVerdict>,
    /// The requirements that the token does not meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// How to meet them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

/// Whether one word of a policy is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WordVerdict {
    /// The word as the route table prints it; a rule over the path with its condition.
    pub word: String,
    /// Whether the token meets it on the path.
    pub is_met: bool,
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
            invalid_token: None,
        }
    }

    pub(super) fn not_reached(group: Group, id: &'static str, why: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotReached, ..Self::passed(group, id, why) }
    }

    pub(super) fn failed(group: Group, id: &'static str, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, ..Self::passed(group, id, found) }
    }

    pub(super) fn found(self, found: impl Into<String>) -> Self {
        Self { found: found.into(), ..self }
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

    pub(super) fn rejected(self, reason: InvalidToken) -> Self {
        Self { reason: Some(reason.reason()), invalid_token: Some(reason), ..self }
    }
}

impl Report {
    /// The verifier's verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The checks, in the order of verification.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The exit status of the command: 0 accepted, 1 rejected, 2 settings missing, 3 keys
    /// unavailable.
    pub const fn exit_status(&self) -> u8 {
        match self.verdict {
            Verdict::Accepted => 0,
            Verdict::Rejected(_)
            | Verdict::ProofRejected(_)
            | Verdict::NonceNeeded
            | Verdict::Malformed(_)
            | Verdict::NoCredentials => 1,
            Verdict::NotJudged => 2,
            Verdict::KeysUnavailable { .. } => 3,
        }
    }

    /// [`to_json`](Self::to_json) as ASCII text, so that no claim can send control characters to a
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

    /// The report as JSON. The README documents its members; they are stable.
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
        let path = self.path.clone().map(|path| ("path", path.into()));
        let members = members.into_iter().chain(path);
        if let Some(report) = report.as_object_mut() {
            report.extend(members.map(|(name, value)| (name.to_owned(), value)));
        }
        report
    }
}
