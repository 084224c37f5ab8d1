//! Introspection responses (RFC 7662 section 2.2).

use super::fault::IntrospectionFault;
use crate::token::{Expectations, InvalidToken, Members, Timestamp, VerifiedToken};

/// What the issuer says about a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// `active` is `false`.
    Inactive,
    /// `active` is `true`: the response.
    Active(String),
}

impl Answer {
    /// Reads a response: one JSON object with unique names, whose `active` is a JSON boolean.
    pub(super) fn read(json: String) -> Result<Self, IntrospectionFault> {
        let members = Members::parse_whole(&json)?;
        let active = members.read::<bool>("active").ok().flatten();
        drop(members);
        match active {
            Some(true) => Ok(Self::Active(json)),
            Some(false) => Ok(Self::Inactive),
            None => Err(IntrospectionFault::NoActive),
        }
    }

    /// Whether the token is active.
    pub(crate) const fn is_active(&self) -> bool {
        matches!(self, Self::Active(_))
    }
}

/// Judges an answer about a token as of `now`: the claims of an active token are checked like those of
/// a JWT.
pub(crate) fn judge(
    answer: &Answer,
    expected: &Expectations,
    now: Timestamp,
) -> Result<VerifiedToken, InvalidToken> {
    match answer {
        Answer::Inactive => Err(InvalidToken::Inactive),
        Answer::Active(json) => VerifiedToken::from_introspection(json, expected, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::JsonFault;

    #[test]
    fn active_must_be_a_json_boolean() {
        let read = |text: &str| Answer::read(text.to_owned());
        let malformed = |fault| Err(IntrospectionFault::Malformed(fault));
        let active = r#"{"active":true}"#;
        let table = [
            (active, Ok(Answer::Active(active.to_owned()))),
            (r#"{"active":false}"#, Ok(Answer::Inactive)),
            (r#"{"active":false,"exp":"x"}"#, Ok(Answer::Inactive)),
            (r#"{"active":"true"}"#, Err(IntrospectionFault::NoActive)),
            (r#"{"active":1}"#, Err(IntrospectionFault::NoActive)),
            (r#"{"active":null}"#, Err(IntrospectionFault::NoActive)),
            (r#"{"Active":true}"#, Err(IntrospectionFault::NoActive)),
            ("{}", Err(IntrospectionFault::NoActive)),
            (r#"{"active":true,"active":false}"#, malformed(JsonFault::DuplicateMember)),
            (r#"{"active":true,"x":1e999}"#, malformed(JsonFault::UnreadableValue)),
            ("[true]", malformed(JsonFault::NotAnObject)),
            ("<html>", malformed(JsonFault::NotAnObject)),
            ("", malformed(JsonFault::NotAnObject)),
            (r#"{"active":true} {}"#, malformed(JsonFault::NotAnObject)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "RFC 7662 2.2: {text}");
        }
    }
}
