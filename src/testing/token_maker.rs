//! Builder of valid and invalid tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::signing_key::{SigningKey, random};
use crate::token::{Algorithm, CertificateThumbprint, Timestamp};

/// Builder of a token. It starts out valid for an hour, except that the audience is missing:
///
/// ```
/// use actix_resource_server::testing::{SigningKey, TokenMaker};
/// use actix_resource_server::token::Algorithm;
///
/// let key = SigningKey::generate(Algorithm::EdDsa);
/// let token = TokenMaker::new("https://issuer.example/", &key)
///     .subject("auth0|someone")
///     .audience("https://api.example")
///     .scope("read:messages")
///     .expires_in(60)
///     .encode();
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a token is made by `encode`"]
pub struct TokenMaker {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    raw_header: Option<String>,
    raw_claims: Option<String>,
    now: i64,
    key: SigningKey,
    /// What signs it.
    pub(super) algorithm: Algorithm,
    pub(super) signature: Signature,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Signature {
    Good,
    Broken,
    Absent,
}

impl TokenMaker {
    /// A token of this issuer, signed with this key.
    pub fn new(issuer: impl Into<String>, key: &SigningKey) -> Self {
        Self::empty(key)
            .header("typ", "at+jwt")
            .header("alg", key.algorithm().to_string())
            .header("kid", key.id())
            .claim("iss", issuer.into())
            .claim("client_id", "a-client")
            .claim("jti", URL_SAFE_NO_PAD.encode(random(12)))
            .subject("someone")
            .issued_in(0)
            .expires_in(3600)
    }

    /// A JWT without header parameters and claims, to be signed with this key.
    pub(super) fn empty(key: &SigningKey) -> Self {
        Self {
            header: Map::new(),
            claims: Map::new(),
            raw_header: None,
            raw_claims: None,
            now: i64::try_from(Timestamp::now().milliseconds() / 1000).unwrap_or(i64::MAX),
            key: key.clone(),
            algorithm: key.algorithm(),
            signature: Signature::Good,
        }
    }

    /// Sets the time that the token's times are relative to, in seconds since the epoch. Call it before
    /// setting any of them.
    pub fn at(mut self, now: i64) -> Self {
        self.now = now;
        self.issued_in(0).expires_in(3600)
    }

    /// `sub`.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// `aud`, as one string.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// `aud`, as an array.
    pub fn audiences<T: Into<String>>(self, audiences: impl IntoIterator<Item = T>) -> Self {
        self.claim("aud", texts(audiences))
    }

    /// `scope`, space-separated.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.claim("scope", scope.into())
    }

    /// `permissions`, as in Auth0's RBAC.
    pub fn permissions<T: Into<String>>(self, permissions: impl IntoIterator<Item = T>) -> Self {
        self.claim("permissions", texts(permissions))
    }

    /// `roles`, as an array.
    pub fn roles<T: Into<String>>(self, roles: impl IntoIterator<Item = T>) -> Self {
        self.claim("roles", texts(roles))
    }

    /// `acr`: how strong the user's sign-in was (RFC 9470).
    pub fn acr(self, acr: impl Into<String>) -> Self {
        self.claim("acr", acr.into())
    }

    /// `auth_time`: the user signed in this many seconds ago (RFC 9470).
    pub fn authenticated_ago(self, seconds: i64) -> Self {
        let at = self.now.saturating_sub(seconds);
        self.claim("auth_time", at)
    }

    /// `client_id`.
    pub fn client_id(self, client: impl Into<String>) -> Self {
        self.claim("client_id", client.into())
    }

    /// `exp`, this many seconds from now; negative for an expired token.
    pub fn expires_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("exp", at)
    }

    /// `nbf`, this many seconds from now.
    pub fn not_before_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("nbf", at)
    }

    /// `iat`, this many seconds from now; negative for an old token.
    pub fn issued_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("iat", at)
    }

    /// `cnf.jkt`: bound to this DPoP key (RFC 9449 section 6.1).
    pub fn bound_to(self, key: &SigningKey) -> Self {
        self.claim("cnf", json!({"jkt": key.thumbprint().to_string()}))
    }

    /// `cnf.x5t#S256`: bound to this client certificate (RFC 8705 section 3.1).
    pub fn bound_to_certificate(self, certificate: CertificateThumbprint) -> Self {
        self.claim("cnf", json!({"x5t#S256": certificate.to_string()}))
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

    /// Any header parameter, with any value. It does not change how the token is signed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Removes a header parameter.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signs with a different key under the same `kid` and `alg`.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.key = key.clone();
        self.algorithm = key.algorithm();
        self
    }

    /// Signs with a different algorithm for the same kind of key, and sets `alg` to it.
    pub fn signed_as(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self.header("alg", algorithm.to_string())
    }

    /// Uses exactly this text as the header.
    pub fn raw_header(mut self, header: impl Into<String>) -> Self {
        self.raw_header = Some(header.into());
        self
    }

    /// Uses exactly this text as the claims.
    pub fn raw_claims(mut self, claims: impl Into<String>) -> Self {
        self.raw_claims = Some(claims.into());
        self
    }

    /// Flips one bit of the signature.
    pub const fn broken_signature(mut self) -> Self {
        self.signature = Signature::Broken;
        self
    }

    /// Leaves the signature empty.
    pub const fn without_signature(mut self) -> Self {
        self.signature = Signature::Absent;
        self
    }

    /// Sets `alg` to `none` and leaves the signature empty.
    pub fn unsigned(self) -> Self {
        self.header("alg", "none").without_signature()
    }

    /// Signs and encodes the token.
    ///
    /// # Panics
    ///
    /// If the key cannot sign with the algorithm given to [`signed_as`](Self::signed_as).
    pub fn encode(self) -> String {
        let text = |raw: Option<String>, members: Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(raw.unwrap_or_else(|| Value::Object(members).to_string()))
        };
        let header = text(self.raw_header, self.header);
        let claims = text(self.raw_claims, self.claims);
        let signing_input = format!("{header}.{claims}");
        let signature = match self.signature {
            Signature::Absent => Vec::new(),
            Signature::Good => self.key.sign_as(self.algorithm, signing_input.as_bytes()),
            Signature::Broken => {
                let mut signed = self.key.sign_as(self.algorithm, signing_input.as_bytes());
                if let Some(byte) = signed.last_mut() {
                    *byte ^= 1;
                }
                signed
            }
        };
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Vec<Value> {
    texts.into_iter().map(|text| Value::String(text.into())).collect()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;

    #[test]
    fn another_library_accepts_the_tokens() {
        for algorithm in Algorithm::ALL {
            // It knows no other algorithms.
            let Ok(theirs) = algorithm.to_string().parse() else { continue };
            let key = SigningKey::generate(algorithm);
            let token = TokenMaker::new("https://issuer.example/", &key).audience("api").encode();
            let mut validation = Validation::new(theirs);
            validation.set_issuer(&["https://issuer.example/"]);
            validation.set_audience(&["api"]);
            let decoding = match key.secret() {
                Some(secret) => DecodingKey::from_secret(secret),
                None => {
                    let jwk = serde_json::from_value(key.public_jwk()).expect("a JWK");
                    DecodingKey::from_jwk(&jwk).expect("a key")
                }
            };
            let decoded = decode::<Value>(&token, &decoding, &validation);
            assert_eq!(decoded.expect("a good token").claims["sub"], "someone", "{algorithm}");
        }
    }
}
