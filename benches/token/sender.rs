//! Cost of DPoP proofs: the check of one, and a whole presentation with a warm token.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use actix_resource_server::sender::{Credentials, DpopPolicy, Presentation, Proofs};
use actix_resource_server::testing::{ProofMaker, SigningKey};
use actix_resource_server::token::{Algorithm, Timestamp, VerifiedToken};
use actix_resource_server::verifier::{Verifier, VerifierBuilder};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

use crate::fixtures::{AUDIENCE, ISSUER, Subject, ordinary};
use crate::steps::Step;

/// Algorithms of proofs that clients use.
pub(crate) const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

const PATH: &str = "/messages";

/// A proof with its key, and the token that is bound to it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bound {
    proof: Subject,
    token: Subject,
}

/// A client with a key and a token bound to it.
pub(crate) struct Client {
    key: SigningKey,
    pub(crate) token: Subject,
}

impl Client {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (key, issuer) =
            (SigningKey::generate(algorithm), SigningKey::generate(Algorithm::Rs256));
        let token = ordinary(&issuer).bound_to(&key).encode();
        Self { key, token: Subject { key: issuer.public_jwk(), token, strangers: Vec::new() } }
    }

    pub(crate) fn proof(&self) -> String {
        let target = format!("{AUDIENCE}{PATH}");
        ProofMaker::new(&self.key).target(target).token(&self.token.token).encode()
    }
}

impl Bound {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let client = Client::new(algorithm);
        let (key, token) = (client.key.public_jwk(), client.proof());
        let proof = Subject { key, token, strangers: Vec::new() };
        Self { proof, token: client.token }
    }

    pub(crate) fn steps(&self) -> [Step; 2] {
        let (signature_name, check_name) = names(self.proof.algorithm());
        let key = self.proof.verification_key();
        let (input, signature) = self.proof.parts();
        let (policy, now) = (policy(), Timestamp::now());
        let verified = verified(&self.token, &self.proof.token);
        let (field, proof) = (field(&self.token.token), self.proof.token.clone());
        [
            Step::new(signature_name, move || {
                assert!(key.verifies(black_box(input.as_bytes()), &signature));
            }),
            Step::new(check_name, move || {
                let presentation = presentation(&field, black_box(&proof));
                let judged = policy.judge(&presentation, verified.claims().binding(), now);
                judged.expect("a good proof");
            }),
        ]
    }
}

/// Names of a proof's bare signature and of its full check, which has no lookup of used proofs.
pub(crate) fn names(algorithm: Algorithm) -> (String, String) {
    (format!("DPoP {algorithm} signature alone"), format!("DPoP {algorithm} check"))
}

/// The `Authorization` field with this token.
pub(crate) fn field(token: &str) -> String {
    format!("DPoP {token}")
}

pub(crate) fn presentation<'a>(field: &'a str, proof: &'a str) -> Presentation<'a> {
    let credentials = Credentials::from_fields([field.as_bytes()]).expect("one field");
    let proofs = Proofs::from_fields([proof.as_bytes()]);
    Presentation::new(credentials.expect("a token"), "GET", PATH).with_proofs(proofs)
}

/// A builder of verifiers of this token's presentations.
pub(crate) fn verifier(token: &Subject) -> VerifierBuilder {
    Verifier::builder().issuer_with_keys(ISSUER, token.keys()).audience(AUDIENCE).dpop(policy())
}

fn policy() -> DpopPolicy {
    let mut policy = DpopPolicy::new([AUDIENCE.parse().expect("a URL")]);
    // Proofs are made once and judged for as long as the measurement takes.
    policy.max_age = Duration::from_secs(3600);
    policy
}

/// The bound token, verified together with its proof.
fn verified(token: &Subject, proof: &str) -> Arc<VerifiedToken> {
    let verifier = verifier(token).start().expect("a verifier");
    let field = field(&token.token);
    let presentation = presentation(&field, proof);
    let verified = verifier.verify_presentation(&presentation).now_or_never();
    verified.expect("keys are at hand").expect("a good proof").token
}
