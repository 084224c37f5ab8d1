//! Signature algorithms and allow-lists of them.

use std::str::FromStr;

use derive_more::{Display, Error};

/// A JWS signature algorithm that this crate can verify (RFC 7518 section 3.1, RFC 8037, RFC 8812,
/// RFC 9864, RFC 9964).
///
/// `none` has no variant, so an unsigned token cannot be represented. Names are compared
/// case-sensitively (RFC 7515 section 4.1.1).
///
/// ```
/// use actix_resource_server::token::Algorithm;
///
/// assert_eq!("RS256".parse(), Ok(Algorithm::Rs256));
/// assert_eq!("Ed25519".parse(), Ok(Algorithm::EdDsa)); // its name in RFC 9864
/// assert!("rs256".parse::<Algorithm>().is_err());
/// assert!("none".parse::<Algorithm>().is_err());
/// ```
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Hash)]
#[display(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// EdDSA on Curve25519, under its old name `EdDSA` or its exact name `Ed25519`.
    #[display("EdDSA")]
    EdDsa,
    /// ECDSA on secp256k1 with SHA-256 (RFC 8812). Not allowed by default.
    Es256K,
    /// ML-DSA-44 (RFC 9964). Not allowed by default.
    #[display("ML-DSA-44")]
    MlDsa44,
    /// ML-DSA-65 (RFC 9964). Not allowed by default.
    #[display("ML-DSA-65")]
    MlDsa65,
    /// ML-DSA-87 (RFC 9964). Not allowed by default.
    #[display("ML-DSA-87")]
    MlDsa87,
    /// HMAC with SHA-256. Symmetric: never allowed unless a secret is configured.
    Hs256,
    /// HMAC with SHA-384. Symmetric: never allowed unless a secret is configured.
    Hs384,
    /// HMAC with SHA-512. Symmetric: never allowed unless a secret is configured.
    Hs512,
}

/// The type of key that an algorithm uses (`kty`, RFC 7518 section 6.1).
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
    /// `kty` is `AKP` (RFC 9964).
    #[display("AKP")]
    AlgorithmKeyPair,
    /// `kty` is `oct`: a shared secret.
    #[display("oct")]
    Secret,
}

impl Algorithm {
    /// Every algorithm, in the order of the variants.
    pub const ALL: [Self; 17] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Es256K,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The type of key that this algorithm uses.
    pub const fn family(self) -> Family {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 | Self::Es384 | Self::Es512 | Self::Es256K => Family::EllipticCurve,
            Self::EdDsa => Family::OctetKeyPair,
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Family::AlgorithmKeyPair,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Secret,
        }
    }

    const fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// The text does not name an algorithm that this crate supports. The author of the text is at fault:
/// the issuer for a token or key, the operator for a setting.
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
            "ES512" => Self::Es512,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            "ES256K" => Self::Es256K,
            "ML-DSA-44" => Self::MlDsa44,
            "ML-DSA-65" => Self::MlDsa65,
            "ML-DSA-87" => Self::MlDsa87,
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
/// let allowed = Algorithms::DEFAULT;
/// assert!(allowed.contains(Algorithm::Rs256));
/// assert!(!allowed.contains(Algorithm::MlDsa44)); // must be named
/// assert!(!allowed.contains(Algorithm::Hs256)); // must be named, and needs a secret
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms(u32);

impl Algorithms {
    /// RSA, ECDSA on the NIST curves, and EdDSA. The metadata of an issuer may
    /// [extend](Self::announced) this list, and no other.
    pub const DEFAULT: Self = Self((Algorithm::Es256K.bit() - 1) | EXTENSIBLE);

    /// Every supported algorithm with a public key.
    pub const ASYMMETRIC: Self = Self(Algorithm::Hs256.bit() - 1);

    /// The list of exactly these algorithms.
    pub fn only(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self(algorithms.into_iter().fold(0, |bits, algorithm| bits | algorithm.bit()))
    }

    /// The algorithms of both lists.
    #[cfg(feature = "service")]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of the list that have a public key.
    #[cfg(feature = "service")]
    pub(crate) const fn asymmetric(self) -> Self {
        Self(self.0 & (Self::ASYMMETRIC.0 | EXTENSIBLE))
    }

    /// Whether the list contains `algorithm`.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }

    /// The list for an issuer whose metadata announces `algorithms`: [`DEFAULT`](Self::DEFAULT)
    /// gains those with a public key, while a list that was configured stays as it is.
    #[must_use]
    pub fn announced(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        if self.0 & EXTENSIBLE == 0 {
            return self;
        }
        Self(self.0 | Self::only(algorithms).0 & Self::ASYMMETRIC.0)
    }

    /// The algorithms of the list, in the order of [`Algorithm::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(move |algorithm| self.contains(*algorithm))
    }
}

/// Marks a list that was not configured.
const EXTENSIBLE: u32 = 1 << 31;

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
    fn the_default_list_has_neither_secrets_nor_what_must_be_named() {
        use Algorithm::{Es256K, Hs256, Hs384, Hs512, MlDsa44, MlDsa65, MlDsa87};
        for algorithm in Algorithm::ALL {
            let symmetric = matches!(algorithm, Hs256 | Hs384 | Hs512);
            let named = matches!(algorithm, Es256K | MlDsa44 | MlDsa65 | MlDsa87);
            assert_eq!(Algorithms::ASYMMETRIC.contains(algorithm), !symmetric, "{algorithm}");
            let default = !symmetric && !named;
            assert_eq!(Algorithms::DEFAULT.contains(algorithm), default, "{algorithm}");
        }
    }

    #[test]
    fn a_list_contains_what_it_was_made_of() {
        let list = Algorithms::only([Algorithm::Es256, Algorithm::Hs512]);
        assert_eq!(list.iter().collect::<Vec<_>>(), [Algorithm::Es256, Algorithm::Hs512]);
    }

    #[test]
    fn metadata_extends_the_default_list_only() {
        let announced = [Algorithm::Rs256, Algorithm::MlDsa65, Algorithm::Hs256];
        let extended = Algorithms::DEFAULT.announced(announced);
        assert!(extended.contains(Algorithm::MlDsa65) && extended.contains(Algorithm::Es384));
        assert!(!extended.contains(Algorithm::MlDsa44) && !extended.contains(Algorithm::Hs256));
        let configured = Algorithms::only([Algorithm::Rs256]);
        assert_eq!(configured.announced(announced), configured, "RFC 8725 3.1");
        let all = Algorithms::only(Algorithms::DEFAULT.iter());
        assert!(!all.announced(announced).contains(Algorithm::MlDsa65), "named one by one");
    }
}
