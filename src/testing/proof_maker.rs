//! Builder for DPoP proofs, valid and invalid.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::signing_key::{SigningKey, random};
use super::token_maker::{Signature, TokenMaker};
use crate::token::Timestamp;

/// Builds a DPoP proof (RFC 9449 section 4.2). A new one is valid for `GET` at once, and needs a
/// target and a token:
///
/// ```
/// use actix_resource_server::testing::{ProofMaker, SigningKey};
/// use actix_resource_server::token::Algorithm;
///
/// let key = SigningKey::generate(Algorithm::Es256);
/// let proof = ProofMaker::new(&key)
///     .method("POST")
///     .target("https://api.example/notes")
///     .token("the.access.token")
///     .encode();
/// assert_eq!(proof.split('.').count(), 3);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a proof is made by `encode`"]
pub struct ProofMaker {
    pub(super) jwt: TokenMaker,
    now: f64,
    exact: Option<String>,
}

impl ProofMaker {
    /// A proof by this key, made now.
    pub fn new(key: &SigningKey) -> Self {
        let now = f64::from(u32::try_from(Timestamp::now().milliseconds() / 1000).unwrap_or(0));
        Self { jwt: TokenMaker::empty(key), now, exact: None }
            .header("typ", "dpop+jwt")
            .header("alg", key.algorithm().to_string())
            .header("jwk", key.public_key_members())
            .claim("jti", URL_SAFE_NO_PAD.encode(random(12)))
            .method("GET")
            .made_in(0.0)
    }

    /// Sets the current time, in seconds since the epoch, for [`made_in`](Self::made_in).
    pub fn at(mut self, now: u32) -> Self {
        self.now = f64::from(now);
        self.made_in(0.0)
    }

    /// `htm`.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.claim("htm", method.into())
    }

    /// `htu`.
    pub fn target(self, uri: impl Into<String>) -> Self {
        self.claim("htu", uri.into())
    }

    /// `ath`, the hash of this access token.
    pub fn token(self, token: &str) -> Self {
        self.claim("ath", URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())))
    }

    /// `nonce`.
    pub fn nonce(self, nonce: impl Into<String>) -> Self {
        self.claim("nonce", nonce.into())
    }

    /// `jti`.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.claim("jti", id.into())
    }

    /// `iat`, this many seconds from now; negative for an old proof.
    pub fn made_in(self, seconds: f64) -> Self {
        let at = self.now + seconds;
        self.claim("iat", at)
    }

    /// Any claim, with any value.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jwt = self.jwt.claim(name, value);
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.jwt = self.jwt.without_claim(name);
        self
    }

    /// Any header parameter, with any value. It changes what the proof says, not how it is signed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jwt = self.jwt.header(name, value);
        self
    }

    /// Removes a header parameter.
    pub fn without_header(mut self, name: &str) -> Self {
        self.jwt = self.jwt.without_header(name);
        self
    }

    /// Signs with another key, under the same `jwk`.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.jwt = self.jwt.signed_by(key);
        self
    }

    /// Exactly this text as the header.
    pub fn raw_header(mut self, header: impl Into<String>) -> Self {
        self.jwt = self.jwt.raw_header(header);
        self
    }

    /// Exactly this text as the claims.
    pub fn raw_claims(mut self, claims: impl Into<String>) -> Self {
        self.jwt = self.jwt.raw_claims(claims);
        self
    }

    /// Makes one bit of the signature wrong.
    pub const fn broken_signature(mut self) -> Self {
        self.jwt.signature = Signature::Broken;
        self
    }

    /// `alg` is `none`, and the third part is empty.
    pub fn unsigned(mut self) -> Self {
        self.jwt = self.jwt.unsigned();
        self
    }

    /// Exactly this text in place of the proof.
    pub(super) fn exactly(mut self, proof: &str) -> Self {
        self.exact = Some(proof.to_owned());
        self
    }

    /// The proof.
    ///
    /// # Panics
    ///
    /// If the key cannot sign with its algorithm, which keys made here can.
    pub fn encode(self) -> String {
        self.exact.unwrap_or_else(|| self.jwt.encode())
    }
}

/// Encodes the proof.
impl From<ProofMaker> for String {
    fn from(maker: ProofMaker) -> Self {
        maker.encode()
    }
}
