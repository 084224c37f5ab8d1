//! What the `Authorization` header field holds.

use derive_more::{Display, Error};

/// A bearer token as the header carried it: one or more characters of `token68` and nothing else
/// (RFC 6750 section 2.1).
///
/// Its `Debug` text hides the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a str);

/// The request is malformed; the caller is to blame. Answer 400 with `invalid_request`
/// (RFC 6750 section 3.1).
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum MalformedCredentials {
    /// More than one `Authorization` line: whichever were chosen, another reader could choose the
    /// other.
    #[display("there is more than one Authorization header field")]
    SeveralFields,
    /// The scheme is `Bearer`, and no token follows.
    #[display("the Bearer scheme has no token")]
    NoToken,
    /// What follows `Bearer` holds characters that no token has.
    #[display("the Bearer token holds characters that a token cannot have")]
    ForbiddenCharacter,
}

impl MalformedCredentials {
    /// The text for the caller, in the characters of `error_description`.
    pub const fn description(self) -> &'static str {
        match self {
            Self::SeveralFields => "send exactly one Authorization header field",
            Self::NoToken => "an access token must follow the word Bearer and one space",
            Self::ForbiddenCharacter => "the access token holds characters that no token can have",
        }
    }
}

impl<'a> BearerToken<'a> {
    /// Reads the bearer token from the values of all `Authorization` header fields of a request.
    ///
    /// `None` where there are no credentials, or those of another scheme: the request is then not
    /// authenticated, and the challenge must not speak of an error (RFC 6750 section 3.1).
    ///
    /// ```
    /// use actix_resource_server::sender::{BearerToken, MalformedCredentials};
    ///
    /// let token = BearerToken::from_fields([b"bearer a.b.c".as_slice()])?.expect("a token");
    /// assert_eq!(token.as_str(), "a.b.c");
    /// assert_eq!(BearerToken::from_fields([b"Basic YTpi".as_slice()])?, None);
    /// assert!(BearerToken::from_fields([b"Bearer ".as_slice()]).is_err());
    /// # Ok::<(), MalformedCredentials>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MalformedCredentials`] for several fields, no token or forbidden characters.
    pub fn from_fields(
        fields: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, MalformedCredentials> {
        let mut fields = fields.into_iter();
        let Some(field) = fields.next() else { return Ok(None) };
        if fields.next().is_some() {
            return Err(MalformedCredentials::SeveralFields);
        }
        Self::from_field(field)
    }

    fn from_field(field: &'a [u8]) -> Result<Option<Self>, MalformedCredentials> {
        const SCHEME: &[u8] = b"Bearer";
        let Some((scheme, rest)) = field.split_at_checked(SCHEME.len()) else { return Ok(None) };
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Ok(None);
        }
        match rest.first() {
            None => return Err(MalformedCredentials::NoToken),
            Some(b' ') => {}
            // A scheme whose name only begins with `Bearer` is another scheme.
            Some(byte) if is_tchar(*byte) => return Ok(None),
            Some(_) => return Err(MalformedCredentials::ForbiddenCharacter),
        }
        let token = without_leading_spaces(rest);
        if token.is_empty() {
            return Err(MalformedCredentials::NoToken);
        }
        Self::from_bytes(token).map(Some).ok_or(MalformedCredentials::ForbiddenCharacter)
    }

    /// The token, if these bytes are one: `1*(ALPHA / DIGIT / - . _ ~ + /) *=`.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
        let (body, _) = bytes.split_at_checked(bytes.len().checked_sub(padding)?)?;
        if body.is_empty() || !is_token68(body) {
            return None;
        }
        std::str::from_utf8(bytes).ok().map(Self)
    }

    /// The token's text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for BearerToken<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BearerToken({} characters)", self.0.len())
    }
}

/// Spaces alone, never a tab: the grammar says `1*SP` (RFC 6750 section 2.1).
fn without_leading_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whole pieces at a time and without a branch for each byte, which a compiler turns into a few
/// instructions for sixteen of them: a token is hundreds of bytes long, and comes with each request.
fn is_token68(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|piece| piece.iter().fold(true, |all, byte| all & is_token68_byte(*byte)))
}

const fn is_token68_byte(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the ten digits follow one another.
    let is_between = byte.wrapping_sub(b'-') < 13;
    is_letter | is_between | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

/// A character of a `token`, as scheme names are (RFC 9110 section 5.6.2).
const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::MalformedCredentials::{ForbiddenCharacter, NoToken, SeveralFields};
    use super::*;

    #[test]
    fn the_header_field_is_read_as_rfc_6750_2_1_writes_it() {
        type Row = (&'static [&'static str], Result<Option<&'static str>, MalformedCredentials>);
        let table: [Row; 24] = [
            (&[], Ok(None)),
            (&[""], Ok(None)),
            (&["Basic YTpi"], Ok(None)),
            (&["Bear"], Ok(None)),
            (&["BearerToken abc"], Ok(None)),
            (&["Bearer-2 abc"], Ok(None)),
            (&["DPoP abc"], Ok(None)),
            (&["Bearer abc"], Ok(Some("abc"))),
            (&["bearer abc"], Ok(Some("abc"))),
            (&["BEARER abc"], Ok(Some("abc"))),
            (&["bEaReR    abc"], Ok(Some("abc"))),
            (&["Bearer aZ09-._~+/=="], Ok(Some("aZ09-._~+/=="))),
            (&["Bearer"], Err(NoToken)),
            (&["Bearer "], Err(NoToken)),
            (&["Bearer    "], Err(NoToken)),
            (&["Bearer\tabc"], Err(ForbiddenCharacter)),
            (&["Bearer \tabc"], Err(ForbiddenCharacter)),
            (&["Bearer a b"], Err(ForbiddenCharacter)),
            (&["Bearer a,Bearer b"], Err(ForbiddenCharacter)),
            (&["Bearer \"abc\""], Err(ForbiddenCharacter)),
            (&["Bearer abç"], Err(ForbiddenCharacter)),
            (&["Bearer =="], Err(ForbiddenCharacter)),
            (&["Bearer a=b"], Err(ForbiddenCharacter)),
            (&["Bearer a", "Bearer a"], Err(SeveralFields)),
        ];
        for (fields, expected) in table {
            let read = BearerToken::from_fields(fields.iter().map(|field| field.as_bytes()));
            assert_eq!(read.map(|token| token.map(BearerToken::as_str)), expected, "{fields:?}");
        }
    }

    #[test]
    fn the_characters_are_those_of_token68_and_no_others() {
        const TOKEN68: &str =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
        for byte in 0..=u8::MAX {
            for place in [0, 1, 63, 64, 99] {
                let mut token = [b'a'; 100];
                token[place] = byte;
                // At the end of a token `=` is padding, and that is another matter.
                let expected = TOKEN68.as_bytes().contains(&byte) || (byte, place) == (b'=', 99);
                let accepted = BearerToken::from_bytes(&token).is_some();
                assert_eq!(accepted, expected, "RFC 9110 11.2: {byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn the_debug_text_hides_the_token() {
        let token = BearerToken::from_bytes(b"secret.token.here").expect("token68");
        assert_eq!(format!("{token:?}"), "BearerToken(17 characters)");
    }
}
