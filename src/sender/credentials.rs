//! Credentials of the `Authorization` header field.

use derive_more::{Display, Error};

/// Access token of a request: one or more characters of `token68` (RFC 6750 section 2.1).
///
/// `Debug` hides the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a str);

/// An authentication scheme that carries access tokens. Names compare without case
/// (RFC 9110 section 11.1).
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `Bearer` (RFC 6750 section 2.1).
    #[display("Bearer")]
    Bearer,
    /// `DPoP`: the token comes with a proof of possession (RFC 9449 section 7.1).
    #[display("DPoP")]
    Dpop,
}

/// The scheme of the `Authorization` header field and the token that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials<'a> {
    /// The authentication scheme.
    pub scheme: Scheme,
    /// The token.
    pub token: BearerToken<'a>,
}

/// Why credentials are malformed. The caller is at fault; the response is 400 with
/// `invalid_request` (RFC 6750 section 3.1).
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum MalformedCredentials {
    /// More than one `Authorization` field. Two readers could each choose another one.
    #[display("the request has more than one Authorization header field")]
    SeveralFields,
    /// A JWT without a scheme before it.
    #[display("the Authorization header field has a token without a scheme")]
    NoScheme,
    /// `Bearer` without a token.
    #[display("the Bearer scheme has no token")]
    NoToken,
    /// `DPoP` without a token.
    #[display("the DPoP scheme has no token")]
    NoDpopToken,
    /// `Bearer Bearer`, then the token.
    #[display("the Authorization header field names the Bearer scheme twice")]
    SchemeTwice,
    /// The token in quotation marks.
    #[display("the access token is in quotation marks")]
    Quoted,
    /// White space or a line break after the token.
    #[display("white space or a line break follows the access token")]
    TrailingWhitespace,
    /// Another character that is not allowed in a token.
    #[display("the access token contains a character that is not allowed in a token")]
    ForbiddenCharacter,
}

impl MalformedCredentials {
    /// The text for the caller, in the characters of `error_description` (RFC 6750 section 3).
    pub const fn description(self) -> &'static str {
        match self {
            Self::SeveralFields => "send exactly one Authorization header field",
            Self::NoScheme => "the word Bearer and one space must precede the access token",
            Self::NoToken => "an access token must follow the word Bearer and one space",
            Self::NoDpopToken => "an access token must follow the word DPoP and one space",
            Self::SchemeTwice => "the word Bearer must precede the access token only once",
            Self::Quoted => "the access token must not be in quotation marks",
            Self::TrailingWhitespace => {
                "white space or a line break must not follow the access token"
            }
            Self::ForbiddenCharacter => {
                "the access token contains a character that is not allowed in a token"
            }
        }
    }
}

impl Scheme {
    /// The scheme that a request used: that of its one `Authorization` field, if it is one of these.
    pub(crate) fn of_fields<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let field = only_field(fields).ok()??;
        [Self::Bearer, Self::Dpop].into_iter().find(|scheme| {
            let name = scheme.name();
            let word = field.get(..name.len()).unwrap_or_default();
            let ends = field.get(name.len()).is_none_or(|byte| !is_tchar(*byte));
            word.eq_ignore_ascii_case(name) && ends
        })
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::Bearer => b"Bearer",
            Self::Dpop => b"DPoP",
        }
    }
}

impl<'a> Credentials<'a> {
    /// Reads the credentials from the values of all `Authorization` header fields of a request.
    ///
    /// Returns `None` without credentials, and for those of another scheme: the request is then not
    /// authenticated, and the challenge has no error code (RFC 6750 section 3.1).
    ///
    /// ```
    /// use actix_resource_server::sender::{Credentials, Scheme};
    ///
    /// let credentials = Credentials::from_fields([b"dpop a.b.c".as_slice()])?.expect("a token");
    /// assert_eq!(credentials.scheme, Scheme::Dpop);
    /// assert_eq!(credentials.token.as_str(), "a.b.c");
    /// # Ok::<(), actix_resource_server::sender::MalformedCredentials>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MalformedCredentials`] for several fields, a missing scheme or token, or forbidden
    /// characters.
    pub fn from_fields(
        fields: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, MalformedCredentials> {
        let Some(field) = only_field(fields)? else { return Ok(None) };
        if let Some(token) = BearerToken::from_field(field, Scheme::Bearer)? {
            return Ok(Some(token.into()));
        }
        let token = BearerToken::from_field(field, Scheme::Dpop)?;
        Ok(token.map(|token| Self { scheme: Scheme::Dpop, token }))
    }
}

impl<'a> From<BearerToken<'a>> for Credentials<'a> {
    fn from(token: BearerToken<'a>) -> Self {
        Self { scheme: Scheme::Bearer, token }
    }
}

