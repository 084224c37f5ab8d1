//! Granted scopes.

use super::json::OneOrMany;

/// The granted scopes: a set of scope-tokens, compared exactly (RFC 6749 section 3.3).
///
/// ```
/// use actix_resource_server::token::Scopes;
///
/// let scopes = Scopes::from_text("openid read:messages");
/// assert!(scopes.contains("read:messages"));
/// assert!(!scopes.contains("READ:messages"));
/// assert!(!scopes.contains("read"));
/// assert_eq!(scopes.iter().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Box<str>);

impl Scopes {
    /// Reads a space-separated list. Words that are not valid scopes are skipped, since no route can
    /// require them.
    pub fn from_text(text: &str) -> Self {
        Self::from_tokens(text.split(' '))
    }

    pub(crate) fn from_claim(claim: OneOrMany) -> Self {
        match claim {
            OneOrMany::One(text) if is_tidy_list(&text) => Self(text.into_boxed_str()),
            OneOrMany::One(text) => Self::from_text(&text),
            OneOrMany::Many(tokens) => Self::from_tokens(tokens.iter().map(String::as_str)),
        }
    }

    /// An element of an array is one scope, so an element with a space is skipped.
    fn from_tokens<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        let mut list = String::new();
        for token in tokens.filter(|token| is_scope_token(token)) {
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(token);
        }
        Self(list.into_boxed_str())
    }

    /// Whether exactly this scope is granted. Case matters.
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|granted| granted == scope)
    }

    /// The granted scopes in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// The scopes as one space-separated text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the text is valid scopes separated by single spaces, as it nearly always is. Without a
/// branch per byte, so that the compiler vectorizes it.
fn is_tidy_list(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_allowed = |byte: u8| (byte == b' ') | is_scope_character(byte);
    let allowed = bytes.iter().fold(true, |all, byte| all & is_allowed(*byte));
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let gap = pairs.fold(false, |gap, (a, b)| gap | ((*a == b' ') & (*b == b' ')));
    allowed && !gap && bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ')
}

const fn is_scope_character(byte: u8) -> bool {
    (byte > 0x20) & (byte < 0x7f) & (byte != b'"') & (byte != b'\\')
}

/// Whether `text` is a valid scope (`scope-token`): one or more of `%x21 / %x23-5B / %x5D-7E`
/// (RFC 6749 section 3.3).
///
/// ```
/// use actix_resource_server::token::is_scope_token;
///
/// assert!(is_scope_token("read:messages"));
/// assert!(!is_scope_token("two words"));
/// assert!(!is_scope_token(""));
/// ```
pub const fn is_scope_token(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    if bytes.is_empty() {
        return false;
    }
    while let [byte, rest @ ..] = bytes {
        if !is_scope_character(*byte) {
            return false;
        }
        bytes = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_a_text_or_an_array() {
        let one = |text: &str| Scopes::from_claim(OneOrMany::One(text.to_owned()));
        let many = |tokens: &[&str]| {
            Scopes::from_claim(OneOrMany::Many(tokens.iter().map(ToString::to_string).collect()))
        };
        let table = [
            (one("a b"), "a b"),
            (one("  a   b "), "a b"),
            (one("a\tb c"), "c"),
            (one(""), ""),
            (one(" a"), "a"),
            (one("a "), "a"),
            (one("a\u{7f} b"), "b"),
            (one("é b"), "b"),
            (one("a!#[]~ b"), "a!#[]~ b"),
            (many(&["a", "b"]), "a b"),
            (many(&["a b", "c"]), "c"),
            (many(&["", "a\"b", "é"]), ""),
        ];
        for (scopes, expected) in table {
            assert_eq!(scopes.as_str(), expected, "RFC 6749 3.3");
        }
    }

    #[test]
    fn a_list_is_tidy_if_nothing_in_it_must_be_left_out() {
        for byte in 0..=u8::MAX {
            let text = format!("a b{}c", char::from(byte));
            let is_valid = byte == b' ' || is_scope_character(byte);
            assert_eq!(is_tidy_list(&text), is_valid, "RFC 6749 3.3: {text:?}");
        }
        for tidy in ["", "a", "a b", "a b c"] {
            assert!(is_tidy_list(tidy), "{tidy:?}");
        }
        for untidy in [" ", " a", "a ", "a  b", "a b  c", "é"] {
            assert!(!is_tidy_list(untidy), "{untidy:?}");
        }
    }

    #[test]
    fn a_part_of_a_name_grants_nothing() {
        let scopes = Scopes::from_text("read:messages");
        for scope in ["", " ", "read", "read:message", "read:messages ", "Read:messages"] {
            assert!(!scopes.contains(scope), "{scope:?}");
        }
    }
}
