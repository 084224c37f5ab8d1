//! Generated signing keys.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::token::{Algorithm, JwkThumbprint};

/// A newly generated key that signs tokens. Cheap to clone.
///
/// ```
/// use actix_resource_server::testing::SigningKey;
/// use actix_resource_server::token::Algorithm;
///
/// let key = SigningKey::generate(Algorithm::Es256);
/// assert_eq!(key.public_jwk()["crv"], "P-256");
/// ```
#[derive(Clone, derive_more::Debug)]
pub struct SigningKey {
    id: String,
    algorithm: Algorithm,
    #[debug(skip)]
    pair: Arc<Pair>,
}

enum Pair {
    Rsa(RsaKeyPair),
    EllipticCurve(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    MlDsa(PqdsaKeyPair),
    Secret(Vec<u8>),
}

impl SigningKey {
    /// Generates a key for this algorithm, with a random `kid`.
    ///
    /// # Panics
    ///
    /// If the system's random number generator fails.
    pub fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"))
            }
            Algorithm::Es256 => elliptic_curve(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => elliptic_curve(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::Es512 => elliptic_curve(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::Es256K => elliptic_curve(&signature::ECDSA_P256K1_SHA256_FIXED_SIGNING),
            Algorithm::MlDsa44 => ml_dsa(&signature::ML_DSA_44_SIGNING),
            Algorithm::MlDsa65 => ml_dsa(&signature::ML_DSA_65_SIGNING),
            Algorithm::MlDsa87 => ml_dsa(&signature::ML_DSA_87_SIGNING),
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().expect("an Ed25519 key")),
            Algorithm::Hs256 => Pair::Secret(random(32)),
            Algorithm::Hs384 => Pair::Secret(random(48)),
            Algorithm::Hs512 => Pair::Secret(random(64)),
        };
        Self { id: URL_SAFE_NO_PAD.encode(random(9)), algorithm, pair: Arc::new(pair) }
    }

