//! What an issuer in a box knows, shared by its server and its owner.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::behaviour::{Behaviour, Endpoint};
use super::signing_key::SigningKey;

/// How often something was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// Requests for metadata, in any of its forms.
    pub discovery: usize,
    /// Requests for the key set.
    pub key_set: usize,
    /// Those of them that knew the key set already, and were answered 304.
    pub unchanged: usize,
}

#[derive(Debug)]
pub(super) struct IssuerState {
    /// The issuer's name, as its metadata says it.
    pub(super) name: String,
    /// The name without its path.
    origin: String,
    /// The path that the name has, without a trailing slash; often empty.
    pub(super) path: String,
    /// What tokens are for that are asked for without an audience.
    pub(super) default_audience: Option<String>,
    changing: Mutex<Changing>,
}

#[derive(Debug)]
struct Changing {
    /// The current key last.
    keys: Vec<SigningKey>,
    /// Keys that sign and are not published.
    withdrawn: Vec<SigningKey>,
    key_set: Option<Value>,
    cache_control: String,
    discovery: Behaviour,
    key_set_behaviour: Behaviour,
    requests: Requests,
}

impl IssuerState {
    pub(super) fn new(
        origin: String,
        path: String,
        slash: &str,
        default_audience: Option<String>,
        keys: Vec<SigningKey>,
    ) -> Self {
        let changing = Changing {
            keys,
            withdrawn: Vec::new(),
            key_set: None,
            cache_control: "public, max-age=300".to_owned(),
            discovery: Behaviour::Healthy,
            key_set_behaviour: Behaviour::Healthy,
            requests: Requests::default(),
        };
        let name = format!("{origin}{path}{slash}");
        Self { name, origin, path, default_audience, changing: Mutex::new(changing) }
    }

    pub(super) fn current_key(&self) -> Option<SigningKey> {
        let changing = self.changing();
        changing.keys.last().or(changing.withdrawn.last()).cloned()
    }

    pub(super) fn keys(&self) -> Vec<SigningKey> {
        let changing = self.changing();
        changing.keys.iter().chain(&changing.withdrawn).cloned().collect()
    }

    pub(super) fn publish(&self, key: SigningKey) {
        self.changing().keys.push(key);
    }

    pub(super) fn withdraw(&self, id: &str) {
        let mut changing = self.changing();
        let (gone, kept) = changing.keys.drain(..).partition(|key| key.id() == id);
        changing.keys = kept;
        changing.withdrawn = gone;
    }

    pub(super) fn set_key_set(&self, key_set: Value) {
        self.changing().key_set = Some(key_set);
    }

    pub(super) fn set_cache_control(&self, value: &str) {
        value.clone_into(&mut self.changing().cache_control);
    }

    pub(super) fn cache_control(&self) -> String {
        self.changing().cache_control.clone()
    }

    pub(super) fn behave(&self, endpoint: Endpoint, behaviour: Behaviour) {
        let mut changing = self.changing();
        match endpoint {
            Endpoint::Discovery => changing.discovery = behaviour,
            Endpoint::KeySet => changing.key_set_behaviour = behaviour,
        }
    }

    /// Counts a request, and says how it is to be answered.
    pub(super) fn asked(&self, endpoint: Endpoint) -> Behaviour {
        let mut changing = self.changing();
        match endpoint {
            Endpoint::Discovery => {
                changing.requests.discovery = changing.requests.discovery.saturating_add(1);
                changing.discovery.clone()
            }
            Endpoint::KeySet => {
                changing.requests.key_set = changing.requests.key_set.saturating_add(1);
                changing.key_set_behaviour.clone()
            }
        }
    }

    /// Counts a request that was answered with 304.
    pub(super) fn unchanged(&self) {
        let mut changing = self.changing();
        changing.requests.unchanged = changing.requests.unchanged.saturating_add(1);
    }

    pub(super) fn requests(&self) -> Requests {
        self.changing().requests
    }

    /// The key set as it is published.
    pub(super) fn key_set(&self) -> Value {
        let changing = self.changing();
        changing.key_set.clone().unwrap_or_else(|| {
            let keys: Vec<Value> = changing.keys.iter().map(SigningKey::public_jwk).collect();
            json!({"keys": keys})
        })
    }

    /// The address of the key set.
    pub(super) fn jwks_uri(&self) -> String {
        format!("{}{}/.well-known/jwks.json", self.origin, self.path)
    }

    /// The metadata (RFC 8414 section 2).
    pub(super) fn metadata(&self) -> Value {
        json!({
            "issuer": self.name,
            "jwks_uri": self.jwks_uri(),
            "token_endpoint": format!("{}{}/oauth/token", self.origin, self.path),
            "response_types_supported": ["token"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        })
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
