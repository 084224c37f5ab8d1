//! Text for a terminal: colors and line breaks.

use std::io::IsTerminal as _;

/// Maximum length of a line in characters; longer words are not broken.
const WIDTH: usize = 96;

/// Whether to color text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Off,
    /// Colored by ANSI escape codes.
    On,
}

/// The meaning of a piece of text, shown by its color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Doubtful,
    Bad,
    Strong,
    Faint,
}

impl Color {
    /// On if standard output is a terminal that supports colors and `NO_COLOR` is not set.
    pub(super) fn of_standard_output(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self::of(std::io::stdout().is_terminal(), variable)
    }

    /// The same for standard error.
    pub(super) fn of_standard_error(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self::of(std::io::stderr().is_terminal(), variable)
    }

    fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|terminal| terminal == "dumb");
        if is_set("NO_COLOR") || dumb || !is_terminal { Self::Off } else { Self::On }
    }

    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if self == Self::Off {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Doubtful => "33",
            Tone::Bad => "31",
            Tone::Strong => "1",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text in lines of bounded width. Lines after the first begin with `indent` spaces; the first is
/// assumed to start at that column.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let room = WIDTH.saturating_sub(indent);
    let mut lines = String::new();
    let mut length = 0_usize;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if length > 0 && length.saturating_add(1).saturating_add(width) > room {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length = length.saturating_add(1);
        }
        lines.push_str(word);
        length = length.saturating_add(width);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_and_words_are_not_broken() {
        let text = format!("{} {} end", "a".repeat(60), "b".repeat(40));
        let expected = format!("{}\n    {} end", "a".repeat(60), "b".repeat(40));
        assert_eq!(wrapped(&text, 4), expected);
        let long = "c".repeat(200);
        assert_eq!(wrapped(&long, 4), long);
        assert_eq!(wrapped("", 4), "");
    }

    #[test]
    fn there_is_no_color_without_a_terminal() {
        assert_eq!(Color::Off.paint(Tone::Bad, "text"), "text");
        assert_eq!(Color::On.paint(Tone::Bad, "text"), "\u{1b}[31mtext\u{1b}[0m");
        let no_color = |name: &str| (name == "NO_COLOR").then(|| "1".to_owned());
        assert_eq!(Color::of(true, no_color), Color::Off);
        assert_eq!(Color::of(true, |_| None), Color::On);
        assert_eq!(Color::of(false, |_| None), Color::Off);
    }
}