fn only_field<'a>(
    fields: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a [u8]>, MalformedCredentials> {
    let mut fields = fields.into_iter();
    let field = fields.next();
    if fields.next().is_some() {
        return Err(MalformedCredentials::SeveralFields);
    }
    Ok(field)
}

impl<'a> BearerToken<'a> {
    /// Reads the bearer token from the values of all `Authorization` header fields of a request.
    ///
    /// Returns `None` without credentials, and for those of another scheme: the request is then not
    /// authenticated, and the challenge has no error code (RFC 6750 section 3.1).
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
    /// [`MalformedCredentials`] for several fields, a missing scheme or token, or forbidden
    /// characters.
    pub fn from_fields(
        fields: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, MalformedCredentials> {
        let Some(field) = only_field(fields)? else { return Ok(None) };
        Self::from_field(field, Scheme::Bearer)
    }

    fn from_field(field: &'a [u8], scheme: Scheme) -> Result<Option<Self>, MalformedCredentials> {
        let no_token = match scheme {
            Scheme::Bearer => MalformedCredentials::NoToken,
            Scheme::Dpop => MalformedCredentials::NoDpopToken,
        };
        let name = scheme.name();
        let Some((word, rest)) = field.split_at_checked(name.len()) else { return Ok(None) };
        if !word.eq_ignore_ascii_case(name) {
            let bare = is_bare_jwt(field);
            return if bare { Err(MalformedCredentials::NoScheme) } else { Ok(None) };
        }
        match rest.first() {
            None => return Err(no_token),
            Some(b' ') => {}
            // Another scheme, whose name only starts with this one's.
            Some(byte) if is_tchar(*byte) => return Ok(None),
            Some(_) => return Err(MalformedCredentials::ForbiddenCharacter),
        }
        let token = without_leading_spaces(rest);
        if token.is_empty() {
            return Err(no_token);
        }
        Self::from_bytes(token).map(Some).ok_or_else(|| fault_of(token))
    }

    /// Reads a token: `1*(ALPHA / DIGIT / - . _ ~ + /) *=` (RFC 9110 section 11.2).
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
        let (body, _) = bytes.split_at_checked(bytes.len().checked_sub(padding)?)?;
        if body.is_empty() || !is_token68(body) {
            return None;
        }
        std::str::from_utf8(bytes).ok().map(Self)
    }

    /// The text of the token.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for BearerToken<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BearerToken({} characters)", self.0.len())
    }
}

/// Whether the field is a JWT and nothing else. The JSON of its header starts with `{"`.
fn is_bare_jwt(field: &[u8]) -> bool {
    let dots = || field.iter().filter(|byte| **byte == b'.').count();
    field.starts_with(b"eyJ") && is_token68(field) && matches!(dots(), 2 | 4)
}

/// Why these bytes after `Bearer` are not a token.
fn fault_of(bytes: &[u8]) -> MalformedCredentials {
    const SCHEME: &[u8] = b"Bearer";
    let twice = bytes.split_at_checked(SCHEME.len()).is_some_and(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case(SCHEME) && matches!(rest.first(), Some(b' ' | b':'))
    });
    let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\'' | b'`'));
    if twice {
        MalformedCredentials::SchemeTwice
    } else if is_quote(bytes.first()) || is_quote(bytes.last()) {
        MalformedCredentials::Quoted
    } else if BearerToken::from_bytes(bytes.trim_ascii_end()).is_some() {
        MalformedCredentials::TrailingWhitespace
    } else {
        MalformedCredentials::ForbiddenCharacter
    }
}

