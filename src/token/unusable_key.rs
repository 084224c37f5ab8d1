//! Reasons for which a key is not usable.

use derive_more::{Display, Error};

/// Why a key is not usable. The party that published it is at fault, or the operator for a file.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableKey {
    /// The type of the key does not fit the algorithm.
    #[display("its type does not fit its algorithm")]
    WrongFamily,
    /// A type or curve that is not supported.
    #[display("its type or curve is not supported")]
    UnsupportedType,
    /// An Ed448 key. The cryptographic library cannot verify its signatures.
    #[display("it is an Ed448 key, which is not supported; use Ed25519")]
    Ed448,
    /// An RSA key that is too small, too large or not odd. See [`RsaLimits`](super::RsaLimits).
    #[display(
        "its RSA modulus is not 2048 to 4096 bits long, or its exponent is not an odd number from \
         3 to 65537 (KEY_LARGE_RSA allows more)"
    )]
    WeakRsa,
    /// The bytes are not a key: a point off its curve, a wrong length, an invalid encoding.
    #[display("its bytes are not a valid key")]
    Invalid,
    /// A secret that is shorter than the hash of the algorithm (RFC 7518 section 3.2).
    #[display("it is shorter than the hash of its algorithm")]
    ShortSecret,
}
