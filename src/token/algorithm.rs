//! The signature algorithms a token may name, and sets of them.

use std::str::FromStr;

use derive_more::{Display, Error};

/// A JWS signature algorithm that this crate can verify (RFC 7518 section 3.1, RFC 8037, RFC 9864).
///
/// `none` has no variant, so an unsigned token cannot even be described. Names are compared
/// case-sensitively (RFC 7515 section 4.1.1).
///
/// ```
/// use actix_resource_server::token::Algorithm;
///
/// assert_eq!("RS256".parse(), Ok(Algorithm::Rs256));
/// assert_eq!("Ed25519".parse(), Ok(Algorithm::EdDsa)); // the RFC 9864 name for the same thing
/// assert!("rs256".parse::<Algorithm>().is_err());
/// assert!("none".parse::<Algorithm>().is_err());
/// ```
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[display("RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[display("RS384")]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[display("RS512")]
    Rs512,
    /// RSASSA-PSS with SHA-256.
    #[display("PS256")]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[display("PS384")]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[display("PS512")]
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    #[display("ES256")]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[display("ES384")]
    Es384,
    /// EdDSA on Curve25519, under its old name `EdDSA` or its exact name `Ed25519`.
    #[display("EdDSA")]
    EdDsa,
    /// HMAC with SHA-256. Symmetric: never allowed unless a secret is configured.
    #[display("HS256")]
    Hs256,
    /// HMAC with SHA-384. Symmetric: never allowed unless a secret is configured.
    #[display("HS384")]
    Hs384,
    /// HMAC with SHA-512. Symmetric: never allowed unless a secret is configured.
    #[display("HS512")]
    Hs512,
}

/// The kind of key an algorithm works with (`kty`, RFC 7518 section 6.1).
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `kty` is `RSA`.
    #[display("RSA")]
    Rsa,
    /// `kty` is `EC`.
    #[display("EC")]
    EllipticCurve,
    /// `kty` is `OKP` (RFC 8037).
    #[display("OKP")]
    OctetKeyPair,
    /// `kty` is `oct`: a shared secret.
    #[display("oct")]
    Secret,
}

impl Algorithm {
    /// Every algorithm, in the order of [`Algorithm`]'s variants.
    pub const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The kind of key this algorithm works with.
    pub const fn family(self) -> Family {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 | Self::Es384 => Family::EllipticCurve,
            Self::EdDsa => Family::OctetKeyPair,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Secret,
        }
    }

    /// The same algorithm in `jsonwebtoken`'s words.
    pub const fn to_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Ps384 => jsonwebtoken::Algorithm::PS384,
            Self::Ps512 => jsonwebtoken::Algorithm::PS512,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Hs384 => jsonwebtoken::Algorithm::HS384,
            Self::Hs512 => jsonwebtoken::Algorithm::HS512,
        }
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// The text is not the name of an algorithm this crate supports. The writer of the text is to
/// blame: the issuer for a token or key, the operator for a setting.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a supported signature algorithm")]
pub struct UnsupportedAlgorithm;

impl FromStr for Algorithm {
    type Err = UnsupportedAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            _ => return Err(UnsupportedAlgorithm),
        })
    }
}

/// An allow-list of algorithms (RFC 8725 section 3.1).
///
/// ```
/// use actix_resource_server::token::{Algorithm, Algorithms};
///
/// let allowed = Algorithms::ASYMMETRIC;
/// assert!(allowed.contains(Algorithm::Rs256));
/// assert!(!allowed.contains(Algorithm::Hs256)); // must be asked for by name
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms(u16);

impl Algorithms {
    /// Every supported algorithm with a public key: the default allow-list.
    pub const ASYMMETRIC: Self = Self(Algorithm::Hs256.bit() - 1);

    /// The list that holds these algorithms and no other.
    pub fn only(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self(algorithms.into_iter().fold(0, |bits, algorithm| bits | algorithm.bit()))
    }

    /// Whether the list holds `algorithm`.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }

    /// The algorithms in the list, in the order of [`Algorithm::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(move |algorithm| self.contains(*algorithm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_as_the_algorithm_it_names() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
    }

    #[test]
    fn the_default_list_holds_public_key_algorithms_alone() {
        for algorithm in Algorithm::ALL {
            let symmetric = algorithm.family() == Family::Secret;
            assert_eq!(Algorithms::ASYMMETRIC.contains(algorithm), !symmetric, "{algorithm}");
        }
    }

    #[test]
    fn a_list_holds_what_it_was_given_and_nothing_else() {
        let list = Algorithms::only([Algorithm::Es256, Algorithm::Hs512]);
        assert_eq!(list.iter().collect::<Vec<_>>(), [Algorithm::Es256, Algorithm::Hs512]);
    }
}
