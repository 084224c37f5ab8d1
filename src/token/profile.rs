//! Required token formats.

use std::str::FromStr;

use derive_more::{Display, Error};

/// The format that access tokens must have.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// What issuers use in practice: `typ` may be absent or `JWT`, and only `iss`, `aud` and `exp` are
    /// required.
    #[default]
    #[display("any")]
    Any,
    /// RFC 9068: `typ` must be `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are required too.
    #[display("rfc9068")]
    Rfc9068,
}

/// The text does not name a profile; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a token profile; it is `any` or `rfc9068`")]
pub struct UnknownProfile;

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "any" => Ok(Self::Any),
            "rfc9068" => Ok(Self::Rfc9068),
            _ => Err(UnknownProfile),
        }
    }
}
