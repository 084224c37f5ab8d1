//! Named defects of tokens.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::{Display, Error};

use super::signing_key::random;
use super::token_maker::TokenMaker;

/// Offset of wrong times, in seconds: more than any clock tolerance.
const AN_HOUR: i64 = 3600;

/// A single defect of an otherwise valid token.
///
/// An API must reject all of them, so a test can try each:
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
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
#[display("{}", self.name())]
#[non_exhaustive]
pub enum Defect {
    /// `exp` was an hour ago.
    Expired,
    /// `nbf` is an hour in the future.
    NotYetValid,
    /// `iss` is a different issuer.
    WrongIssuer,
    /// `aud` is a different API.
    WrongAudience,
    /// `kid` names no published key.
    UnknownKey,
    /// One bit of the signature is wrong.
    BrokenSignature,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
}

/// Error for a text that does not name a [`Defect`]; the caller is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display(
    "defect must be one of expired, not-yet-valid, wrong-issuer, wrong-audience, unknown-key, \
     broken-signature, alg-none"
)]
pub struct UnknownDefect;

impl Defect {
    /// All defects.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::UnknownKey,
        Self::BrokenSignature,
        Self::AlgNone,
    ];

    /// The name, as accepted by `GET /token?defect=…`.
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

    /// A sentence that describes the defect.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Expired => "It expired an hour ago.",
            Self::NotYetValid => "It becomes valid in an hour.",
            Self::WrongIssuer => "It names a different issuer.",
            Self::WrongAudience => "It is for a different API.",
            Self::UnknownKey => "It names a key that the issuer has not published.",
            Self::BrokenSignature => "One bit of its signature is wrong.",
            Self::AlgNone => "It is unsigned: its algorithm is `none`.",
        }
    }
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|defect| defect.name() == text).ok_or(UnknownDefect)
    }
}

impl TokenMaker {
    /// Adds a defect. Call it last: it overrides earlier values of the same part.
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
    fn names_round_trip_and_errors_list_them() {
        for defect in Defect::ALL {
            assert_eq!(defect.name().parse(), Ok(defect));
            assert!(UnknownDefect.to_string().contains(defect.name()), "{defect}");
        }
        for other in ["", "Expired", "none", "expired "] {
            assert_eq!(other.parse::<Defect>(), Err(UnknownDefect), "{other}");
        }
    }
}