/// Spaces only, not tabs: the grammar is `1*SP` (RFC 6750 section 2.1).
fn without_leading_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Scans chunks without a branch per byte, so that the compiler vectorizes the loop: this runs for
/// each request.
fn is_token68(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|piece| piece.iter().fold(true, |all, byte| all & is_token68_byte(*byte)))
}

const fn is_token68_byte(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the ten digits are adjacent.
    let is_between = byte.wrapping_sub(b'-') < 13;
    is_letter | is_between | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

/// Whether a scheme name may contain the byte (RFC 9110 section 5.6.2).
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
    use super::MalformedCredentials::{
        ForbiddenCharacter, NoScheme, NoToken, Quoted, SchemeTwice, SeveralFields,
        TrailingWhitespace,
    };
    use super::*;

    #[test]
    fn the_field_is_read_by_the_grammar_of_rfc_6750_2_1() {
        type Row = (&'static [&'static str], Result<Option<&'static str>, MalformedCredentials>);
        let table: [Row; 39] = [
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
            (&["Bearer \"abc\""], Err(Quoted)),
            (&["Bearer 'abc'"], Err(Quoted)),
            (&["Bearer \"abc"], Err(Quoted)),
            (&["Bearer Bearer abc"], Err(SchemeTwice)),
            (&["bearer bearer  abc"], Err(SchemeTwice)),
            (&["Bearer Bearer: abc"], Err(SchemeTwice)),
            (&["Bearer Bearer"], Ok(Some("Bearer"))),
            (&["Bearer DPoP abc"], Err(ForbiddenCharacter)),
            (&["Bearer abc\r"], Err(TrailingWhitespace)),
            (&["Bearer abc== "], Err(TrailingWhitespace)),
            (&["Bearer a\rb"], Err(ForbiddenCharacter)),
            (&["eyJhbGciOiJFUzI1NiJ9.e30.AA"], Err(NoScheme)),
            (&["eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"], Err(NoScheme)),
            (&["eyJhbGciOiJFUzI1NiJ9"], Ok(None)),
            (&["JWT eyJhbGciOiJFUzI1NiJ9.e30.AA"], Ok(None)),
            (&["abcdef.e30.AA"], Ok(None)),
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
    fn both_schemes_are_read_alike_as_rfc_9449_7_1_says() {
        let (bearer, dpop) = (Some(Scheme::Bearer), Some(Scheme::Dpop));
        let table = [
            ("", Ok(None), None),
            ("Basic YTpi", Ok(None), None),
            ("Bearer abc", Ok(Some((Scheme::Bearer, "abc"))), bearer),
            ("DPoP abc", Ok(Some((Scheme::Dpop, "abc"))), dpop),
            ("dpop   abc==", Ok(Some((Scheme::Dpop, "abc=="))), dpop),
            ("DPoPs abc", Ok(None), None),
            ("DPoP", Err(MalformedCredentials::NoDpopToken), dpop),
            ("DPoP  ", Err(MalformedCredentials::NoDpopToken), dpop),
            ("DPoP\tabc", Err(ForbiddenCharacter), dpop),
            ("DPoP \"abc\"", Err(Quoted), dpop),
            ("DPoP abc, Bearer abc", Err(ForbiddenCharacter), dpop),
            ("Bearer abc, DPoP abc", Err(ForbiddenCharacter), bearer),
        ];
        for (field, expected, scheme) in table {
            let read = Credentials::from_fields([field.as_bytes()]);
            let read = read.map(|read| read.map(|read| (read.scheme, read.token.as_str())));
            assert_eq!(read, expected, "{field}");
            assert_eq!(Scheme::of_fields([field.as_bytes()]), scheme, "{field}");
        }
        let two = [b"Bearer abc".as_slice(), b"DPoP abc".as_slice()];
        assert_eq!(Credentials::from_fields(two).map(drop), Err(SeveralFields), "RFC 9449 7.2");
        assert_eq!(Scheme::of_fields(two), None);
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
