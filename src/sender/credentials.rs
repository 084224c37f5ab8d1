//! Credentials of the `Authorization` header field.

mod malformed;
#[cfg(test)]
mod tests;

use derive_more::Display;

pub use self::malformed::MalformedCredentials;

/// Access token of a request: one or more characters of `token68` (RFC 6750 section 2.1).
///
/// `Debug` hides the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a [u8]);

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
        Some(Self(bytes))
    }

    /// The text of the token.
    pub fn as_str(self) -> &'a str {
        // It is ASCII.
        std::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The characters of the token, all of them ASCII.
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
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

fn is_token68(bytes: &[u8]) -> bool {
    is_of_jwts(bytes) || bytes.iter().all(|byte| is_token68_byte(*byte))
}

/// Whether there are only letters, digits and `-`, `.`, `/`, `_`, as in JWTs. This runs for each request:
/// it has no branch for each byte and few operations, and the compiler vectorizes it.
fn is_of_jwts(bytes: &[u8]) -> bool {
    let off_by = |byte: u8| {
        let letters = (byte | 0x20).wrapping_sub(b'a').saturating_sub(25);
        // `-`, `.`, `/` and the ten digits are adjacent.
        let between = byte.wrapping_sub(b'-').saturating_sub(12);
        letters.min(between).min(byte ^ b'_')
    };
    bytes.iter().fold(0, |all, byte| all | off_by(*byte)) == 0
}

const fn is_token68_byte(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the ten digits are adjacent.
    let is_between = byte.wrapping_sub(b'-') < 13;
    is_letter | is_between | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

/// Whether a scheme name may contain the byte (RFC 9110 section 5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
