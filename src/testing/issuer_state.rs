//! State of the test issuer, shared by its server and its handle.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::fault_injection::{Behavior, Endpoint};
use super::opaque_tokens::IntrospectionState;
use super::signing_key::SigningKey;
use crate::sender::NonceKeys;
use crate::token::{Algorithms, Timestamp};

/// Number of requests that the test issuer has received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// Requests for metadata, at any of its paths.
    pub discovery: usize,
    /// Requests for the key set.
    pub key_set: usize,
    /// Requests for the key set that were answered with 304.
    pub unchanged: usize,
    /// Requests for introspection.
    pub introspection: usize,
}

#[derive(Debug)]
pub(super) struct IssuerState {
    /// Issuer identifier, as in the metadata.
    pub(super) name: String,
    /// Issuer identifier without a trailing slash: what its addresses begin with.
    base: String,
    /// Path of the issuer identifier, without a trailing slash; often empty.
    pub(super) path: String,
    /// Audience of tokens that are requested without one.
    pub(super) default_audience: Option<String>,
    introspection: Mutex<IntrospectionState>,
    mutable: Mutex<MutableState>,
}

#[derive(Debug, Default)]
pub(super) struct MutableState {
    /// Published keys; the last one is the current key.
    pub(super) keys: Vec<SigningKey>,
    /// Keys that sign but are no longer published.
    withdrawn: Vec<SigningKey>,
    /// In place of the published keys.
    pub(super) key_set: Option<Value>,
    pub(super) cache_control: String,
    discovery: Behavior,
    key_set_behavior: Behavior,
    introspection_behavior: Behavior,
    pub(super) requests: Requests,
    /// The keys of nonces, if proofs at the token endpoint need one.
    pub(super) nonces: Option<NonceKeys>,
}

impl MutableState {
    /// The number of requests to this endpoint, and how it responds.
    const fn endpoint(&mut self, endpoint: Endpoint) -> (&mut usize, &mut Behavior) {
        match endpoint {
            Endpoint::Discovery => (&mut self.requests.discovery, &mut self.discovery),
            Endpoint::KeySet => (&mut self.requests.key_set, &mut self.key_set_behavior),
            Endpoint::Introspection => {
                (&mut self.requests.introspection, &mut self.introspection_behavior)
            }
        }
    }
}

impl IssuerState {
    pub(super) fn new(
        origin: &str,
        path: String,
        slash: &str,
        default_audience: Option<String>,
        keys: Vec<SigningKey>,
    ) -> Self {
        let cache_control = "public, max-age=300".to_owned();
        let mutable = MutableState { keys, cache_control, ..MutableState::default() };
        let base = format!("{origin}{path}");
        Self {
            name: format!("{base}{slash}"),
            base,
            path,
            default_audience,
            introspection: Mutex::default(),
            mutable: Mutex::new(mutable),
        }
    }

    pub(super) fn current_key(&self) -> Option<SigningKey> {
        let mutable = self.mutable();
        mutable.keys.last().or(mutable.withdrawn.last()).cloned()
    }

    pub(super) fn keys(&self) -> Vec<SigningKey> {
        let mutable = self.mutable();
        mutable.keys.iter().chain(&mutable.withdrawn).cloned().collect()
    }

    pub(super) fn withdraw(&self, id: &str) {
        let mut mutable = self.mutable();
        let (gone, kept): (Vec<_>, _) = mutable.keys.drain(..).partition(|key| key.id() == id);
        mutable.keys = kept;
        mutable.withdrawn.extend(gone);
    }

    pub(super) fn set_behavior(&self, endpoint: Endpoint, behavior: Behavior) {
        *self.mutable().endpoint(endpoint).1 = behavior;
    }

    /// The nonce that a proof with this one needs instead (RFC 9449 section 8).
    pub(super) fn nonce_needed(&self, nonce: &str) -> Option<String> {
        let mutable = self.mutable();
        let (keys, now) = (mutable.nonces.as_ref()?, Timestamp::now());
        let is_fresh = |made| now.since(made) <= Duration::from_secs(60);
        (!keys.time_of(nonce).is_some_and(is_fresh)).then(|| keys.nonce(now))
    }

    /// Counts a request and returns how to respond.
    pub(super) fn count_request(&self, endpoint: Endpoint) -> Behavior {
        let mut mutable = self.mutable();
        let (count, behavior) = mutable.endpoint(endpoint);
        *count = count.saturating_add(1);
        behavior.clone()
    }

    /// Counts a 304 response.
    pub(super) fn unchanged(&self) {
        let mut mutable = self.mutable();
        mutable.requests.unchanged = mutable.requests.unchanged.saturating_add(1);
    }

    /// The published key set.
    pub(super) fn key_set(&self) -> Value {
        let mutable = self.mutable();
        mutable.key_set.clone().unwrap_or_else(|| {
            let keys: Vec<Value> = mutable.keys.iter().map(SigningKey::public_jwk).collect();
            json!({"keys": keys})
        })
    }

    /// URL of the key set.
    pub(super) fn jwks_uri(&self) -> String {
        format!("{}/.well-known/jwks.json", self.base)
    }

    /// Metadata (RFC 8414 section 2).
    pub(super) fn metadata(&self) -> Value {
        let mut algorithms: Vec<String> =
            self.mutable().keys.iter().map(|key| key.algorithm().to_string()).collect();
        algorithms.dedup();
        let mut metadata = json!({
            "issuer": self.name,
            "jwks_uri": self.jwks_uri(),
            "token_endpoint": format!("{}/oauth/token", self.base),
            "response_types_supported": ["token"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "dpop_signing_alg_values_supported":
                Algorithms::ASYMMETRIC.iter().map(|algorithm| algorithm.to_string()).collect::<Vec<_>>(),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        });
        if let Some(members) = metadata.as_object_mut() {
            self.introspection().metadata(members, &self.base);
        }
        metadata
    }

    pub(super) fn introspection(&self) -> MutexGuard<'_, IntrospectionState> {
        self.introspection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mutable(&self) -> MutexGuard<'_, MutableState> {
        self.mutable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Algorithm;

    #[test]
    fn every_withdrawn_key_stays_known() {
        let key = |id: &str| SigningKey::generate(Algorithm::EdDsa).with_id(id);
        let keys = vec![key("a"), key("b")];
        let state = IssuerState::new("http://issuer.test", String::new(), "", None, keys);
        for id in ["a", "b", "unknown"] {
            state.withdraw(id);
        }
        assert_eq!(state.key_set(), json!({"keys": []}));
        let keys = state.keys();
        assert_eq!(keys.iter().map(SigningKey::id).collect::<Vec<_>>(), ["a", "b"]);
        assert!(state.current_key().is_some_and(|key| key.id() == "b"), "the last one signs");
    }
}
