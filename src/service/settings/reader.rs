//! Typed reading of gathered values, collecting all problems.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::catalog::Setting;
use super::problem::{Problem, SettingsError};

pub(super) struct Reader {
    values: Map<String, Value>,
    problems: Vec<Problem>,
    /// The table that the values belong to, if any.
    place: Option<String>,
}

impl Reader {
    pub(super) fn new((values, problems): (Map<String, Value>, Vec<Problem>)) -> Self {
        Self { values, problems, place: None }
    }

    /// Returns a reader per table of this key. [Absorb](Self::absorb) each afterwards.
    pub(super) fn tables(&self, key: &str) -> Vec<Self> {
        let Some(ValueKind::Array(tables)) = self.values.get(key).map(|value| &value.kind) else {
            return Vec::new();
        };
        let table = |value: &Value| match &value.kind {
            ValueKind::Table(values) => Some(Self {
                values: values.clone(),
                problems: Vec::new(),
                place: value.origin().map(str::to_owned),
            }),
            _ => None,
        };
        tables.iter().filter_map(table).collect()
    }

    /// Takes over the problems of a table.
    pub(super) fn absorb(&mut self, table: Self) {
        self.problems.extend(table.problems);
    }

    /// Sets a value that no source gave.
    pub(super) fn set(&mut self, setting: &Setting, text: &str) {
        self.values.insert(setting.key.to_owned(), Value::from(text));
    }

    /// Whether the setting has a value, valid or not. An empty one counts as not set.
    pub(super) fn is_set(&self, setting: &Setting) -> bool {
        self.values.get(setting.key).is_some_and(|value| match &value.kind {
            ValueKind::Nil => false,
            ValueKind::String(text) => !text.trim().is_empty(),
            ValueKind::Array(items) => !items.is_empty(),
            _ => true,
        })
    }

    /// The text of a single-valued setting as its source has it, valid or not.
    pub(super) fn source_text(&self, setting: &Setting) -> Option<String> {
        self.values.get(setting.key).and_then(scalar)
    }

