//! The findings of `check`, as text and JSON.

use std::fmt::Write as _;

use derive_more::Display;
use serde::Serialize;

use crate::service::terminal::{Color, Tone, wrapped};

/// All findings, in the order in which to fix them.
///
/// As JSON: `{"level": …, "findings": [{"level", "subject", "text", "advice"}]}`, where a level is
/// `ok`, `warning` or `error`, the level of the whole is that of its worst finding, and `advice` is
/// absent if there is nothing to fix.
#[derive(Debug, Serialize)]
pub(in crate::service) struct Findings {
    level: Level,
    findings: Vec<Finding>,
}

/// One finding.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) subject: String,
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

/// The severity of a finding.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// Correct.
    #[display("ok")]
    Ok,
    /// Possibly a mistake; the service works.
    #[display("warning")]
    Warning,
    /// No token can be accepted until this is fixed.
    #[display("error")]
    Error,
}

impl Findings {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let level = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
        Self { level, findings }
    }

    /// Whether nothing prevents tokens of any issuer from being verified.
    pub(in crate::service) fn is_good(&self) -> bool {
        self.level < Level::Error
    }

    /// The findings line by line, and a summary in the last line.
    pub(in crate::service) fn to_text(&self, color: Color) -> String {
        const INDENT: usize = 9;
        let mut text = String::new();
        for finding in &self.findings {
            let level =
                color.paint(finding.level.tone(), &format!("{:7}", finding.level.to_string()));
            let line = format!("{}: {}", finding.subject, finding.text);
            let _ = writeln!(text, "{level}  {}", wrapped(&line, INDENT));
            if let Some(advice) = &finding.advice {
                let line = format!("fix: {advice}");
                let _ = writeln!(text, "{}{}", " ".repeat(INDENT), wrapped(&line, INDENT));
            }
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let summary = match self.level {
            Level::Ok => "no problems found".to_owned(),
            Level::Warning => format!("usable; warnings: {}", count(Level::Warning)),
            Level::Error => {
                format!("errors: {}, warnings: {}", count(Level::Error), count(Level::Warning))
            }
        };
        let _ = write!(text, "\n{}", color.paint(self.level.tone(), &summary));
        text
    }
}

impl Finding {
    pub(super) fn ok(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject: subject.into(), text: text.into(), advice: None }
    }

    pub(super) fn warning(
        subject: impl Into<String>,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let advice = Some(advice.into());
        Self { level: Level::Warning, subject: subject.into(), text: text.into(), advice }
    }

    pub(super) fn error(
        subject: impl Into<String>,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Error, ..Self::warning(subject, text, advice) }
    }
}

impl Level {
    const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warning => Tone::Doubtful,
            Self::Error => Tone::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_the_whole_is_that_of_the_worst_finding() {
        let warning = || Finding::warning("clock", "slow", "set it");
        let error = || Finding::error("keys", "none", "publish some");
        let good = || Finding::ok("audience", "api");
        let table = [
            (vec![good()], true, "ok       audience: api\n\nno problems found"),
            (
                vec![warning(), good()],
                true,
                "warning  clock: slow\n         fix: set it\nok       audience: api\n\n\
                 usable; warnings: 1",
            ),
            (
                vec![warning(), error()],
                false,
                "warning  clock: slow\n         fix: set it\n\
                 error    keys: none\n         fix: publish some\n\n\
                 errors: 1, warnings: 1",
            ),
        ];
        for (findings, is_good, text) in table {
            let findings = Findings::new(findings);
            assert_eq!(findings.is_good(), is_good);
            assert_eq!(findings.to_text(Color::Off), text);
        }
    }
}
