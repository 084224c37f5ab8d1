//! Named defects of DPoP proofs.

use std::str::FromStr;

use derive_more::{Display, Error};
use serde_json::{Value, json};

use super::proof_maker::ProofMaker;
use super::signing_key::SigningKey;
use crate::token::Algorithm;

/// A single defect of an otherwise valid DPoP proof. An API must reject each with
/// `invalid_dpop_proof` (RFC 9449 section 4.3).
///
/// ```
/// use actix_resource_server::testing::{ProofDefect, ProofMaker, SigningKey};
/// use actix_resource_server::token::Algorithm;
///
/// let key = SigningKey::generate(Algorithm::EdDsa);
/// for defect in ProofDefect::ALL {
///     let proof = ProofMaker::new(&key).with_defect(defect).encode();
///     println!("{defect} ({}): {proof}", defect.section());
/// }
/// ```
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
#[display("{}", self.name())]
#[non_exhaustive]
pub enum ProofDefect {
    /// Not a JWT.
    NotAJwt,
    /// Encrypted rather than signed: five parts.
    Encrypted,
    /// `typ` is `JWT`.
    WrongType,
    /// `typ` is missing.
    WithoutType,
    /// `alg` is `none`.
    AlgNone,
    /// Signed with a shared secret.
    Symmetric,
    /// `jwk` is missing.
    WithoutKey,
    /// `jwk` holds the private key.
    PrivateKey,
    /// `jwk` is huge.
    HugeKey,
    /// `crit` asks for an extension.
    Critical,
    /// A member name occurs twice.
    Duplicate,
    /// One bit of the signature is wrong.
    BrokenSignature,
    /// Signed by another key than `jwk`.
    OtherSigner,
    /// `jti` is missing.
    WithoutId,
    /// `jti` is a number.
    MistypedId,
    /// `htm` is missing.
    WithoutMethod,
    /// `htm` is another method.
    OtherMethod,
    /// `htm` is in lower case.
    LowercaseMethod,
    /// `htu` is missing.
    WithoutTarget,
    /// `htu` is another host.
    OtherHost,
    /// `htu` is another path.
    OtherPath,
    /// `htu` is a path alone.
    RelativeTarget,
    /// `iat` is missing.
    WithoutTime,
    /// `iat` was an hour ago.
    Old,
    /// `iat` is an hour in the future.
    Future,
    /// `ath` is missing.
    WithoutHash,
    /// `ath` is the hash of another token.
    OtherHash,
    /// `exp` was an hour ago.
    Expired,
}

/// Error for a text that does not name a [`ProofDefect`]; the caller is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not the name of a defect of DPoP proofs")]
pub struct UnknownProofDefect;

const AN_HOUR: f64 = 3600.0;

impl ProofDefect {
    /// All defects.
    pub const ALL: [Self; 28] = [
        Self::NotAJwt,
        Self::Encrypted,
        Self::WrongType,
        Self::WithoutType,
        Self::AlgNone,
        Self::Symmetric,
        Self::WithoutKey,
        Self::PrivateKey,
        Self::HugeKey,
        Self::Critical,
        Self::Duplicate,
        Self::BrokenSignature,
        Self::OtherSigner,
        Self::WithoutId,
        Self::MistypedId,
        Self::WithoutMethod,
        Self::OtherMethod,
        Self::LowercaseMethod,
        Self::WithoutTarget,
        Self::OtherHost,
        Self::OtherPath,
        Self::RelativeTarget,
        Self::WithoutTime,
        Self::Old,
        Self::Future,
        Self::WithoutHash,
        Self::OtherHash,
        Self::Expired,
    ];

