//! Test issuer: an HTTP server with real keys.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::web::ServiceConfig;
use serde_json::Value;

use super::extra_endpoints::ExtraEndpoints;
use super::fault_injection::{Behavior, Endpoint};
use super::introspection;
use super::issuer_server::{Running, serve};
use super::issuer_state::{IssuerState, Requests};
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::sender::NonceKeys;
use crate::token::Algorithm;

/// An issuer for tests and demonstrations with discovery, key set and token endpoint. It runs on its own
/// thread and a loopback port, and stops when it is dropped.
///
/// It issues any token to anyone, so never trust it in production. `GET /token` returns a token as plain
/// text, and `POST /oauth/token` uses the client credentials grant. Both accept these parameters:
///
/// | parameter | value |
/// |---|---|
/// | `scope` | space-separated scopes |
/// | `permissions` | names separated by spaces or commas |
/// | `audience`, `subject` | any text |
/// | `lifetime` | seconds |
/// | `algorithm` | `RS256` or another algorithm of the issuer's keys |
/// | `defect` | the name of a [`Defect`](super::Defect) |
/// | `jkt` | thumbprint of a DPoP key to bind the token to; `POST` also binds it to the key of a `DPoP` proof |
///
/// ```
/// use actix_resource_server::verifier::Verifier;
/// use actix_resource_server::testing::TestIssuer;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = TestIssuer::start();
/// let verifier = Verifier::builder().issuer(issuer.url()).audience("https://api.example").start()?;
///
/// let token = issuer.token().audience("https://api.example").scope("read:messages").encode();
/// assert!(verifier.verify(&token).await.is_ok());
///
/// let expired = issuer.token().audience("https://api.example").expires_in(-60).encode();
/// assert!(verifier.verify(&expired).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestIssuer {
    state: Arc<IssuerState>,
    address: SocketAddr,
    extra_endpoints: ExtraEndpoints,
    running: Mutex<Option<Running>>,
}

/// Builder of a [`TestIssuer`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct TestIssuerBuilder {
    listen: SocketAddr,
    path: String,
    trailing_slash: bool,
    algorithms: Vec<Algorithm>,
    audience: Option<String>,
    origin: Option<String>,
    extra_endpoints: ExtraEndpoints,
}

impl TestIssuer {
    /// Client id that the introspection endpoint accepts.
    pub const CLIENT_ID: &'static str = introspection::CLIENT_ID;

    /// Secret of that client.
    pub const CLIENT_SECRET: &'static str = introspection::CLIENT_SECRET;

    /// Starts an issuer with one RS256 key on a free port.
    ///
    /// # Panics
    ///
    /// If there is no free loopback port.
    pub fn start() -> Self {
        Self::builder().start().expect("a free port on loopback")
    }

    /// Builder with one RS256 key and a free port.
    pub fn builder() -> TestIssuerBuilder {
        TestIssuerBuilder {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            path: String::new(),
            trailing_slash: false,
            algorithms: vec![Algorithm::Rs256],
            audience: None,
            origin: None,
            extra_endpoints: ExtraEndpoints::none(),
        }
    }

    /// Issuer identifier, exactly as in metadata and tokens.
    pub fn url(&self) -> &str {
        &self.state.name
    }

    /// Address that it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// URL of the key set.
    pub fn jwks_uri(&self) -> String {
        self.state.jwks_uri()
    }

    /// The key that signs new tokens.
    ///
    /// # Panics
    ///
    /// If the issuer was built without any algorithm.
    pub fn signing_key(&self) -> SigningKey {
        self.state.current_key().expect("an issuer with a key")
    }

    /// The newest key for this algorithm.
    ///
    /// # Panics
    ///
    /// If the issuer has no such key.
    pub fn key_for(&self, algorithm: Algorithm) -> SigningKey {
        let keys = self.state.keys();
        let key = keys.into_iter().rfind(|key| key.algorithm() == algorithm);
        key.unwrap_or_else(|| panic!("this issuer has no key for {algorithm}"))
    }

    /// A valid token, signed with the current key.
    pub fn token(&self) -> TokenMaker {
        self.token_with(&self.signing_key())
    }

    /// A token of this issuer, signed with this key.
    pub fn token_with(&self, key: &SigningKey) -> TokenMaker {
        let maker = TokenMaker::new(self.url(), key);
        match &self.state.default_audience {
            Some(audience) => maker.audience(audience),
            None => maker,
        }
    }

    /// Generates a new current key for the same algorithm; the old keys stay published.
    pub fn rotate(&self) -> SigningKey {
        let key = SigningKey::generate(self.signing_key().algorithm());
        self.publish(key.clone());
        key
    }

    /// Publishes this key and makes it the current one.
    pub fn publish(&self, key: SigningKey) {
        self.state.mutable().keys.push(key);
    }

    /// Removes a key from the published set.
    pub fn withdraw(&self, id: &str) {
        self.state.withdraw(id);
    }

    /// Replaces the published key set.
    pub fn set_jwks(&self, key_set: Value) {
        self.state.mutable().key_set = Some(key_set);
    }