    /// Returns the value if it is set and valid. The error of `parse` says what would be valid.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(setting)?;
        parse(&text).map_err(|error| self.report_invalid(setting, &text, error)).ok()
    }

    /// Returns the value, if valid, of a setting with a default in the built-in file.
    pub(super) fn required<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.is_set(setting) {
            self.report(setting, format!("empty; the default is {}", setting.default));
        }
        self.optional(setting, parse)
    }

    /// Returns the valid values of a list, in order.
    pub(super) fn list<T, E: Display>(
        &mut self,
        setting: &Setting,
        mut parse: impl FnMut(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for text in self.items(setting) {
            match parse(&text) {
                Ok(value) => parsed.push(value),
                Err(error) => self.report_invalid(setting, &text, error),
            }
        }
        parsed
    }

    /// Returns a whole number of seconds within `range`, of a setting with a default.
    pub(super) fn seconds(
        &mut self,
        setting: &Setting,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        self.required(setting, |text| seconds(text, range))
    }

    /// Returns a whole number within `range`, of a setting with a default.
    pub(super) fn number<T: FromStr>(
        &mut self,
        setting: &Setting,
        range: RangeInclusive<u64>,
    ) -> Option<T> {
        self.required(setting, |text| whole_number(text, range, ""))
    }

    /// As [`number`](Self::number), of bytes.
    pub(super) fn bytes<T: FromStr>(
        &mut self,
        setting: &Setting,
        range: RangeInclusive<u64>,
    ) -> Option<T> {
        self.required(setting, |text| whole_number(text, range, " of bytes"))
    }

    /// Reports an invalid value, with what would be valid.
    pub(super) fn report_invalid(&mut self, setting: &Setting, value: &str, advice: impl Display) {
        let name = self.name(setting);
        self.problems.push(Problem::with_value(name, setting, value, advice.to_string()));
    }

    /// Reports that the setting conflicts with others.
    pub(super) fn report_conflict(&mut self, setting: &Setting, advice: impl Display) {
        let text = match self.values.get(setting.key) {
            Some(Value { kind: ValueKind::Array(items), .. }) => {
                items.iter().filter_map(scalar).collect::<Vec<_>>().join(",")
            }
            value => value.and_then(scalar).unwrap_or_default(),
        };
        self.report_invalid(setting, text.trim(), advice);
    }

    /// Whether a problem of the setting was reported.
    pub(super) fn has_problem(&self, setting: &Setting) -> bool {
        let name = self.name(setting);
        self.problems.iter().any(|problem| problem.setting() == name)
    }

    /// Reports a problem without showing a value.
    pub(super) fn report(&mut self, setting: &Setting, advice: impl Into<String>) {
        self.problems.push(Problem::new(self.name(setting), advice));
    }

    /// Reports a problem that concerns no single setting.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The name by which the setting was set, or else its variable.
    pub(super) fn name(&self, setting: &Setting) -> String {
        let origin = self.values.get(setting.key).and_then(Value::origin);
        match (origin, &self.place) {
            (Some(origin), _) => origin.to_owned(),
            (None, Some(place)) => format!("{place}: {}", setting.key),
            (None, None) => setting.variable().to_owned(),
        }
    }

    /// Returns the settings if no problem was reported.
    pub(super) fn finish<T>(self, settings: Option<T>) -> Result<T, SettingsError> {
        match settings {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError::new(self.problems)),
        }
    }

    /// Returns the text of a single-valued setting.
    fn text(&mut self, setting: &Setting) -> Option<String> {
        if !self.is_set(setting) {
            return None;
        }
        let value = self.values.get(setting.key)?;
        let Some(text) = scalar(value) else {
            self.report(setting, "takes one value, not a list");
            return None;
        };
        // Spaces around a secret may be part of it; around other values they are mistakes.
        if setting.is_secret {
            return Some(text);
        }
        self.without_quotes(setting, text.trim())
    }

    /// Returns the texts of a list setting.
    fn items(&mut self, setting: &Setting) -> Vec<String> {
        let Some(value) = self.values.get(setting.key).cloned() else { return Vec::new() };
        let texts: Option<Vec<String>> = match &value.kind {
            ValueKind::Array(items) => items.iter().map(scalar).collect(),
            _ => scalar(&value).map(|list| self.split(setting, &list)),
        };
        let Some(texts) = texts else {
            self.report(setting, "takes a list of texts");
            return Vec::new();
        };
        let texts = texts.iter().map(|text| text.trim());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    fn split(&mut self, setting: &Setting, list: &str) -> Vec<String> {
        let list = list.trim();
        if list.starts_with('[') && list.ends_with(']') {
            let advice = "brackets are for files; separate values with commas here";
            self.report_invalid(setting, list, advice);
            return Vec::new();
        }
        let list = self.without_quotes(setting, list).unwrap_or_default();
        list.split(',').map(str::to_owned).collect()
    }

    /// Rejects quoted text: `docker run --env-file` makes the quotes part of the value.
    fn without_quotes(&mut self, setting: &Setting, text: &str) -> Option<String> {
        let quoted = ['"', '\'']
            .into_iter()
            .any(|quote| text.strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote)));
        if quoted {
            self.report_invalid(setting, text, "remove the quotes; they are part of the value");
            return None;
        }
        Some(text.to_owned())
    }
}

/// Parses a switch: `on` or `off`; also `true` or `false`.
pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("it must be on or off"),
    }
}

/// Parses a whole number of seconds within `range`.
pub(super) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, String> {
    whole_number(text, range, " of seconds").map(Duration::from_secs)
}

/// Parses a whole number within `range`; `of_what` completes the error message.
pub(super) fn whole_number<T: FromStr>(
    text: &str,
    range: RangeInclusive<u64>,
    of_what: &str,
) -> Result<T, String> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_within = text.parse().is_ok_and(|number| range.contains(&number));
    let number = text.parse().ok().filter(|_| is_within && text.bytes().all(is_digit));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        format!("it must be a whole number{of_what} from {least} to {most}")
    })
}

fn scalar(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Nil | ValueKind::Table(_) | ValueKind::Array(_) => None,
        kind => Some(kind.to_string()),
    }
}
