//! Faults of the `Authorization` header field.

use derive_more::{Display, Error};

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