    /// Sets the `Cache-Control` of the key set; initially `public, max-age=300`.
    pub fn set_cache_control(&self, value: &str) {
        value.clone_into(&mut self.state.mutable().cache_control);
    }

    /// Sets how an endpoint responds from now on.
    pub fn respond(&self, endpoint: Endpoint, behavior: Behavior) {
        self.state.set_behavior(endpoint, behavior);
    }

    /// Issues an opaque token with the claims of this one. Only introspection (RFC 7662) tells what it
    /// means, to the client [`CLIENT_ID`](Self::CLIENT_ID).
    pub fn opaque(&self, token: &TokenMaker) -> String {
        self.state.introspection().issue(token)
    }

    /// Revokes a token, opaque or JWT: introspection says that it is inactive.
    pub fn revoke(&self, token: &str) {
        self.state.introspection().revoked.insert(token.to_owned());
    }

    /// Whether the introspection endpoint offers signed responses (RFC 9701); initially not.
    pub fn sign_introspection(&self, is_signed: bool) {
        self.state.introspection().is_signed = is_signed;
    }

    /// A signed introspection response, to be modified by the test.
    pub fn signed_introspection(&self, response: &Value) -> TokenMaker {
        introspection::signed_response(self.url(), &self.signing_key(), response)
    }

    /// Whether DPoP proofs at the token endpoint need a nonce (RFC 9449 section 8). The endpoint then
    /// answers those without one with `use_dpop_nonce` and the nonce to use.
    pub fn require_dpop_nonce(&self, is_required: bool) {
        let mut key = [0; 32];
        // Without randomness the nonces are predictable, which a test does not mind.
        let _ = getrandom::fill(&mut key);
        self.state.mutable().nonces = is_required.then(|| NonceKeys::new(&key, None));
    }

    /// The public key, in PEM or as a JWK, that verifies assertions of the client (`private_key_jwt`).
    pub fn set_client_key(&self, key: &str) {
        self.state.introspection().client_key = Some(key.to_owned());
    }

    /// Number of requests received so far.
    pub fn requests(&self) -> Requests {
        self.state.mutable().requests
    }

    /// Stops the server: further connections are refused.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop();
        }
    }

    /// Restarts the server on the same port.
    ///
    /// # Errors
    ///
    /// If another process has taken the port.
    pub fn restart(&self) -> io::Result<()> {
        self.stop();
        let running = serve(&self.state, &self.extra_endpoints, TcpListener::bind(self.address)?)?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl TestIssuerBuilder {
    /// Address to listen on; default: a free port of 127.0.0.1.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds a path to the issuer identifier, such as `/tenant`.
    pub fn path(mut self, path: &str) -> Self {
        self.path = path.trim_end_matches('/').to_owned();
        self
    }

    /// Whether the issuer identifier ends with a slash, like Auth0's; default: no.
    pub const fn trailing_slash(mut self, slash: bool) -> Self {
        self.trailing_slash = slash;
        self
    }

    /// Generates one key per algorithm; the first one signs tokens. Default: RS256.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Audience of tokens that are requested without one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The origin in the issuer's name, where it differs from the address it listens on: an issuer
    /// that listens on 0.0.0.0 needs an origin that clients can reach, such as
    /// `http://issuer:3011`. Requests whose `Host` names it are answered too.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Serves additional endpoints at the issuer's address, such as userinfo.
    pub fn extra_endpoints(
        mut self,
        extra_endpoints: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        self.extra_endpoints = self.extra_endpoints.and(extra_endpoints);
        self
    }

    /// Starts the issuer.
    ///
    /// # Errors
    ///
    /// If the address is not available.
    pub fn start(self) -> io::Result<TestIssuer> {
        // The issuer identifier contains the port, so bind first.
        let listener = TcpListener::bind(self.listen)?;
        let address = listener.local_addr()?;
        let slash = if self.trailing_slash { "/" } else { "" };
        let origin = self.origin.unwrap_or_else(|| format!("http://{address}"));
        // The last key is the current one.
        let keys = self.algorithms.iter().rev().map(|algorithm| first_key(*algorithm)).collect();
        let state = Arc::new(IssuerState::new(&origin, self.path, slash, self.audience, keys));
        let running = serve(&state, &self.extra_endpoints, listener)?;
        let running = Mutex::new(Some(running));
        Ok(TestIssuer { state, address, extra_endpoints: self.extra_endpoints, running })
    }
}

/// Generating an RSA key is slow enough to matter in a large test suite, so the issuers of a process
/// share their first RSA key under different `kid`s. Rotation generates new keys.
fn first_key(algorithm: Algorithm) -> SigningKey {
    static RSA: OnceLock<SigningKey> = OnceLock::new();

    match algorithm {
        Algorithm::Rs256 => {
            let key = RSA.get_or_init(|| SigningKey::generate(Algorithm::Rs256)).clone();
            let name = SigningKey::generate(Algorithm::EdDsa);
            key.with_id(name.id())
        }
        other => SigningKey::generate(other),
    }
}
