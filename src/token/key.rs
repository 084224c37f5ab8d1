//! A key that verifies signatures, parsed once and bound to one algorithm.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use derive_more::{Display, Error};
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::signature::{Error as SignatureError, Verifier};

use super::algorithm::Algorithm;
use super::small_order::has_small_order;

/// A key with its one algorithm (RFC 8725 section 3.1): a public key, or a shared secret.
///
/// It is parsed when it is made, not when it is used, and implements `jsonwebtoken`'s
/// [`JwtVerifier`].
pub struct VerificationKey {
    id: Option<String>,
    algorithm: Algorithm,
    fingerprint: KeyFingerprint,
    material: Material,
}

/// What tells two keys apart: equal for the same key with the same algorithm, whatever its `kid`.
/// It is for comparing within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFingerprint([u8; 16]);

enum Material {
    Public(ParsedPublicKey),
    Secret(Box<hmac::Key>),
}

/// Why a key cannot be used. Whoever published it is to blame, or the operator for a file.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum UnusableKey {
    /// The key's type does not go with the algorithm.
    #[display("its type does not fit its algorithm")]
    WrongFamily,
    /// An RSA modulus of fewer than 2048 bits or more than 8192 (RFC 7518 section 3.3), an exponent
    /// that is 1 or absurdly large, or an even number (RFC 8017 section 3.1).
    #[display("its RSA modulus or exponent is too small, too large or even")]
    WeakRsa,
    /// The bytes are no key: a point off its curve, a wrong length, no valid encoding.
    #[display("its bytes are not a valid key")]
    Invalid,
    /// A secret shorter than the algorithm's hash (RFC 7518 section 3.2).
    #[display("it is shorter than its algorithm's hash")]
    ShortSecret,
}

impl VerificationKey {
    /// An RSA key from its modulus and exponent, big-endian.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] for an algorithm that is not RSA's, and for a key of a size that is not
    /// safe.
    pub fn from_rsa(
        algorithm: Algorithm,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, UnusableKey> {
        let parameters = rsa_parameters(algorithm).ok_or(UnusableKey::WrongFamily)?;
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        check_rsa_size(modulus, exponent)?;
        let parsed = RsaPublicKeyComponents { n: modulus, e: exponent }
            .to_parsed_public_key(parameters)
            .map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// A key on the algorithm's curve: from the two coordinates of its point, big-endian and of
    /// full length (RFC 7518 section 6.2.1).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] for an algorithm that is not ECDSA, a coordinate of another length, and a
    /// point that is not on the curve.
    pub fn from_point(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Result<Self, UnusableKey> {
        let (parameters, length) = match algorithm {
            Algorithm::Es256 => (&signature::ECDSA_P256_SHA256_FIXED, 32),
            Algorithm::Es384 => (&signature::ECDSA_P384_SHA384_FIXED, 48),
            _ => return Err(UnusableKey::WrongFamily),
        };
        if x.len() != length || y.len() != length {
            return Err(UnusableKey::Invalid);
        }
        const UNCOMPRESSED: u8 = 4;
        let point = [&[UNCOMPRESSED], x, y].concat();
        let parsed = ParsedPublicKey::new(parameters, point).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// An Ed25519 key from its 32 bytes (RFC 8037 section 2).
    ///
    /// # Errors
    ///
    /// [`UnusableKey::Invalid`] if these are not the bytes of a key, or are those of one under which
    /// everybody can sign.
    pub fn from_ed25519(bytes: &[u8]) -> Result<Self, UnusableKey> {
        let point = bytes.try_into().map_err(|_| UnusableKey::Invalid)?;
        if has_small_order(point) {
            return Err(UnusableKey::Invalid);
        }
        let parsed =
            ParsedPublicKey::new(&signature::ED25519, bytes).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(Algorithm::EdDsa, parsed))
    }

    /// A public key from its `SubjectPublicKeyInfo` in DER, as PEM files hold it.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] for a key of another type than the algorithm's, and for a weak one.
    pub fn from_public_key_info(algorithm: Algorithm, der: &[u8]) -> Result<Self, UnusableKey> {
        let parameters: &'static dyn signature::VerificationAlgorithm = match algorithm {
            Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            // The encoding ends with the point (RFC 8410 section 4).
            Algorithm::EdDsa if der.last_chunk().is_some_and(has_small_order) => {
                return Err(UnusableKey::Invalid);
            }
            Algorithm::EdDsa => &signature::ED25519,
            rsa => {
                let parameters = rsa_parameters(rsa).ok_or(UnusableKey::WrongFamily)?;
                let key = PublicEncryptingKey::from_der(der).map_err(|_| UnusableKey::Invalid)?;
                if !RSA_BITS.contains(&key.key_size_bits()) {
                    return Err(UnusableKey::WeakRsa);
                }
                parameters
            }
        };
        let parsed = ParsedPublicKey::new(parameters, der).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// A shared secret for HMAC.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] for an algorithm that is not HMAC, and for a secret shorter than its hash.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, UnusableKey> {
        let (hash, shortest) = match algorithm {
            Algorithm::Hs256 => (hmac::HMAC_SHA256, 32),
            Algorithm::Hs384 => (hmac::HMAC_SHA384, 48),
            Algorithm::Hs512 => (hmac::HMAC_SHA512, 64),
            _ => return Err(UnusableKey::WrongFamily),
        };
        if secret.len() < shortest {
            return Err(UnusableKey::ShortSecret);
        }
        let fingerprint = KeyFingerprint::of(algorithm, secret);
        let material = Material::Secret(Box::new(hmac::Key::new(hash, secret)));
        Ok(Self { id: None, algorithm, fingerprint, material })
    }

    fn public(algorithm: Algorithm, parsed: ParsedPublicKey) -> Self {
        let fingerprint = KeyFingerprint::of(algorithm, parsed.as_ref());
        Self { id: None, algorithm, fingerprint, material: Material::Public(parsed) }
    }

    /// The same key under this `kid`.
    #[must_use]
    pub fn with_id(self, id: Option<String>) -> Self {
        Self { id, ..self }
    }

    /// The `kid`, if the key has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The one algorithm of this key.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What tells this key from others.
    pub(crate) const fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    /// Whether `signature` is this key's over `message`. Secrets are compared in constant time.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Public(key) => key.verify_sig(message, signature).is_ok(),
            Material::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl KeyFingerprint {
    fn of(algorithm: Algorithm, key: &[u8]) -> Self {
        let mut hash = digest::Context::new(&SHA256);
        hash.update(&[algorithm as u8]);
        hash.update(key);
        let mut fingerprint = [0; 16];
        for (byte, of_hash) in fingerprint.iter_mut().zip(hash.finish().as_ref()) {
            *byte = *of_hash;
        }
        Self(fingerprint)
    }
}

/// Two keys that verify the same signatures, and are found under the same `kid`.
impl PartialEq for VerificationKey {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.id == other.id
    }
}

impl Eq for VerificationKey {}

impl Verifier<Vec<u8>> for VerificationKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        if self.verifies(message, signature) { Ok(()) } else { Err(SignatureError::new()) }
    }
}

