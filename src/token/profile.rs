//! Required token formats.

use derive_more::{Display, Error, FromStr};

/// The format that access tokens must have.
#[derive(Debug, Display, FromStr, Clone, Copy, PartialEq, Eq, Default)]
#[display(rename_all = "lowercase")]
#[from_str(rename_all = "lowercase")]
#[from_str(error(UnknownProfile, |_| UnknownProfile))]
pub enum Profile {
    /// What issuers use in practice: `typ` may be absent or `JWT`, and only `iss`, `aud` and `exp` are
    /// required.
    #[default]
    Any,
    /// RFC 9068: `typ` must be `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are required too.
    Rfc9068,
}

/// The text does not name a profile; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a token profile; it is `any` or `rfc9068`")]
pub struct UnknownProfile;
