//! Keys, tokens and verifiers for the measurements.

use std::sync::Arc;

use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, Expectations, KeySet, VerificationKey, VerifiedToken,
};
use actix_resource_server::verifier::CacheLimits;
use actix_resource_server::verifier::{VerificationError, Verifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const ISSUER: &str = "https://tenant.eu.auth0.com/";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// A public key and tokens that verify under it. Serializable, so that a measured process need not
/// generate keys, which takes a varying amount of time.
#[derive(Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) key: Value,
    pub(crate) token: String,
    /// Many more tokens, for algorithms with cheap signatures.
    pub(crate) strangers: Vec<String>,
}

impl Subject {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let key = SigningKey::generate(algorithm);
        let strangers = if algorithm == Algorithm::Hs256 { STRANGERS } else { 0 };
        Self {
            key: key.public_jwk(),
            token: ordinary(&key).encode(),
            strangers: (0..strangers).map(|n| ordinary(&key).claim("n", n).encode()).collect(),
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.member("alg").parse().expect("an algorithm")
    }

    pub(crate) fn verification_key(&self) -> VerificationKey {
        let algorithm = self.algorithm();
        let bytes = |name| URL_SAFE_NO_PAD.decode(self.member(name)).expect(name);
        let parsed = match self.member("kty") {
            "oct" => VerificationKey::from_secret(algorithm, &bytes("k")),
            "EC" => VerificationKey::from_point(algorithm, &bytes("x"), &bytes("y")),
            "OKP" => VerificationKey::from_ed25519(&bytes("x")),
            "AKP" => VerificationKey::from_ml_dsa(algorithm, &bytes("pub")),
            _ => VerificationKey::from_rsa(algorithm, &bytes("n"), &bytes("e")),
        };
        parsed.expect("a key").with_id(Some(self.member("kid").to_owned()))
    }

    pub(crate) fn keys(&self) -> KeySet {
        KeySet::new(vec![self.verification_key()])
    }

    pub(crate) fn expected(&self) -> Expectations {
        let mut expected = Expectations::new(ISSUER, Audiences::new([AUDIENCE]).expect("one"));
        expected.algorithms = Algorithms::only([self.algorithm()]);
        expected
    }

    /// A verifier for this key's tokens.
    pub(crate) fn verifier(&self, limits: CacheLimits) -> Verifier {
        verifier(self.algorithm(), self.keys(), limits)
    }

    /// Signing input and signature.
    pub(crate) fn parts(&self) -> (String, Vec<u8>) {
        let (input, signature) = self.token.rsplit_once('.').expect("three parts");
        (input.to_owned(), URL_SAFE_NO_PAD.decode(signature).expect("base64url"))
    }

    fn member(&self, name: &str) -> &str {
        self.key.get(name).and_then(Value::as_str).expect("a JWK")
    }
}

/// More tokens than a small cache holds, so that each has been evicted before it is used again.
const STRANGERS: usize = 1000;
pub(crate) const SMALL: CacheLimits = CacheLimits { entries: 50, bytes: 1 << 20 };

/// A token like Auth0's: 850 bytes with RS256.
pub(crate) fn ordinary(key: &SigningKey) -> TokenMaker {
    TokenMaker::new(ISSUER, key)
        .subject("auth0|65a1b2c3d4e5f60718293a4b")
        .audiences([AUDIENCE, "https://tenant.eu.auth0.com/userinfo"])
        .scope("openid profile email read:messages")
        .claim("azp", "Qk3vN8sT1xYbZ5cDfGhJkLmPqRtWuV2y")
}

pub(crate) fn verifier(algorithm: Algorithm, keys: KeySet, limits: CacheLimits) -> Verifier {
    Verifier::builder()
        .issuer_with_keys(ISSUER, keys)
        .audience(AUDIENCE)
        .algorithms(Algorithms::only([algorithm]))
        .cache(limits)
        .start()
        .expect("a verifier")
}

/// The verdict; the future is ready at its first poll.
pub(crate) fn verify(
    verifier: &Verifier,
    token: &str,
) -> Result<Arc<VerifiedToken>, VerificationError> {
    verifier.verify(token).now_or_never().expect("keys are at hand")
}