    /// The same key with a different `kid`.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Algorithm of the key.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key as a JWK (RFC 7517). For an HMAC key this is the secret itself: publish it only to
    /// test that it is rejected.
    ///
    /// # Panics
    ///
    /// Never: keys generated here always have the expected form.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.public_key_members();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), self.id.as_str().into());
            members.insert("alg".to_owned(), self.algorithm.to_string().into());
            members.insert("use".to_owned(), "sig".into());
        }
        jwk
    }

    /// The thumbprint of the public key (RFC 7638): the `jkt` of tokens bound to it.
    ///
    /// # Panics
    ///
    /// If the key is a secret.
    pub fn thumbprint(&self) -> JwkThumbprint {
        let jwk = self.public_key_members().to_string();
        JwkThumbprint::of_jwk(jwk.as_bytes()).expect("a public key")
    }

    /// The members of the JWK that make up the public key.
    pub(super) fn public_key_members(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &*self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let modulus = public.modulus().big_endian_without_leading_zero();
                let exponent = public.exponent().big_endian_without_leading_zero();
                json!({"kty": "RSA", "n": text(modulus), "e": text(exponent)})
            }
            Pair::EllipticCurve(pair) => {
                let point = pair.public_key().as_ref().get(1..).expect("an uncompressed point");
                let (x, y) = point.split_at(point.len() / 2);
                let curve = match self.algorithm {
                    Algorithm::Es256 => "P-256",
                    Algorithm::Es384 => "P-384",
                    Algorithm::Es512 => "P-521",
                    _ => "secp256k1",
                };
                json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())})
            }
            Pair::MlDsa(pair) => json!({"kty": "AKP", "pub": text(pair.public_key().as_ref())}),
            Pair::Secret(secret) => json!({"kty": "oct", "k": text(secret)}),
        }
    }

    /// The public key as PEM (`SubjectPublicKeyInfo`).
    ///
    /// # Panics
    ///
    /// If the key is an HMAC secret, which has no public key.
    pub fn public_key_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = match &*self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::EllipticCurve(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
            Pair::MlDsa(pair) => pair.public_key().as_der(),
            Pair::Secret(_) => panic!("an HMAC secret has no public key"),
        }
        .expect("an encodable key");
        pem("PUBLIC KEY", der.as_ref())
    }

    /// The HMAC secret, if the key is one.
    pub fn secret(&self) -> Option<&[u8]> {
        match &*self.pair {
            Pair::Secret(secret) => Some(secret),
            Pair::Rsa(_) | Pair::EllipticCurve(_) | Pair::Ed25519(_) | Pair::MlDsa(_) => None,
        }
    }

    /// Signs in the JWS signature format.
    ///
    /// # Panics
    ///
    /// Never: the key fits its own algorithm.
    pub fn sign(&self, signing_input: &[u8]) -> Vec<u8> {
        self.sign_as(self.algorithm, signing_input)
    }

    /// Signs with a different algorithm for the same kind of key.
    ///
    /// # Panics
    ///
    /// If the algorithm needs a different kind of key.
    pub fn sign_as(&self, algorithm: Algorithm, signing_input: &[u8]) -> Vec<u8> {
        match (&*self.pair, algorithm) {
            (Pair::Rsa(pair), algorithm) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    Algorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
                    Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
                    other => panic!("an RSA key cannot sign with {other}"),
                };
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), signing_input, &mut signed)
                    .expect("a signature");
                signed
            }
            (Pair::EllipticCurve(pair), algorithm) if algorithm == self.algorithm => {
                let signed = pair.sign(&SystemRandom::new(), signing_input);
                signed.expect("a signature").as_ref().to_vec()
            }
            (Pair::Ed25519(pair), Algorithm::EdDsa) => pair.sign(signing_input).as_ref().to_vec(),
            (Pair::MlDsa(pair), algorithm) if algorithm == self.algorithm => {
                let mut signed = vec![0; pair.algorithm().signature_len()];
                pair.sign(signing_input, &mut signed).expect("a signature");
                signed
            }
            (Pair::Secret(secret), algorithm) => {
                let hash = match algorithm {
                    Algorithm::Hs256 => hmac::HMAC_SHA256,
                    Algorithm::Hs384 => hmac::HMAC_SHA384,
                    Algorithm::Hs512 => hmac::HMAC_SHA512,
                    other => panic!("a secret cannot sign with {other}"),
                };
                hmac::sign(&hmac::Key::new(hash, secret), signing_input).as_ref().to_vec()
            }
            (_, other) => panic!("a key for {} cannot sign with {other}", self.algorithm),
        }
    }
}

fn elliptic_curve(algorithm: &'static EcdsaSigningAlgorithm) -> Pair {
    Pair::EllipticCurve(EcdsaKeyPair::generate(algorithm).expect("a key on the curve"))
}

fn ml_dsa(algorithm: &'static PqdsaSigningAlgorithm) -> Pair {
    Pair::MlDsa(PqdsaKeyPair::generate(algorithm).expect("an ML-DSA key"))
}

/// PEM with this label (RFC 7468 section 2).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Random bytes.
pub(super) fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Algorithms, KeySet};

    #[test]
    fn signatures_verify_under_the_public_key_in_every_form() {
        for algorithm in Algorithms::ASYMMETRIC.iter() {
            let key = SigningKey::generate(algorithm);
            let signed = key.sign(b"message");
            let allowed = Algorithms::only([algorithm]);
            for text in [key.public_jwk().to_string(), key.public_key_pem()] {
                let (keys, _) = KeySet::from_file(text.as_bytes(), allowed).expect(&text);
                let public = keys.iter().next().expect("one key");
                assert!(public.verifies(b"message", &signed), "{algorithm}: {text}");
                assert!(!public.verifies(b"massage", &signed), "{algorithm}");
            }
        }
    }
}
