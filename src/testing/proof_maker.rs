//! Builder for DPoP proofs, valid and invalid.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::signing_key::{SigningKey, random};
use crate::token::{Algorithm, Timestamp};

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
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<String>,
    raw_claims: Option<String>,
    now: f64,
    key: SigningKey,
    algorithm: Algorithm,
    is_broken: bool,
    is_unsigned: bool,
    exact: Option<String>,
}

impl ProofMaker {
    /// A proof by this key, made now.
    pub fn new(key: &SigningKey) -> Self {
        let now = f64::from(u32::try_from(Timestamp::now().milliseconds() / 1000).unwrap_or(0));
        let maker = Self {
            header: Map::new(),
            claims: Map::new(),
            raw_header: None,
            raw_claims: None,
            now,
            key: key.clone(),
            algorithm: key.algorithm(),
            is_broken: false,
            is_unsigned: false,
            exact: None,
        };
        maker
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
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Any header parameter, with any value. It changes what the proof says, not how it is signed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Removes a header parameter.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signs with another key, under the same `jwk`.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.key = key.clone();
        self.algorithm = key.algorithm();
        self
    }

    /// Exactly this text as the header.
    pub fn raw_header(mut self, header: impl Into<String>) -> Self {
        self.raw_header = Some(header.into());
        self
    }

    /// Exactly this text as the claims.
    pub fn raw_claims(mut self, claims: impl Into<String>) -> Self {
        self.raw_claims = Some(claims.into());
        self
    }

    /// Makes one bit of the signature wrong.
    pub const fn broken_signature(mut self) -> Self {
        self.is_broken = true;
        self
    }

    /// `alg` is `none`, and the third part is empty.
    pub fn unsigned(mut self) -> Self {
        self.is_unsigned = true;
        self.header("alg", "none")
    }

    /// Exactly this text in place of the proof.
    pub(super) fn exactly(mut self, proof: &str) -> Self {
        self.exact = Some(proof.to_owned());
        self
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `jwk` of the header.
    pub(super) fn key_members(&self) -> Value {
        self.header.get("jwk").cloned().unwrap_or_default()
    }

    /// The text of `htu`.
    pub(super) fn target_text(&self) -> String {
        self.claims.get("htu").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The proof.
    ///
    /// # Panics
    ///
    /// If the key cannot sign with its algorithm, which keys made here can.
    pub fn encode(self) -> String {
        if let Some(exact) = self.exact {
            return exact;
        }
        let text = |raw: Option<String>, members: Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(raw.unwrap_or_else(|| Value::Object(members).to_string()))
        };
        let header = text(self.raw_header, self.header);
        let claims = text(self.raw_claims, self.claims);
        let signing_input = format!("{header}.{claims}");
        let mut signature = if self.is_unsigned {
            Vec::new()
        } else {
            self.key.sign_as(self.algorithm, signing_input.as_bytes())
        };
        if self.is_broken
            && let Some(byte) = signature.last_mut()
        {
            *byte ^= 1;
        }
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Encodes the proof.
impl From<ProofMaker> for String {
    fn from(maker: ProofMaker) -> Self {
        maker.encode()
    }
}
