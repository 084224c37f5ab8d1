//! Text from outside, safe to print.

use derive_more::Display;

/// A text from outside, cut to 64 characters, in which everything but printable ASCII is replaced
/// by `?`. It cannot act on a terminal or forge a line of a log file.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct Printable(String);

impl Printable {
    const LONGEST: usize = 64;

    /// Makes `text` safe to print.
    ///
    /// ```
    /// use actix_resource_server::token::Printable;
    ///
    /// assert_eq!(Printable::new("a\nb\u{1b}[31m").to_string(), "a?b?[31m");
    /// ```
    pub fn new(text: &str) -> Self {
        Self::up_to(Self::LONGEST, text)
    }

    /// The same with another limit, in characters: for URLs and names that the reader must copy
    /// whole.
    pub(crate) fn up_to(limit: usize, text: &str) -> Self {
        let safe = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        let mut printable: String = text.chars().take(limit).map(safe).collect();
        if text.chars().nth(limit).is_some() {
            printable.push_str("...");
        }
        Self(printable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printable_text_is_short_plain_ascii() {
        let long = Printable::new(&"k".repeat(10_000)).to_string();
        assert_eq!(long.len(), 67);
        assert!(long.ends_with("k..."));
        assert_eq!(Printable::new("clé\r\n\0\u{202e}").to_string(), "cl?????");
    }
}
