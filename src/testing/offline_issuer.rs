//! Issuer without a network.

use super::dpop_request::policy;
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::ProtectedResource;
use crate::token::{Algorithm, Algorithms, KeySet, VerificationKey};
use crate::verifier::{Verifier, VerifierBuilder};

/// Identifier of every offline issuer.
const NAME: &str = "https://issuer.test/";

/// An issuer without a network: it signs tokens and creates verifiers that hold its key. Nothing
/// listens and nothing is fetched, so tests are fast.
///
/// ```
/// use actix_resource_server::testing::OfflineIssuer;
///
/// # #[actix_web::main]
/// # async fn main() {
/// let issuer = OfflineIssuer::new("https://api.example");
/// let verifier = issuer.verifier();
///
/// assert!(verifier.verify(&issuer.token().encode()).await.is_ok());
/// assert!(verifier.verify(&issuer.token().expires_in(-60).encode()).await.is_err());
/// # }
/// ```
///
/// To test key rotation and outages, use [`TestIssuer`](super::TestIssuer).
#[derive(Debug, Clone)]
pub struct OfflineIssuer {
    key: SigningKey,
    audience: String,
    has_dpop: bool,
}

impl OfflineIssuer {
    /// An issuer with a new ES256 key that issues tokens for this audience.
    pub fn new(audience: impl Into<String>) -> Self {
        Self::with_key(audience, SigningKey::generate(Algorithm::Es256))
    }

    /// An issuer with this key that issues tokens for this audience.
    pub fn with_key(audience: impl Into<String>, key: SigningKey) -> Self {
        Self { key, audience: audience.into(), has_dpop: false }
    }

    /// The same issuer, whose verifiers accept DPoP proofs for
    /// [`PUBLIC_URL`](super::PUBLIC_URL) (RFC 9449).
    #[must_use]
    pub const fn with_dpop(mut self) -> Self {
        self.has_dpop = true;
        self
    }

    /// The issuer identifier: the `iss` of its tokens.
    pub const fn url(&self) -> &'static str {
        NAME
    }

    /// The key that signs its tokens.
    pub const fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// A valid token for the audience, to be modified by the test.
    pub fn token(&self) -> TokenMaker {
        TokenMaker::new(NAME, &self.key).audience(self.audience.as_str())
    }

    /// A verifier that trusts only this issuer.
    ///
    /// # Panics
    ///
    /// If the audience is empty.
    pub fn verifier(&self) -> Verifier {
        self.verifier_builder().start().expect("a verifier")
    }

    /// Builder of that verifier, to set a clock or stricter checks.
    ///
    /// # Panics
    ///
    /// Never: keys generated here are always valid.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        let algorithms = Algorithms::only([self.key.algorithm()]);
        let builder = if self.has_dpop {
            Verifier::builder().dpop(policy()).proof_memory(10_000)
        } else {
            Verifier::builder()
        };
        builder
            .issuer_with_keys(NAME, self.key_set(algorithms))
            .algorithms(algorithms)
            .audience(self.audience.as_str())
    }

    /// Application data for guards: `App::new().app_data(issuer.protected_resource())`.
    ///
    /// # Panics
    ///
    /// If the audience is empty.
    pub fn protected_resource(&self) -> ProtectedResource {
        ProtectedResource::new(self.verifier())
    }

    fn key_set(&self, algorithms: Algorithms) -> KeySet {
        match self.key.secret() {
            Some(secret) => {
                let key = VerificationKey::from_secret(self.key.algorithm(), secret);
                KeySet::new(vec![key.expect("a secret that is long enough")])
            }
            None => {
                let jwk = self.key.public_jwk().to_string();
                KeySet::from_file(jwk.as_bytes(), algorithms).expect("a key that can be read").0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn tokens_are_valid_only_for_their_own_issuer() {
        for algorithm in Algorithm::ALL {
            let issuer = || OfflineIssuer::with_key("api", SigningKey::generate(algorithm));
            let (issuer, other) = (issuer(), issuer());
            let verifier = issuer.verifier();
            assert!(verifier.verify(&issuer.token().encode()).await.is_ok(), "{algorithm}");
            assert!(verifier.verify(&other.token().encode()).await.is_err(), "{algorithm}");
        }
    }
}
