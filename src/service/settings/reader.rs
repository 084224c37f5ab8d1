//! Reading typed values out of the gathered ones, noting every problem instead of the first.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::catalog::Setting;
use super::problem::{Problem, SettingsError};

pub(super) struct Reader {
    values: Map<String, Value>,
    problems: Vec<Problem>,
    /// Where the settings stand, if that is a table of its own.
    place: Option<String>,
}

impl Reader {
    pub(super) fn new((values, problems): (Map<String, Value>, Vec<Problem>)) -> Self {
        Self { values, problems, place: None }
    }

    /// A reader for each of the tables of this key, whose problems are to be
    /// [absorbed](Self::absorb).
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

    /// Takes over what was noted while a table was read.
    pub(super) fn absorb(&mut self, table: Self) {
        self.problems.extend(table.problems);
    }

    /// Sets a value that no source gave.
    pub(super) fn set(&mut self, setting: &Setting, text: &str) {
        self.values.insert(setting.key.to_owned(), Value::from(text));
    }

    /// Whether somebody set it, rightly or wrongly. Empty is not set.
    pub(super) fn is_set(&self, setting: &Setting) -> bool {
        self.values.get(setting.key).is_some_and(|value| match &value.kind {
            ValueKind::Nil => false,
            ValueKind::String(text) => !text.trim().is_empty(),
            ValueKind::Array(items) => !items.is_empty(),
            _ => true,
        })
    }

    /// The value, if it is set and right. The error says what would be right.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(setting)?;
        parse(&text).map_err(|error| self.refuse(setting, &text, error)).ok()
    }

    /// The value of a setting that has a default in the built-in file, if it is right.
    pub(super) fn required<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.is_set(setting) {
            let advice = format!("it is empty; its default is {}", setting.default);
            self.problems.push(Problem::new(self.name(setting), advice));
        }
        self.optional(setting, parse)
    }

    /// The values of a list that are right, in order.
    pub(super) fn list<T, E: Display>(
        &mut self,
        setting: &Setting,
        mut parse: impl FnMut(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for text in self.items(setting) {
            match parse(&text) {
                Ok(value) => parsed.push(value),
                Err(error) => self.refuse(setting, &text, error),
            }
        }
        parsed
    }

    /// A whole number of seconds within `range`, of a setting that has a default.
    pub(super) fn seconds(
        &mut self,
        setting: &Setting,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        self.required(setting, |text| seconds(text, range))
    }

    /// Notes that `value` is wrong and what would be right.
    pub(super) fn refuse(&mut self, setting: &Setting, value: &str, advice: impl Display) {
        let name = self.name(setting);
        self.problems.push(Problem::with_value(name, setting, value, advice.to_string()));
    }

    /// Notes that the setting does not go together with the others.
    pub(super) fn refuse_beside(&mut self, setting: &Setting, advice: impl Display) {
        let text = self.values.get(setting.key).and_then(scalar).unwrap_or_default();
        self.refuse(setting, text.trim(), advice);
    }

    /// Whether something was noted about the setting.
    pub(super) fn is_refused(&self, setting: &Setting) -> bool {
        let name = self.name(setting);
        self.problems.iter().any(|problem| problem.setting() == name)
    }

    /// Notes that the setting must be set.
    pub(super) fn refuse_unset(&mut self, setting: &Setting, advice: impl Into<String>) {
        self.problems.push(Problem::new(self.name(setting), advice));
    }

    /// Notes a problem that no single setting has.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The name under which the setting was set, or else its variable.
    pub(super) fn name(&self, setting: &Setting) -> String {
        let origin = self.values.get(setting.key).and_then(Value::origin);
        match (origin, &self.place) {
            (Some(origin), _) => origin.to_owned(),
            (None, Some(place)) => format!("{place}: {}", setting.key),
            (None, None) => setting.variable().to_owned(),
        }
    }

    /// The settings, if nothing was noted on the way to them.
    pub(super) fn finish<T>(self, settings: Option<T>) -> Result<T, SettingsError> {
        match settings {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError::new(self.problems)),
        }
    }

    /// The text of a setting with one value.
    fn text(&mut self, setting: &Setting) -> Option<String> {
        if !self.is_set(setting) {
            return None;
        }
        let value = self.values.get(setting.key)?;
        let Some(text) = scalar(value) else {
            let advice = "it takes one value, not a list";
            self.problems.push(Problem::new(self.name(setting), advice));
            return None;
        };
        // Blanks around a secret may belong to it; around anything else they are slips.
        if setting.is_secret {
            return Some(text);
        }
        self.without_quotes(setting, text.trim())
    }

    /// The texts of a setting with several values.
    fn items(&mut self, setting: &Setting) -> Vec<String> {
        let Some(value) = self.values.get(setting.key).cloned() else { return Vec::new() };
        let texts: Option<Vec<String>> = match &value.kind {
            ValueKind::Array(items) => items.iter().map(scalar).collect(),
            _ => scalar(&value).map(|list| self.split(setting, &list)),
        };
        let Some(texts) = texts else {
            let advice = "it takes a list of texts";
            self.problems.push(Problem::new(self.name(setting), advice));
            return Vec::new();
        };
        let texts = texts.iter().map(|text| text.trim());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    fn split(&mut self, setting: &Setting, list: &str) -> Vec<String> {
        let list = list.trim();
        if list.starts_with('[') && list.ends_with(']') {
            self.refuse(setting, list, "brackets are for files; here write values with commas");
            return Vec::new();
        }
        let list = self.without_quotes(setting, list).unwrap_or_default();
        list.split(',').map(str::to_owned).collect()
    }

    /// The text, unless it is in quotes: `docker run --env-file` takes them as part of the value.
    fn without_quotes(&mut self, setting: &Setting, text: &str) -> Option<String> {
        let quoted = ['"', '\'']
            .into_iter()
            .any(|quote| text.strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote)));
        if quoted {
            self.refuse(setting, text, "the quotes are part of the value; leave them out");
            return None;
        }
        Some(text.to_owned())
    }
}

/// Reads a switch: `on` or `off`, or what files and shells have in their place.
pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("it is either on or off"),
    }
}

/// Reads a whole number of seconds within `range`.
pub(super) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, String> {
    whole_number(text, range, " of seconds").map(Duration::from_secs)
}

/// Reads a whole number within `range`; `of_what` completes the sentence if it is none.
pub(super) fn whole_number(
    text: &str,
    range: RangeInclusive<u64>,
    of_what: &str,
) -> Result<u64, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && range.contains(number)).ok_or_else(|| {
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
