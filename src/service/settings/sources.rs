//! Sources of settings, lowest precedence first: the built-in file, the files of the configuration
//! directory, environment variables, command-line flags.

use std::io;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Map, Source, Value, ValueKind};

use super::catalog::sources::{CONFIG_DIR, ENVIRONMENT};
use super::catalog::tokens::ISSUER;
use super::catalog::{Setting, catalog};
use super::issuer_tables;
use super::problem::Problem;
use super::suggestion::suggest;

/// `config/default.toml`: the defaults, and the documentation of every key.
pub(super) const BUILT_IN: &str = include_str!("../../../config/default.toml");

/// Merges all sources: for each key the value of the highest source, and the problems found.
///
/// The origin of a value is the name by which it was set: `PORT`, `--port`, or
/// `config/production.toml: port`.
pub(super) fn gather(
    flag: impl Fn(&Setting) -> Option<String>,
    variable: impl Fn(&str) -> Option<String>,
) -> (Map<String, Value>, Vec<Problem>) {
    let mut problems = Vec::new();
    let flags = SourceValues::flags(&flag);
    let variables = SourceValues::variables(&variable, &mut problems);
    let location = |setting: &Setting| {
        [&flags, &variables].into_iter().find_map(|source| source.text(setting))
    };

    let mut builder = Config::builder().add_source(SourceValues::toml(
        "built-in default.toml",
        BUILT_IN,
        &mut problems,
    ));
    for path in files(location(&CONFIG_DIR), location(&ENVIRONMENT), &mut problems) {
        builder = builder.add_source(SourceValues::file(&path, &mut problems));
    }
    match builder.add_source(variables).add_source(flags).build().map(|config| config.cache) {
        Ok(values) => (values.into_table().unwrap_or_default(), problems),
        Err(error) => {
            problems.push(Problem::new("settings", error.to_string()));
            (Map::new(), problems)
        }
    }
}

/// A value and the name by which it was set.
struct Named {
    name: String,
    text: String,
}

/// The files to read, lowest precedence first. A file selected by a setting must exist.
fn files(
    directory: Option<Named>,
    environment: Option<Named>,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let path = directory.as_ref().map_or(Path::new("config"), |given| Path::new(&given.text));
    if let Some(given) = &directory
        && !path.is_dir()
    {
        let advice = "there is no such directory";
        problems.push(Problem::with_value(&given.name, &CONFIG_DIR, &given.text, advice));
        return Vec::new();
    }
    let mut files = vec![path.join("default.toml")];
    // A file that cannot be inspected is kept, so that reading it reports why.
    files.retain(|file| file.try_exists().unwrap_or(true));
    if let Some(given) = environment {
        let is_name = given.text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let file = path.join(format!("{}.toml", given.text));
        if is_name && file.is_file() {
            files.push(file);
            return files;
        }
        let advice = match is_name {
            true => format!("there is no file {}", file.display()),
            false => "a name contains only letters, digits, - and _".to_owned(),
        };
        problems.push(Problem::with_value(given.name, &ENVIRONMENT, &given.text, advice));
    }
    files
}

/// The values of one source. `Debug` hides them, since some can be secret.
#[derive(derive_more::Debug, Clone)]
#[debug("{:?}", _0.keys())]
struct SourceValues(Map<String, Value>);

impl SourceValues {
    fn flags(flag: impl Fn(&Setting) -> Option<String>) -> Self {
        Self::collect(|setting| {
            Some(Named { name: format!("--{}", setting.flag?), text: flag(setting)? })
        })
    }

    /// An empty variable counts as not set, as `VARIABLE=` in an env file means.
    fn variables(variable: impl Fn(&str) -> Option<String>, problems: &mut Vec<Problem>) -> Self {
        Self::collect(|setting| {
            let mut given = setting.variables.iter().filter_map(|name| {
                let text = variable(name).filter(|text| !text.trim().is_empty())?;
                Some(Named { name: (*name).to_owned(), text })
            });
            let first = given.next()?;
            for other in given.filter(|other| other.text != first.text) {
                let advice = format!("{} has another value; set only one of them", first.name);
                problems.push(Problem::with_value(other.name, setting, &other.text, advice));
            }
            Some(first)
        })
    }

    fn collect(mut given: impl FnMut(&Setting) -> Option<Named>) -> Self {
        let value = |given: Named| Value::new(Some(&given.name), given.text);
        let entry =
            |setting: &'static Setting| Some((setting.key.to_owned(), value(given(setting)?)));
        Self(catalog().filter_map(entry).collect())
    }