    /// The name and the section of the specification that forbids the defect.
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::NotAJwt => ("not-a-jwt", "RFC 9449 4.3-2"),
            Self::Encrypted => ("encrypted", "RFC 9449 4.3-2"),
            Self::WrongType => ("wrong-type", "RFC 9449 4.3-4"),
            Self::WithoutType => ("without-type", "RFC 9449 4.3-4"),
            Self::AlgNone => ("alg-none", "RFC 9449 4.3-5"),
            Self::Symmetric => ("symmetric", "RFC 9449 4.3-5"),
            Self::WithoutKey => ("without-key", "RFC 9449 4.3-3"),
            Self::PrivateKey => ("private-key", "RFC 9449 4.3-7"),
            Self::HugeKey => ("huge-key", "RFC 9449 11.6"),
            Self::Critical => ("critical", "RFC 7515 4.1.11"),
            Self::Duplicate => ("duplicate", "RFC 7515 4"),
            Self::BrokenSignature => ("broken-signature", "RFC 9449 4.3-6"),
            Self::OtherSigner => ("other-signer", "RFC 9449 4.3-6"),
            Self::WithoutId => ("without-id", "RFC 9449 4.3-3"),
            Self::MistypedId => ("mistyped-id", "RFC 7519 4.1.7"),
            Self::WithoutMethod => ("without-method", "RFC 9449 4.3-3"),
            Self::OtherMethod => ("other-method", "RFC 9449 4.3-8"),
            Self::LowercaseMethod => ("lowercase-method", "RFC 9110 9.1"),
            Self::WithoutTarget => ("without-target", "RFC 9449 4.3-3"),
            Self::OtherHost => ("other-host", "RFC 9449 4.3-9"),
            Self::OtherPath => ("other-path", "RFC 9449 4.3-9"),
            Self::RelativeTarget => ("relative-target", "RFC 9449 4.2"),
            Self::WithoutTime => ("without-time", "RFC 9449 4.3-3"),
            Self::Old => ("old", "RFC 9449 4.3-11"),
            Self::Future => ("future", "RFC 9449 4.3-11"),
            Self::WithoutHash => ("without-hash", "RFC 9449 4.3-12"),
            Self::OtherHash => ("other-hash", "RFC 9449 4.3-12"),
            Self::Expired => ("expired", "RFC 7519 4.1.4"),
        }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The section of the specification that forbids the defect.
    pub const fn section(self) -> &'static str {
        self.row().1
    }
}

impl FromStr for ProofDefect {
    type Err = UnknownProofDefect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|defect| defect.name() == text).ok_or(UnknownProofDefect)
    }
}

impl ProofMaker {
    /// Adds a defect. Call it last: it overrides earlier values of the same part.
    pub fn with_defect(self, defect: ProofDefect) -> Self {
        match defect {
            ProofDefect::NotAJwt => self.exactly("proof"),
            ProofDefect::Encrypted => self.exactly("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"),
            ProofDefect::WrongType => self.header("typ", "JWT"),
            ProofDefect::WithoutType => self.without_header("typ"),
            ProofDefect::AlgNone => self.unsigned(),
            ProofDefect::Symmetric => {
                let secret = SigningKey::generate(Algorithm::Hs256);
                self.header("alg", "HS256").signed_by(&secret)
            }
            ProofDefect::WithoutKey => self.without_header("jwk"),
            ProofDefect::PrivateKey => self.with_key_member("d", "AA"),
            ProofDefect::HugeKey => self.with_key_member("extra", &"A".repeat(5000)),
            ProofDefect::Critical => self.header("crit", json!(["exp"])),
            ProofDefect::Duplicate => self.raw_claims(r#"{"jti":"a","jti":"b"}"#),
            ProofDefect::BrokenSignature => self.broken_signature(),
            ProofDefect::OtherSigner => {
                let other = SigningKey::generate(self.jwt.algorithm);
                self.signed_by(&other)
            }
            ProofDefect::WithoutId => self.without_claim("jti"),
            ProofDefect::MistypedId => self.claim("jti", 1),
            ProofDefect::WithoutMethod => self.without_claim("htm"),
            ProofDefect::OtherMethod => self.method("TRACE"),
            ProofDefect::LowercaseMethod => self.method("get"),
            ProofDefect::WithoutTarget => self.without_claim("htu"),
            ProofDefect::OtherHost => self.target("https://evil.example/"),
            ProofDefect::OtherPath => {
                let target = self.jwt.claims.get("htu").and_then(Value::as_str);
                let other = format!("{}/x", target.unwrap_or_default());
                self.target(other)
            }
            ProofDefect::RelativeTarget => self.target("/"),
            ProofDefect::WithoutTime => self.without_claim("iat"),
            ProofDefect::Old => self.made_in(-AN_HOUR),
            ProofDefect::Future => self.made_in(AN_HOUR),
            ProofDefect::WithoutHash => self.without_claim("ath"),
            ProofDefect::OtherHash => self.token("another token"),
            ProofDefect::Expired => self.claim("exp", 1),
        }
    }

    fn with_key_member(self, name: &str, value: &str) -> Self {
        let mut jwk = self.jwt.header.get("jwk").cloned().unwrap_or_default();
        if let Value::Object(members) = &mut jwk {
            members.insert(name.to_owned(), value.into());
        }
        self.header("jwk", jwk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for defect in ProofDefect::ALL {
            assert_eq!(defect.name().parse(), Ok(defect));
        }
        assert_eq!("none".parse::<ProofDefect>(), Err(UnknownProofDefect));
    }
}
