//! Opaque and revoked tokens of the test issuer.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::signing_key::random;
use super::token_maker::TokenMaker;

/// Opaque tokens, revoked tokens, and the client that may ask about them.
#[derive(Debug, Default)]
pub(super) struct IntrospectionState {
    pub(super) opaque: HashMap<String, Map<String, Value>>,
    pub(super) revoked: HashSet<String>,
    pub(super) is_signed: bool,
    /// The client's public key, in PEM or as a JWK.
    pub(super) client_key: Option<String>,
}

impl IntrospectionState {
    /// Registers an opaque token with these claims and returns it.
    pub(super) fn issue(&mut self, maker: &TokenMaker) -> String {
        let token = format!("opaque_{}", URL_SAFE_NO_PAD.encode(random(18)));
        self.opaque.insert(token.clone(), maker.claims.clone());
        token
    }

    /// The metadata members about introspection.
    pub(super) fn metadata(&self, metadata: &mut Map<String, Value>, base: &str) {
        let mut add = |name: &str, value: Value| metadata.insert(name.to_owned(), value);
        add("introspection_endpoint", format!("{base}/introspect").into());
        add("revocation_endpoint", format!("{base}/revoke").into());
        let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
        add("introspection_endpoint_auth_methods_supported", methods);
        if self.is_signed {
            add("introspection_signing_alg_values_supported", json!(["RS256"]));
        }
    }
}
