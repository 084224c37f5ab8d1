//! Client assertions signed with a private key: `private_key_jwt` (RFC 7523 section 2.2).

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::{Display, Error};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use crate::token::Timestamp;

/// A private key that signs client assertions. Cheap to clone.
#[derive(Clone, derive_more::Debug)]
#[debug("ClientKey({})", self.algorithm())]
pub struct ClientKey(Arc<Pair>);

/// The key is not a private key that can sign assertions. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a private key in PKCS #8 PEM (BEGIN PRIVATE KEY): RSA, P-256, P-384 or Ed25519")]
pub struct InvalidClientKey;

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Lifetime of an assertion, in seconds: it is used at once.
const LIFETIME: u64 = 60;

impl ClientKey {
    /// Reads a private key in PKCS #8 PEM. It signs with RS256, ES256, ES384 or EdDSA.
    ///
    /// # Errors
    ///
    /// [`InvalidClientKey`] for any other content.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidClientKey> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| InvalidClientKey)?;
        let der = der.secret_pkcs8_der();
        let p256 = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let p384 = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let pair = None
            .or_else(|| Some(Pair::P256(EcdsaKeyPair::from_pkcs8(p256, der).ok()?)))
            .or_else(|| Some(Pair::P384(EcdsaKeyPair::from_pkcs8(p384, der).ok()?)))
            .or_else(|| Some(Pair::Ed25519(Ed25519KeyPair::from_pkcs8(der).ok()?)))
            .or_else(|| Some(Pair::Rsa(RsaKeyPair::from_pkcs8(der).ok()?)));
        pair.map(|pair| Self(Arc::new(pair))).ok_or(InvalidClientKey)
    }

    /// A signed assertion of `client` for `issuer` (RFC 7523 section 3); `None` if there is no
    /// randomness or the key cannot sign.
    pub(super) fn assertion(&self, client: &str, issuer: &str, now: Timestamp) -> Option<String> {
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).ok()?;
        let seconds = now.milliseconds() / 1000;
        let claims = json!({
            "iss": client, "sub": client, "aud": issuer, "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": seconds, "exp": seconds.saturating_add(LIFETIME),
        });
        let header = json!({"typ": "JWT", "alg": self.algorithm()});
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = match &*self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature).ok()?;
                signature
            }
            Pair::P256(pair) | Pair::P384(pair) => {
                pair.sign(&random, input.as_bytes()).ok()?.as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(input.as_bytes()).as_ref().to_vec(),
        };
        Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn algorithm(&self) -> &'static str {
        match &*self.0 {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
            Pair::P384(_) => "ES384",
            Pair::Ed25519(_) => "EdDSA",
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::KeyPair;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

    use super::*;
    use crate::testing::pem;

    #[test]
    fn assertions_verify_under_the_public_key_of_each_kind() {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let rsa_der: Pkcs8V1Der<'_> = rsa.as_der().expect("a key");
        let ed = Ed25519KeyPair::generate().expect("a key");
        let ed_der = ed.to_pkcs8().expect("a key");
        let ec = |algorithm| EcdsaKeyPair::generate(algorithm).expect("a key");
        let p256 = ec(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let p384 = ec(&ECDSA_P384_SHA384_FIXED_SIGNING);
        let ec_der = |pair: &EcdsaKeyPair| pair.to_pkcs8v1().expect("a key").as_ref().to_vec();
        let ec_public = |pair: &EcdsaKeyPair| DecodingKey::from_ec_der(pair.public_key().as_ref());
        let ed_public = DecodingKey::from_ed_der(ed.public_key().as_ref());
        let rsa_public = DecodingKey::from_rsa_der(rsa.public_key().as_ref());
        let table = [
            (ec_der(&p256), Algorithm::ES256, ec_public(&p256)),
            (ec_der(&p384), Algorithm::ES384, ec_public(&p384)),
            (ed_der.as_ref().to_vec(), Algorithm::EdDSA, ed_public),
            (rsa_der.as_ref().to_vec(), Algorithm::RS256, rsa_public),
        ];
        for (der, algorithm, public) in table {
            let key =
                ClientKey::from_pem(pem("PRIVATE KEY", &der).as_bytes()).expect("a client key");
            assert!(format!("{key:?}").starts_with("ClientKey("));
            let now = Timestamp::now();
            let assertion = key.assertion("api", "https://issuer.example/", now).expect("signed");
            let mut validation = Validation::new(algorithm);
            validation.set_issuer(&["api"]);
            validation.set_audience(&["https://issuer.example/"]);
            let decoded = decode::<serde_json::Value>(&assertion, &public, &validation);
            let claims = decoded.expect("RFC 7523 3").claims;
            assert_eq!(claims["sub"], "api", "{algorithm:?}");
            assert_eq!(claims["iat"], now.milliseconds() / 1000, "RFC 7523 3");
            let lifetime = claims["exp"].as_u64().zip(claims["iat"].as_u64());
            assert_eq!(lifetime.map(|(exp, iat)| exp - iat), Some(LIFETIME));
        }
    }

    #[test]
    fn other_content_is_rejected() {
        for text in ["", "secret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            assert_eq!(ClientKey::from_pem(text.as_bytes()).map(drop), Err(InvalidClientKey));
        }
    }
}
