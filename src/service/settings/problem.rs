//! What is wrong with the settings: everything at once, in the words of whoever set them.

use std::fmt;
use std::path::Path;

use derive_more::{Display, Error};

use super::catalog::Setting;
use super::catalog::tokens::SECRET_FILE;

/// The settings cannot be used. Whoever configured the service is to blame; the text, one
/// paragraph a problem, tells them what to change.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub struct SettingsError {
    #[error(not(source))]
    problems: Vec<Problem>,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{setting}{}: {advice}", value.as_ref().map(|v| format!(" = {v}")).unwrap_or_default())]
pub struct Problem {
    setting: String,
    value: Option<String>,
    advice: String,
}

impl SettingsError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Every problem, in the order of the catalog as far as they have one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Problem {
    pub(super) fn new(setting: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { setting: setting.into(), value: None, advice: advice.into() }
    }

    pub(super) fn with_value(
        name: impl Into<String>,
        setting: &Setting,
        value: &str,
        advice: impl Into<String>,
    ) -> Self {
        Self { value: Some(shown(setting, value)), ..Self::new(name, advice) }
    }

    /// The setting under the name by which it was set: a variable, a flag, or a file and its key.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// The value as it may be shown: quoted, and without anything secret.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What is wrong with it and what would be right.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(formatter, "One setting has to be changed:")?,
            count => write!(formatter, "{count} settings have to be changed:")?,
        }
        for problem in &self.problems {
            formatter.write_str("\n")?;
            for line in problem.to_string().lines() {
                let indent = if line.is_empty() { "" } else { "  " };
                write!(formatter, "\n{indent}{line}")?;
            }
        }
        Ok(())
    }
}

/// The value in quotes, with control characters escaped; or what may be known of it.
fn shown(setting: &Setting, value: &str) -> String {
    // A key or secret pasted where its file's path belongs is as secret as in its right place.
    let may_be_pasted = setting == &SECRET_FILE && !Path::new(value).exists();
    if setting.is_secret || may_be_pasted || value.contains("-----BEGIN") {
        return "(redacted)".to_owned();
    }
    // Whatever stands between `://` and `@` may be a password.
    match value.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
    {
        Some((scheme, (_, host))) => format!("{:?}", format!("{scheme}://(redacted)@{host}")),
        None => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::tokens::{ISSUER_BASE_URL, PUBLIC_KEY_FILE, SECRET};
    use super::*;

    #[test]
    fn a_value_is_shown_without_what_is_secret_in_it() {
        let table = [
            (&SECRET, "hush", "(redacted)"),
            (&SECRET_FILE, "hush", "(redacted)"),
            (&SECRET_FILE, "/", "\"/\""),
            (&PUBLIC_KEY_FILE, "-----BEGIN PRIVATE KEY-----\nhush", "(redacted)"),
            (&ISSUER_BASE_URL, "https://a:hush@b.example/", r#""https://(redacted)@b.example/""#),
            (&ISSUER_BASE_URL, "https://a:hu@sh@b.example/", r#""https://(redacted)@b.example/""#),
            (&ISSUER_BASE_URL, "https://b.example/", r#""https://b.example/""#),
            (&ISSUER_BASE_URL, "a\u{1b}[2J", r#""a\u{1b}[2J""#),
        ];
        for (setting, value, expected) in table {
            assert_eq!(shown(setting, value), expected);
        }
    }

    #[test]
    fn every_problem_is_a_paragraph() {
        let error = SettingsError::new(vec![
            Problem::with_value("PORT", &ISSUER_BASE_URL, "x", "a number"),
            Problem::new("config/a.toml", "no such file\nmake one"),
        ]);
        assert_eq!(
            error.to_string(),
            "2 settings have to be changed:\n\n  PORT = \"x\": a number\n\n  config/a.toml: no such \
             file\n  make one"
        );
    }
}