impl JwtVerifier for VerificationKey {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.to_jsonwebtoken()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerificationKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// RFC 7518 section 3.3 sets the least; beyond the most, one signature costs milliseconds.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn without_leading_zeros(mut bytes: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Refused here, when the key arrives, rather than at each of its signatures.
fn check_rsa_size(modulus: &[u8], exponent: &[u8]) -> Result<(), UnusableKey> {
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len().saturating_mul(8).saturating_sub(leading);
    // A product of odd primes is odd, and so is a number without a factor in common with them.
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    let odd = is_odd(modulus) && is_odd(exponent);
    let one = exponent == [1];
    if !RSA_BITS.contains(&bits) || !odd || one || exponent.len() > 4 {
        return Err(UnusableKey::WeakRsa);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_by_algorithm_and_by_every_part() {
        let modulus = |last| [&[0xff; 255][..], &[last]].concat();
        let rsa = |algorithm, last, exponent: &[u8]| {
            VerificationKey::from_rsa(algorithm, &modulus(last), exponent).expect("an RSA key")
        };
        let secret = |seed| VerificationKey::from_secret(Algorithm::Hs256, &[seed; 32]);
        let key = || rsa(Algorithm::Rs256, 1, &[1, 0, 1]);
        let others = [
            rsa(Algorithm::Ps256, 1, &[1, 0, 1]),
            rsa(Algorithm::Rs256, 3, &[1, 0, 1]),
            rsa(Algorithm::Rs256, 1, &[3]),
            secret(1).expect("a secret"),
            secret(2).expect("a secret"),
        ];
        assert_eq!(key(), key());
        assert_ne!(key(), key().with_id(Some("a".to_owned())), "found under another name");
        let prints: Vec<_> = others.iter().chain([&key()]).map(|key| key.fingerprint()).collect();
        for (place, print) in prints.iter().enumerate() {
            assert!(!prints[..place].contains(print), "{place}");
        }
        assert_eq!(key().fingerprint(), key().with_id(Some("a".to_owned())).fingerprint());
    }
}