    fn file(path: &Path, problems: &mut Vec<Problem>) -> Self {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::toml(&name, &text, problems),
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::InvalidData => "not UTF-8 text".to_owned(),
                    _ => error.to_string(),
                };
                problems.push(Problem::new(name, format!("cannot be read: {reason}")));
                Self(Map::new())
            }
        }
    }

    fn toml(name: &str, text: &str, problems: &mut Vec<Problem>) -> Self {
        let values = File::from_str(text, FileFormat::Toml).collect().unwrap_or_else(|error| {
            problems.push(Problem::new(name, format!("not valid TOML: {}", reason(error))));
            Map::new()
        });
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut known = Map::new();
        for (key, value) in values {
            let origin = format!("{name}: {key}");
            let is_known = catalog().any(|setting| setting.in_files && setting.key == key);
            match value.kind {
                tables if key == issuer_tables::KEY => {
                    let tables = issuer_tables::named(name, tables, problems);
                    known.insert(key, Value::new(Some(&origin), tables));
                }
                _ if !is_known => problems.push(Problem::new(origin, unknown(&key))),
                // Merging would lose the origins of values in tables.
                ValueKind::Table(_) => {
                    let advice = match key == ISSUER.key {
                        true => "no key takes a table; did you mean [[issuers]]?",
                        false => "no key takes a table",
                    };
                    problems.push(Problem::new(origin, advice));
                }
                kind => drop(known.insert(key, Value::new(Some(&origin), kind))),
            }
        }
        Self(known)
    }

    fn text(&self, setting: &Setting) -> Option<Named> {
        let value = self.0.get(setting.key)?;
        let name = value.origin()?.to_owned();
        Some(Named { name, text: value.clone().into_string().ok()? })
    }
}

impl Source for SourceValues {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// The parser's message without the quoted line, which can contain a secret.
fn reason(error: ConfigError) -> String {
    let text = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    let is_quote = |line: &&str| line.contains('|');
    text.lines().filter(|line| !is_quote(line)).collect::<Vec<_>>().join(": ")
}

fn unknown(key: &str) -> String {
    let spelled = key.to_lowercase().replace('-', "_");
    if let Some(setting) = catalog().find(|s| !s.in_files && s.key == spelled) {
        return format!(
            "it selects the files, so a file cannot contain it; use the variable {} or the flag",
            setting.variable()
        );
    }
    let variables = catalog().filter(|setting| setting.in_files).flat_map(|setting| {
        let variables = setting.variables.iter().map(|variable| variable.to_lowercase());
        variables.map(|variable| (variable, setting.key))
    });
    let names: Vec<(String, &str)> = catalog()
        .filter(|setting| setting.in_files)
        .map(|setting| (setting.key.to_owned(), setting.key))
        .chain(variables)
        .collect();
    let meant = suggest(&spelled, names.iter().map(|(name, _)| name.as_str()))
        .and_then(|meant| names.iter().find(|(name, _)| name == meant));
    match meant {
        Some((_, key)) => format!("unknown key; did you mean {key}?"),
        None => "unknown key; default.toml lists all keys".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_is_valid_and_documents_every_setting() {
        let mut problems = Vec::new();
        SourceValues::toml("built-in", BUILT_IN, &mut problems);
        assert_eq!(problems, []);
        let lines: Vec<&str> = BUILT_IN.lines().collect();
        for setting in catalog() {
            let live = format!("{} = ", setting.key);
            let shown = format!("# {live}");
            let has_key = lines.iter().any(|l| l.starts_with(&live) || l.starts_with(&shown));
            assert_eq!(has_key, setting.in_files, "{}", setting.key);
            for variable in setting.variables {
                let is_word = |word: &str| word.trim_end_matches(['.', ',', ';', ')']) == *variable;
                assert!(BUILT_IN.split_whitespace().any(is_word), "{variable}");
            }
        }
    }

    #[test]
    fn every_commented_key_is_valid() {
        for line in BUILT_IN.lines() {
            let Some(shown) = line.strip_prefix("# ").filter(|shown| shown.contains(" = ")) else {
                continue;
            };
            let mut problems = Vec::new();
            SourceValues::toml("shown", shown, &mut problems);
            assert_eq!(problems, [], "{shown}");
        }
    }

    #[test]
    fn an_unknown_key_gets_a_suggestion() {
        let table = [
            ("audiance", "unknown key; did you mean audience?"),
            ("ISSUER_BASE_URL", "unknown key; did you mean issuer_base_url?"),
            ("cors-origin", "unknown key; did you mean cors_origins?"),
            ("rust_log", "unknown key; did you mean log?"),
            ("auth0_audience", "unknown key; did you mean audience?"),
            ("database_url", "unknown key; default.toml lists all keys"),
            (
                "environment",
                "it selects the files, so a file cannot contain it; use the variable ENVIRONMENT or \
                 the flag",
            ),
        ];
        for (key, expected) in table {
            assert_eq!(unknown(key), expected, "{key}");
        }
    }

    #[test]
    fn invalid_toml_is_reported_without_quoting_it() {
        let mut problems = Vec::new();
        SourceValues::toml("a.toml", "port = 1\nsecret = \"hush | hush", &mut problems);
        let text = problems.iter().map(Problem::to_string).collect::<String>();
        assert!(text.starts_with("a.toml: not valid TOML: TOML parse error at line 2"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
}
