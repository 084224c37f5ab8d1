//! Log filters in the syntax of `env_filter`, with typos detected.

use log::LevelFilter;

use super::suggestion::suggest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Levels of other loggers, and the one that is meant by each.
const OF_OTHERS: [(&str, &str); 8] = [
    ("all", "trace"),
    ("crit", "error"),
    ("critical", "error"),
    ("fatal", "error"),
    ("none", "off"),
    ("notice", "info"),
    ("silent", "off"),
    ("verbose", "debug"),
];

/// Validates a filter such as `info`, `warn,my_module=debug` or `info/words to look for`.
///
/// `env_filter` treats an unknown level as a module name and then logs nothing else, so
/// `RUST_LOG=inof` would silence the service. A word that resembles a level is rejected.
pub(super) fn read(filter: &str) -> Result<String, String> {
    let (directives, words) = filter.split_once('/').unwrap_or((filter, ""));
    if words.contains('/') {
        return Err("only one / is allowed, before the text to search for".to_owned());
    }
    for directive in directives.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let problem = match directive.split_once('=') {
            Some((module, level)) => wrong_pair(module, level.trim()),
            None => wrong_word(directive),
        };
        if let Some(problem) = problem {
            return Err(problem);
        }
    }
    Ok(filter.to_owned())
}

fn wrong_pair(module: &str, level: &str) -> Option<String> {
    if module.is_empty() || module.ends_with(char::is_whitespace) {
        return Some(format!("no module before ={level}"));
    }
    if !may_be_module(module) {
        return Some(format!("{module:?} is not a module; {level} alone is for all of them"));
    }
    let levels = LEVELS.join(", ");
    let is_level = level.parse::<LevelFilter>().is_ok();
    (!is_level).then(|| format!("{level:?} is not a level; the levels are {levels}"))
}

fn wrong_word(word: &str) -> Option<String> {
    if word.parse::<LevelFilter>().is_ok() || word.contains(['_', ':']) {
        return None;
    }
    if !may_be_module(word) {
        return Some(format!("{word:?} is not a level; the levels are {}", LEVELS.join(", ")));
    }
    let lower = word.to_lowercase();
    let begins =
        |level: &&str| lower.len() > 2 && (level.starts_with(&lower) || lower.starts_with(*level));
    let of_others = OF_OTHERS.into_iter().find(|(level, _)| *level == lower);
    let meant = of_others
        .map(|(_, meant)| meant)
        .or_else(|| LEVELS.into_iter().find(begins))
        .or_else(|| suggest(&lower, LEVELS))?;
    Some(format!(
        "{word:?} is not a level; did you mean {meant}? (a module of that name would be \
         {word}=trace)"
    ))
}

/// Whether a module can have the name, unlike `3` or `*`.
fn may_be_module(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misleading_filters_are_rejected() {
        let table = [
            ("info", Ok(())),
            ("INFO", Ok(())),
            ("off", Ok(())),
            ("info,actix_server=warn", Ok(())),
            ("info, awc= debug", Ok(())),
            ("awc =debug", Err("no module before =debug")),
            ("actix_web", Ok(())),
            ("info/words", Ok(())),
            ("awc", Ok(())),
            ("info_desk", Ok(())),
            (
                "inof",
                Err("\"inof\" is not a level; did you mean info? (a module of that name would be \
                     inof=trace)"),
            ),
            (
                "warning",
                Err("\"warning\" is not a level; did you mean warn? (a module of that name would \
                     be warning=trace)"),
            ),
            ("3", Err("\"3\" is not a level; the levels are off, error, warn, info, debug, trace")),
            ("*", Err("\"*\" is not a level; the levels are off, error, warn, info, debug, trace")),
            ("*=debug", Err("\"*\" is not a module; debug alone is for all of them")),
            (
                "verbose",
                Err(
                    "\"verbose\" is not a level; did you mean debug? (a module of that name would \
                     be verbose=trace)",
                ),
            ),
            (
                "FATAL",
                Err(
                    "\"FATAL\" is not a level; did you mean error? (a module of that name would be \
                     FATAL=trace)",
                ),
            ),
            (
                "awc=loud",
                Err("\"loud\" is not a level; the levels are off, error, warn, info, debug, trace"),
            ),
            (
                "a=b=c",
                Err("\"b=c\" is not a level; the levels are off, error, warn, info, debug, trace"),
            ),
            ("=info", Err("no module before =info")),
            ("info/a/b", Err("only one / is allowed, before the text to search for")),
        ];
        for (filter, expected) in table {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(read(filter).map(drop), expected, "{filter}");
        }
    }
}
