//! An issuer that is only its key: for tests that need no HTTP.

use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::ProtectedResource;
use crate::token::{Algorithm, Algorithms, KeySet, VerificationKey};
use crate::verifier::{Verifier, VerifierBuilder};

/// The name of every issuer without network.
const NAME: &str = "https://issuer.test/";

/// An issuer without network: a key that signs tokens, and verifiers that hold it. Nothing listens
/// and nothing is fetched, so a test with it is as fast as the code it tests.
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
/// What happens to keys on their way (rotation, outage) is a matter of the issuer that has a
/// network: [`TestIssuer`](super::TestIssuer).
#[derive(Debug, Clone)]
pub struct OfflineIssuer {
    key: SigningKey,
    audience: String,
}

impl OfflineIssuer {
    /// An issuer with an ES256 key, whose tokens are for this audience.
    pub fn new(audience: impl Into<String>) -> Self {
        Self::with_key(audience, SigningKey::generate(Algorithm::Es256))
    }

    /// An issuer with this key, whose tokens are for this audience.
    pub fn with_key(audience: impl Into<String>, key: SigningKey) -> Self {
        Self { key, audience: audience.into() }
    }

    /// The issuer identifier: the `iss` of its tokens.
    pub const fn url(&self) -> &'static str {
        NAME
    }

    /// The key that its tokens are signed with.
    pub const fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// A good token for the audience; make of it what the test needs.
    pub fn token(&self) -> TokenMaker {
        TokenMaker::new(NAME, &self.key).audience(self.audience.as_str())
    }

    /// A verifier that trusts this issuer and no other.
    ///
    /// # Panics
    ///
    /// If the audience is empty.
    pub fn verifier(&self) -> Verifier {
        self.verifier_builder().start().expect("a verifier for an issuer and an audience")
    }

    /// The same verifier in the making, to be given a clock or stricter expectations.
    ///
    /// # Panics
    ///
    /// Never: keys made here can be read here.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        let algorithms = Algorithms::only([self.key.algorithm()]);
        Verifier::builder()
            .issuer_with_keys(NAME, self.key_set(algorithms))
            .algorithms(algorithms)
            .audience(self.audience.as_str())
    }

    /// What goes into the application's data: `App::new().app_data(issuer.protected_resource())`.
    ///
    /// # Panics
    ///
    /// As [`verifier`](Self::verifier).
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
    async fn whatever_the_key_tokens_are_good_here_and_nowhere_else() {
        for algorithm in Algorithm::ALL {
            let issuer = || OfflineIssuer::with_key("api", SigningKey::generate(algorithm));
            let (issuer, other) = (issuer(), issuer());
            let verifier = issuer.verifier();
            assert!(verifier.verify(&issuer.token().encode()).await.is_ok(), "{algorithm}");
            assert!(verifier.verify(&other.token().encode()).await.is_err(), "{algorithm}");
        }
    }
}
