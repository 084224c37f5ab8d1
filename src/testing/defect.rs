//! What can be wrong with a token, each by a name that a command line or a page can send.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::{Display, Error};

use super::signing_key::random;
use super::token_maker::TokenMaker;

/// How far in the past or the future a wrong time is, in seconds: more than any clock tolerance.
const AN_HOUR: i64 = 3600;

/// One thing that is wrong with a token which is otherwise good.
///
/// An API should refuse all of them, so that a test may simply try each:
///
/// ```
/// use actix_resource_server::verifier::Verifier;
/// use actix_resource_server::testing::{Defect, TestIssuer};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = TestIssuer::start();
/// let verifier = Verifier::builder().issuer(issuer.url()).audience("https://api.example").start()?;
///
/// for defect in Defect::ALL {
///     let token = issuer.token().audience("https://api.example").with_defect(defect).encode();
///     assert!(verifier.verify(&token).await.is_err(), "{defect}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// `exp` was an hour ago.
    Expired,
    /// `nbf` is an hour ahead.
    NotYetValid,
    /// `iss` is another issuer.
    WrongIssuer,
    /// `aud` is another API.
    WrongAudience,
    /// `kid` is that of no published key.
    UnknownKey,
    /// One bit of the signature is wrong.
    BrokenSignature,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
}

/// The text names no defect; whoever wrote it is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display(
    "defect is one of expired, not-yet-valid, wrong-issuer, wrong-audience, unknown-key, \
     broken-signature, alg-none"
)]
pub struct UnknownDefect;

impl Defect {
    /// Every defect.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::UnknownKey,
        Self::BrokenSignature,
        Self::AlgNone,
    ];

    /// The name, as `GET /token?defect=…` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongIssuer => "wrong-issuer",
            Self::WrongAudience => "wrong-audience",
            Self::UnknownKey => "unknown-key",
            Self::BrokenSignature => "broken-signature",
            Self::AlgNone => "alg-none",
        }
    }

    /// What is wrong, in words.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Expired => "It ended an hour ago.",
            Self::NotYetValid => "It begins in an hour.",
            Self::WrongIssuer => "Somebody else claims to have issued it.",
            Self::WrongAudience => "It is meant for another API.",
            Self::UnknownKey => "It names a key that the issuer never published.",
            Self::BrokenSignature => "One bit of its signature is wrong.",
            Self::AlgNone => "Nobody signed it, and it says so.",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|defect| defect.name() == text).ok_or(UnknownDefect)
    }
}

impl TokenMaker {
    /// The token with this wrong. Say it last: it overrides what was said of the same part.
    pub fn with_defect(self, defect: Defect) -> Self {
        match defect {
            Defect::Expired => self.issued_in(-2 * AN_HOUR).expires_in(-AN_HOUR),
            Defect::NotYetValid => self.not_before_in(AN_HOUR).expires_in(2 * AN_HOUR),
            Defect::WrongIssuer => self.claim("iss", "https://another-issuer.example/"),
            Defect::WrongAudience => self.audience("https://another-api.example"),
            Defect::UnknownKey => self.header("kid", URL_SAFE_NO_PAD.encode(random(12))),
            Defect::BrokenSignature => self.broken_signature(),
            Defect::AlgNone => self.unsigned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_read_back_and_told_to_whoever_writes_another() {
        for defect in Defect::ALL {
            assert_eq!(defect.name().parse(), Ok(defect));
            assert!(UnknownDefect.to_string().contains(defect.name()), "{defect}");
        }
        for other in ["", "Expired", "none", "expired "] {
            assert_eq!(other.parse::<Defect>(), Err(UnknownDefect), "{other}");
        }
    }
}
