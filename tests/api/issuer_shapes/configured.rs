//! Settings of a recipe, tokens of its issuer, and requests with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_resource_server::ProtectedResource;
use actix_resource_server::service::settings::{Settings, SettingsError, arguments};
use actix_resource_server::service::{configure, protected_resource};
use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::{Algorithm, Timestamp};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, http::header};
use serde_json::{Value, json};

use super::recipe::{Variable, recipe};
use super::{Shape, routes};

/// The settings of a recipe, with its keys in a file in place of the network.
pub(super) struct Configured {
    variables: Vec<Variable>,
    keys: PathBuf,
}

impl Configured {
    pub(super) fn new(shape: &Shape, key: &SigningKey) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = format!("actix-resource-server-shape-{}-{count}.json", std::process::id());
        let keys = std::env::temp_dir().join(file);
        fs::write(&keys, shape.key_set(key).to_string()).expect("a file");
        let (heading, block) = shape.recipe;
        let mut variables = recipe(heading, block);
        variables.retain(|(name, _)| {
            !["ISSUER_BASE_URL", "AUTH0_DOMAIN", "JWKS_URI", "ISSUER"].contains(&name.as_str())
        });
        let template = shape.metadata.as_ref().and_then(|it| it["issuer"].as_str());
        let issuer = template.filter(|name| name.contains('{'));
        let issuer = issuer.or(shape.claims["iss"].as_str()).expect("an issuer");
        variables.push(("ISSUER".to_owned(), issuer.to_owned()));
        let path = keys.to_str().expect("a path").to_owned();
        variables.push(("PUBLIC_KEY_FILE".to_owned(), path));
        Self { variables, keys }
    }

    /// The resource, with further settings that replace those of the recipe.
    pub(super) fn resource(&self, further: &[Variable]) -> Result<ProtectedResource, String> {
        let mut variables = self.variables.clone();
        for (name, value) in further {
            // The issuer's keys are in a file, so that its name is set and not discovered.
            let name = name.replace("ISSUER_BASE_URL", "ISSUER");
            variables.retain(|(other, _)| *other != name);
            if !value.is_empty() {
                variables.push((name, value.clone()));
            }
        }
        let settings = load(&variables).map_err(|error| error.to_string())?;
        protected_resource(&settings).map_err(|error| error.to_string())
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.keys));
    }
}

impl Shape {
    /// A token with this shape, changed by `change`.
    pub(super) fn token(
        &self,
        key: &SigningKey,
        change: impl Fn(&mut Value, &mut Value),
    ) -> String {
        let now = Timestamp::now().milliseconds() / 1000;
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        header["alg"] = self.algorithm.to_string().into();
        header["kid"] = "key-1".into();
        claims["iat"] = now.into();
        claims["exp"] = (now + 3600).into();
        change(&mut header, &mut claims);
        TokenMaker::new("", key)
            .raw_header(header.to_string())
            .raw_claims(claims.to_string())
            .encode()
    }

    /// The header field that the recipe takes tokens from, if not `Authorization`.
    pub(super) fn token_header(&self) -> Option<String> {
        let variables = recipe(self.recipe.0, self.recipe.1).into_iter();
        let mut header = variables.filter(|(name, _)| name == "TOKEN_HEADER");
        header.next().map(|(_, value)| value)
    }

    pub(super) async fn status(
        &self,
        resource: &ProtectedResource,
        path: &str,
        token: &str,
    ) -> u16 {
        let bearer = (header::AUTHORIZATION, format!("Bearer {token}"));
        let Some(name) = self.token_header() else {
            return send(resource, path, TestRequest::get().insert_header(bearer)).await;
        };
        let from = |peer: &str, value: &str| {
            let request = TestRequest::get().insert_header((name.as_str(), value));
            request.peer_addr(peer.parse().expect("an address"))
        };
        let status = send(resource, path, from("10.0.0.1:1", token)).await;
        let with_scheme = from("10.0.0.1:1", &format!("Bearer {token}"));
        assert_eq!(send(resource, path, with_scheme).await, status, "{}", self.name);
        let spoofed = from("203.0.113.9:1", token).insert_header(bearer.clone());
        assert_eq!(send(resource, path, spoofed).await, 401, "{}: spoofed", self.name);
        let elsewhere = TestRequest::get().insert_header(bearer);
        let elsewhere = elsewhere.peer_addr("10.0.0.1:1".parse().expect("an address"));
        assert_eq!(send(resource, path, elsewhere).await, 401, "{}: not read", self.name);
        status
    }

    pub(super) fn key_set(&self, key: &SigningKey) -> Value {
        let mut published = key.public_jwk();
        let members = self.key_members.as_object().into_iter().flatten();
        for (name, value) in members {
            published[name] = value.clone();
        }
        // Many issuers publish a key for encryption and the previous key beside the current one.
        let mut for_encryption = shared_key(self.algorithm, "enc").public_jwk();
        for_encryption["use"] = "enc".into();
        let previous = shared_key(self.algorithm, "key-0").public_jwk();
        json!({"keys": [previous, for_encryption, published]})
    }
}

/// A key of the algorithm, generated once for all shapes: RSA keys take long.
pub(super) fn shared_key(algorithm: Algorithm, id: &'static str) -> SigningKey {
    static KEYS: Mutex<BTreeMap<(String, &str), SigningKey>> = Mutex::new(BTreeMap::new());
    let mut keys = KEYS.lock().expect("no panic elsewhere");
    let key = keys.entry((algorithm.to_string(), id));
    key.or_insert_with(|| SigningKey::generate(algorithm).with_id(id)).clone()
}

pub(super) fn load(variables: &[Variable]) -> Result<Settings, SettingsError> {
    let flags = clap::Command::new("serve").args(arguments()).get_matches_from(["serve"]);
    Settings::load(&flags, |name| {
        let found = variables.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.clone())
    })
}

pub(super) async fn send(resource: &ProtectedResource, path: &str, request: TestRequest) -> u16 {
    let routes = routes();
    let app = App::new().configure(|config| configure(config, resource, &routes));
    let app = init_service(app).await;
    call_service(&app, request.uri(path).to_request()).await.status().as_u16()
}
