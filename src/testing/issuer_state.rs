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
    /// Issuer identifier without its path.
    origin: String,
    /// Path of the issuer identifier, without a trailing slash; often empty.
    pub(super) path: String,
    /// Audience of tokens that are requested without one.
    pub(super) default_audience: Option<String>,
    /// Opaque and revoked tokens.
    pub(super) introspection: IntrospectionState,
    mutable: Mutex<MutableState>,
}

#[derive(Debug)]
struct MutableState {
    /// Published keys; the last one is the current key.
    keys: Vec<SigningKey>,
    /// Keys that sign but are no longer published.
    withdrawn: Vec<SigningKey>,
    key_set: Option<Value>,
    cache_control: String,
    discovery: Behavior,
    key_set_behavior: Behavior,
    introspection_behavior: Behavior,
    requests: Requests,
    /// The keys of nonces, if proofs at the token endpoint need one.
    nonces: Option<NonceKeys>,
}

impl IssuerState {
    pub(super) fn new(
        origin: String,
        path: String,
        slash: &str,
        default_audience: Option<String>,
        keys: Vec<SigningKey>,
    ) -> Self {
        let mutable = MutableState {
            keys,
            withdrawn: Vec::new(),
            key_set: None,
            cache_control: "public, max-age=300".to_owned(),
            discovery: Behavior::Healthy,
            key_set_behavior: Behavior::Healthy,
            introspection_behavior: Behavior::Healthy,
            requests: Requests::default(),
            nonces: None,
        };
        let name = format!("{origin}{path}{slash}");
        let introspection = IntrospectionState::default();
        let mutable = Mutex::new(mutable);
        Self { name, origin, path, default_audience, introspection, mutable }
    }

    pub(super) fn current_key(&self) -> Option<SigningKey> {
        let mutable = self.mutable();
        mutable.keys.last().or(mutable.withdrawn.last()).cloned()
    }

    pub(super) fn keys(&self) -> Vec<SigningKey> {
        let mutable = self.mutable();
        mutable.keys.iter().chain(&mutable.withdrawn).cloned().collect()
    }

    pub(super) fn publish(&self, key: SigningKey) {
        self.mutable().keys.push(key);
    }

    pub(super) fn withdraw(&self, id: &str) {
        let mut mutable = self.mutable();
        let (gone, kept) = mutable.keys.drain(..).partition(|key| key.id() == id);
        mutable.keys = kept;
        mutable.withdrawn = gone;
    }

    pub(super) fn set_key_set(&self, key_set: Value) {
        self.mutable().key_set = Some(key_set);
    }

    pub(super) fn set_cache_control(&self, value: &str) {
        value.clone_into(&mut self.mutable().cache_control);
    }

    pub(super) fn cache_control(&self) -> String {
        self.mutable().cache_control.clone()
    }

    pub(super) fn set_behavior(&self, endpoint: Endpoint, behavior: Behavior) {
        let mut mutable = self.mutable();
        match endpoint {
            Endpoint::Discovery => mutable.discovery = behavior,
            Endpoint::KeySet => mutable.key_set_behavior = behavior,
            Endpoint::Introspection => mutable.introspection_behavior = behavior,
        }
    }

    pub(super) fn set_nonces(&self, nonces: Option<NonceKeys>) {
        self.mutable().nonces = nonces;
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
        match endpoint {
            Endpoint::Discovery => {
                mutable.requests.discovery = mutable.requests.discovery.saturating_add(1);
                mutable.discovery.clone()
            }
            Endpoint::KeySet => {
                mutable.requests.key_set = mutable.requests.key_set.saturating_add(1);
                mutable.key_set_behavior.clone()
            }
            Endpoint::Introspection => {
                mutable.requests.introspection = mutable.requests.introspection.saturating_add(1);
                mutable.introspection_behavior.clone()
            }
        }
    }

    /// Counts a 304 response.
    pub(super) fn unchanged(&self) {
        let mut mutable = self.mutable();
        mutable.requests.unchanged = mutable.requests.unchanged.saturating_add(1);
    }

    pub(super) fn requests(&self) -> Requests {
        self.mutable().requests
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
        format!("{}{}/.well-known/jwks.json", self.origin, self.path)
    }

    /// Metadata (RFC 8414 section 2).
    pub(super) fn metadata(&self) -> Value {
        let mut algorithms: Vec<String> =
            self.mutable().keys.iter().map(|key| key.algorithm().to_string()).collect();
        algorithms.dedup();
        let base = format!("{}{}", self.origin, self.path);
        let mut metadata = json!({
            "issuer": self.name,
            "jwks_uri": self.jwks_uri(),
            "token_endpoint": format!("{}{}/oauth/token", self.origin, self.path),
            "response_types_supported": ["token"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "dpop_signing_alg_values_supported":
                Algorithms::ASYMMETRIC.iter().map(|algorithm| algorithm.to_string()).collect::<Vec<_>>(),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        });
        if let Some(members) = metadata.as_object_mut() {
            self.introspection.metadata(members, &base);
        }
        metadata
    }

    fn mutable(&self) -> MutexGuard<'_, MutableState> {
        self.mutable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
