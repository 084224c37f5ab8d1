//! Verification keys: parsed once, bound to one algorithm.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::algorithm::Algorithm;
use super::certificate_hashes::CertificateHashes;
use super::key_rules::RsaLimits;
use super::public_key_info::PublicKeyInfo;
use super::small_order::has_small_order;
use super::unusable_key::UnusableKey;

/// A public key or shared secret with its only algorithm (RFC 8725 section 3.1).
///
/// It is parsed when it is made, not for each signature.
pub struct VerificationKey {
    id: Option<String>,
    /// The issuer that the key was published for, where a key set is that of several.
    issuer: Option<Box<str>>,
    certificate: CertificateHashes,
    algorithm: Algorithm,
    material: Material,
}

/// Identifies a key with its algorithm, whatever its `kid`. Only for comparison within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFingerprint([u8; 16]);

#[cfg(test)]
thread_local! {
    /// The signature checks of this thread, for tests that count them.
    pub(crate) static CHECKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

enum Material {
    /// The fingerprint is calculated when it is needed: that of a DPoP proof's key is not.
    Public(ParsedPublicKey, OnceLock<KeyFingerprint>),
    Secret(Box<hmac::Key>, KeyFingerprint),
}

impl VerificationKey {
    /// An RSA key from its modulus and exponent, big-endian, within [`RsaLimits::Standard`].
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if the algorithm is not for RSA, or the size of the key is not safe.
    pub fn from_rsa(
        algorithm: Algorithm,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, UnusableKey> {
        Self::from_rsa_within(RsaLimits::Standard, algorithm, modulus, exponent)
    }

    /// An RSA key of another size.
    ///
    /// # Errors
    ///
    /// As for [`from_rsa`](Self::from_rsa).
    pub fn from_rsa_within(
        limits: RsaLimits,
        algorithm: Algorithm,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, UnusableKey> {
        let parameters = rsa_parameters(algorithm).ok_or(UnusableKey::WrongFamily)?;
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        if !limits.allow(modulus, exponent) {
            return Err(UnusableKey::WeakRsa);
        }
        let parsed = RsaPublicKeyComponents { n: modulus, e: exponent }
            .to_parsed_public_key(parameters)
            .map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// A key on the curve of the algorithm: from both coordinates of its point, big-endian and of
    /// full length (RFC 7518 section 6.2.1).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if the algorithm is not ECDSA, a coordinate has another length, or the point
    /// is not on the curve.
    pub fn from_point(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Result<Self, UnusableKey> {
        const UNCOMPRESSED: u8 = 4;
        let (_, length) = curve_of(algorithm).ok_or(UnusableKey::WrongFamily)?;
        if x.len() != length || y.len() != length {
            return Err(UnusableKey::Invalid);
        }
        Self::from_encoded_point(algorithm, &[&[UNCOMPRESSED], x, y].concat())
    }

    fn from_encoded_point(algorithm: Algorithm, point: &[u8]) -> Result<Self, UnusableKey> {
        let (parameters, _) = curve_of(algorithm).ok_or(UnusableKey::WrongFamily)?;
        let parsed = ParsedPublicKey::new(parameters, point).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// An Ed25519 key from its 32 bytes (RFC 8037 section 2).
    ///
    /// # Errors
    ///
    /// [`UnusableKey::Invalid`] if the bytes are not a key, or one under which anyone can sign.
    pub fn from_ed25519(bytes: &[u8]) -> Result<Self, UnusableKey> {
        let point = bytes.try_into().map_err(|_| UnusableKey::Invalid)?;
        if has_small_order(point) {
            return Err(UnusableKey::Invalid);
        }
        let parsed =
            ParsedPublicKey::new(&signature::ED25519, bytes).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(Algorithm::EdDsa, parsed))
    }

    /// An ML-DSA key from its encoding in FIPS 204 (RFC 9964 section 3).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if the algorithm is not ML-DSA, or the bytes are not a key for it.
    pub fn from_ml_dsa(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, UnusableKey> {
        let (parameters, length): (&'static dyn VerificationAlgorithm, _) = match algorithm {
            Algorithm::MlDsa44 => (&signature::ML_DSA_44, 1312),
            Algorithm::MlDsa65 => (&signature::ML_DSA_65, 1952),
            Algorithm::MlDsa87 => (&signature::ML_DSA_87, 2592),
            _ => return Err(UnusableKey::WrongFamily),
        };
        // The library would also read a SubjectPublicKeyInfo, which is longer.
        if bytes.len() != length {
            return Err(UnusableKey::Invalid);
        }
        let parsed = ParsedPublicKey::new(parameters, bytes).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self::public(algorithm, parsed))
    }

    /// A public key from its `SubjectPublicKeyInfo` in DER, as PEM files have it.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if the key is of another type than the algorithm, or is weak.
    pub fn from_public_key_info(algorithm: Algorithm, der: &[u8]) -> Result<Self, UnusableKey> {
        Self::from_info(RsaLimits::Standard, algorithm, der)
    }

    /// A public key from its `SubjectPublicKeyInfo`. Only an RSA key is for the given algorithm;
    /// the encoding of every other key tells its own.
    pub(super) fn from_any_info(
        limits: RsaLimits,
        rsa: Algorithm,
        der: &[u8],
    ) -> Result<Self, UnusableKey> {
        let algorithm = match PublicKeyInfo::parse(der)? {
            PublicKeyInfo::Rsa { .. } => rsa,
            PublicKeyInfo::Point { algorithm, .. } | PublicKeyInfo::MlDsa { algorithm, .. } => {
                algorithm
            }
            PublicKeyInfo::Ed25519(_) => Algorithm::EdDsa,
        };
        Self::from_info(limits, algorithm, der)
    }

    fn from_info(limits: RsaLimits, algorithm: Algorithm, der: &[u8]) -> Result<Self, UnusableKey> {
        match PublicKeyInfo::parse(der)? {
            PublicKeyInfo::Rsa { modulus, exponent } => {
                Self::from_rsa_within(limits, algorithm, modulus, exponent)
            }
            PublicKeyInfo::Point { algorithm: own, point } if own == algorithm => {
                Self::from_encoded_point(algorithm, point)
            }
            PublicKeyInfo::MlDsa { algorithm: own, key } if own == algorithm => {
                Self::from_ml_dsa(algorithm, key)
            }
            PublicKeyInfo::Ed25519(key) if algorithm == Algorithm::EdDsa => Self::from_ed25519(key),
            _ => Err(UnusableKey::WrongFamily),
        }
    }

    /// A shared secret for HMAC.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if the algorithm is not HMAC, or the secret is shorter than its hash.
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
        let key = Box::new(hmac::Key::new(hash, secret));
        let fingerprint = KeyFingerprint::of(algorithm, secret);
        Ok(Self::new(algorithm, Material::Secret(key, fingerprint)))
    }

    fn public(algorithm: Algorithm, parsed: ParsedPublicKey) -> Self {
        Self::new(algorithm, Material::Public(parsed, OnceLock::new()))
    }

    fn new(algorithm: Algorithm, material: Material) -> Self {
        let certificate = CertificateHashes::default();
        Self { id: None, issuer: None, certificate, algorithm, material }
    }

    /// The same key under this `kid`.
    #[must_use]
    pub fn with_id(self, id: Option<String>) -> Self {
        Self { id, ..self }
    }

    pub(super) fn with_issuer(self, issuer: Option<String>) -> Self {
        Self { issuer: issuer.map(String::into_boxed_str), ..self }
    }

    /// The issuer, or the template of issuers, that the key was published for.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    pub(super) fn with_certificate(self, certificate: CertificateHashes) -> Self {
        Self { certificate, ..self }
    }

    /// The hashes of the certificate that the key was published with.
    pub(super) const fn certificate(&self) -> &CertificateHashes {
        &self.certificate
    }

    /// The `kid`, if the key has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The only algorithm of this key.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Identifies this key, whatever its `kid`.
    pub(crate) fn fingerprint(&self) -> KeyFingerprint {
        match &self.material {
            Material::Public(key, fingerprint) => {
                *fingerprint.get_or_init(|| KeyFingerprint::of(self.algorithm, key.as_ref()))
            }
            Material::Secret(_, fingerprint) => *fingerprint,
        }
    }

    /// Whether `signature` over `message` was made with this key. Runs in constant time for a secret.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(test)]
        CHECKS.set(CHECKS.get().saturating_add(1));
        match &self.material {
            Material::Public(key, _) => key.verify_sig(message, signature).is_ok(),
            Material::Secret(key, _) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl KeyFingerprint {
    fn of(algorithm: Algorithm, key: &[u8]) -> Self {
        let mut hash = digest::Context::new(&SHA256);
        hash.update(&[algorithm as u8]);
        hash.update(key);
        // A SHA-256 hash always has that many bytes.
        Self(hash.finish().as_ref().first_chunk().copied().unwrap_or_default())
    }
}

/// Equal keys verify the same signatures, have the same `kid`, and are for the same issuer.
impl PartialEq for VerificationKey {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
            && self.id == other.id
            && self.issuer == other.issuer
    }
}

impl Eq for VerificationKey {}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerificationKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The algorithm of ECDSA, and the length of a coordinate in bytes.
fn curve_of(algorithm: Algorithm) -> Option<(&'static dyn VerificationAlgorithm, usize)> {
    Some(match algorithm {
        Algorithm::Es256 => (&signature::ECDSA_P256_SHA256_FIXED, 32),
        Algorithm::Es384 => (&signature::ECDSA_P384_SHA384_FIXED, 48),
        Algorithm::Es512 => (&signature::ECDSA_P521_SHA512_FIXED, 66),
        Algorithm::Es256K => (&signature::ECDSA_P256K1_SHA256_FIXED, 32),
        _ => return None,
    })
}

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

#[cfg(test)]
mod tests;
