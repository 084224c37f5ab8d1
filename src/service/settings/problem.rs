//! Problems with the settings, all reported at once under the names by which they were set.

use std::fmt;
use std::path::Path;

use derive_more::{Display, Error};

use super::catalog::Setting;
use super::catalog::introspection::INTROSPECTION_SECRET_FILE;
use super::catalog::keys::KEY_FETCH_TOKEN_FILE;
use super::catalog::sender::DPOP_NONCE_KEY_FILE;
use super::catalog::tokens::SECRET_FILE;
use super::misspelled::{MisspelledVariable, misspelled_variables};

/// The settings cannot be used. The operator is at fault; the text, one paragraph per problem, says
/// what to change.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub struct SettingsError {
    #[error(not(source))]
    problems: Vec<Problem>,
    misspelled: Vec<MisspelledVariable>,
}

/// One problem with the settings.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{setting}{}: {advice}", value.as_ref().map(|v| format!(" = {v}")).unwrap_or_default())]
pub struct Problem {
    setting: String,
    value: Option<String>,
    advice: String,
}

impl SettingsError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems, misspelled: Vec::new() }
    }

    /// Adds the environment variables that are probably misspelled settings, by the names of all.
    #[must_use]
    pub fn with_variable_names(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { misspelled: misspelled_variables(names), ..self }
    }

    /// All problems, in catalog order where they concern one setting.
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

    /// The name by which the setting was set: a variable, a flag, or a file and its key.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// The value as it may be shown: quoted, with secrets removed.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What is wrong and what would be right.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(formatter, "One setting must be changed:")?,
            count => write!(formatter, "{count} settings must be changed:")?,
        }
        for problem in &self.problems {
            formatter.write_str("\n")?;
            for line in problem.to_string().lines() {
                let indent = if line.is_empty() { "" } else { "  " };
                write!(formatter, "\n{indent}{line}")?;
            }
        }
        for variable in &self.misspelled {
            write!(formatter, "\n\n  {variable}")?;
        }
        Ok(())
    }
}

/// The value in quotes, with control characters escaped and secrets removed.
fn shown(setting: &Setting, value: &str) -> String {
    if setting.is_secret || may_be_pasted(setting, value) || value.contains("-----BEGIN") {
        return "(redacted)".to_owned();
    }
    if value.contains("://") || setting.value_name == "URL" {
        return format!("{:?}", without_secrets(value));
    }
    format!("{value:?}")
}

/// Whether the value may be a secret that was pasted where the path of its file belongs.
fn may_be_pasted(setting: &Setting, value: &str) -> bool {
    let path = Path::new(value);
    let names_a_secret =
        [INTROSPECTION_SECRET_FILE, KEY_FETCH_TOKEN_FILE, DPOP_NONCE_KEY_FILE].contains(setting);
    // The absolute path of a missing file is mistyped more often than it is a secret.
    let is_meant = path.exists() || (names_a_secret && path.is_absolute());
    (names_a_secret || setting == &SECRET_FILE) && !is_meant
}

/// A URL, or a malformed one, without what can be a password or an API key: everything between `://`
/// and `@`, and the query.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or((None, url), |(s, rest)| (Some(s), rest));
    // The last `@` of all: one in the query would otherwise leave half a password.
    let (credentials, rest) =
        rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("(redacted)@", rest));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) if !query.is_empty() => (rest, "?(redacted)"),
        _ => (rest, ""),
    };
    let scheme = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}{credentials}{rest}{query}")
}

#[cfg(test)]
mod tests {
    use super::super::catalog::tokens::{
        AUDIENCE, ISSUER_BASE_URL, JWKS_URI, PUBLIC_KEY_FILE, SECRET,
    };
    use super::*;

    #[test]
    fn a_value_is_shown_without_what_is_secret_in_it() {
        let table = [
            (&SECRET, "hush", "(redacted)"),
            (&SECRET_FILE, "hush", "(redacted)"),
            (&SECRET_FILE, "/hush", "(redacted)"),
            (&SECRET_FILE, "Cargo.toml", r#""Cargo.toml""#),
            (&INTROSPECTION_SECRET_FILE, "hush", "(redacted)"),
            (&KEY_FETCH_TOKEN_FILE, "hush", "(redacted)"),
            (&DPOP_NONCE_KEY_FILE, "hush", "(redacted)"),
            (&DPOP_NONCE_KEY_FILE, "Cargo.toml", r#""Cargo.toml""#),
            (&DPOP_NONCE_KEY_FILE, "/nowhere", r#""/nowhere""#),
            (&SECRET_FILE, "/", "\"/\""),
            (&PUBLIC_KEY_FILE, "-----BEGIN PRIVATE KEY-----\nhush", "(redacted)"),
            (&ISSUER_BASE_URL, "https://a:hush@b.example/", r#""https://(redacted)@b.example/""#),
            (&ISSUER_BASE_URL, "https://a:hu@sh@b.example/", r#""https://(redacted)@b.example/""#),
            (&ISSUER_BASE_URL, "https://b.example/", r#""https://b.example/""#),
            (&ISSUER_BASE_URL, "https://a:h?u@b.example/", r#""https://(redacted)@b.example/""#),
            (
                &JWKS_URI,
                "https://b.example/jwks?key=hush",
                r#""https://b.example/jwks?(redacted)""#,
            ),
            (&JWKS_URI, "b.example/jwks?key=hush", r#""b.example/jwks?(redacted)""#),
            (&AUDIENCE, "https://b.example?key=hush", r#""https://b.example?(redacted)""#),
            (&AUDIENCE, "what?", r#""what?""#),
            (&ISSUER_BASE_URL, "a\u{1b}[2J", r#""a\u{1b}[2J""#),
        ];
        for (setting, value, expected) in table {
            assert_eq!(shown(setting, value), expected);
        }
    }

    #[test]
    fn misspelled_variables_follow_the_problems() {
        let error = SettingsError::new(vec![Problem::new("AUDIENCE", "not set")]);
        let error = error.with_variable_names(["AUDIANCE".to_owned(), "HOME".to_owned()]);
        let expected = "One setting must be changed:\n\n  AUDIENCE: not set\n\n  AUDIANCE is not a \
                        setting; did you mean AUDIENCE?";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn every_problem_is_a_paragraph() {
        let error = SettingsError::new(vec![
            Problem::with_value("PORT", &ISSUER_BASE_URL, "x", "a number"),
            Problem::new("config/a.toml", "no such file\nmake one"),
        ]);
        assert_eq!(
            error.to_string(),
            "2 settings must be changed:\n\n  PORT = \"x\": a number\n\n  config/a.toml: no such \
             file\n  make one"
        );
    }
}
