//! An issuer in a box: a real HTTP server with real keys, started and stopped at will.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::{io, thread};

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use serde_json::Value;

use super::endpoints;
use super::extra_endpoints::ExtraEndpoints;
use super::fault_injection::{Behavior, Endpoint};
use super::issuer_state::{IssuerState, Requests};
use super::request_guard::guard_request;
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::token::Algorithm;

/// An issuer in a box, for tests and for trying things out: discovery, key set, token endpoint, on
/// a thread of its own and a port of loopback. It ends when it is dropped.
///
/// It gives anybody any token. It is a toy by design; never trust one in earnest. `GET /token`
/// answers a bare one, and `POST /oauth/token` one by the client credentials grant; both take the
/// parameters `scope`, `audience`, `subject`, `permissions` (with blanks or commas between them),
/// `lifetime` (seconds), `algorithm`, and `defect` (the name of a [`Defect`](super::Defect)).
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
    more: ExtraEndpoints,
    running: Mutex<Option<Running>>,
}

/// The server while it runs.
#[derive(Debug)]
struct Running {
    handle: ServerHandle,
    thread: thread::JoinHandle<()>,
}

/// An issuer in a box in the making.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct TestIssuerBuilder {
    listen: SocketAddr,
    path: String,
    trailing_slash: bool,
    algorithms: Vec<Algorithm>,
    audience: Option<String>,
    origin: Option<String>,
    more: ExtraEndpoints,
}

impl TestIssuer {
    /// An issuer with one RS256 key, on any free port.
    ///
    /// # Panics
    ///
    /// If loopback has no free port.
    pub fn start() -> Self {
        Self::builder().start().expect("a free port on loopback")
    }

    /// An issuer in the making.
    pub fn builder() -> TestIssuerBuilder {
        TestIssuerBuilder {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            path: String::new(),
            trailing_slash: false,
            algorithms: vec![Algorithm::Rs256],
            audience: None,
            origin: None,
            more: ExtraEndpoints::none(),
        }
    }

    /// The issuer identifier, exactly as metadata and tokens say it.
    pub fn url(&self) -> &str {
        &self.state.name
    }

    /// The address it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the key set.
    pub fn jwks_uri(&self) -> String {
        self.state.jwks_uri()
    }

    /// The key that new tokens are signed with.
    ///
    /// # Panics
    ///
    /// If the issuer was made without any algorithm.
    pub fn signing_key(&self) -> SigningKey {
        self.state.current_key().expect("an issuer with a key")
    }

    /// The newest key for this algorithm.
    ///
    /// # Panics
    ///
    /// If the issuer has none.
    pub fn key_for(&self, algorithm: Algorithm) -> SigningKey {
        let keys = self.state.keys();
        let key = keys.into_iter().rfind(|key| key.algorithm() == algorithm);
        key.unwrap_or_else(|| panic!("this issuer has no key for {algorithm}"))
    }

    /// A token of this issuer, signed with its current key.
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

    /// Adds a new current key for the same algorithm; the old ones stay published.
    pub fn rotate(&self) -> SigningKey {
        let key = SigningKey::generate(self.signing_key().algorithm());
        self.publish(key.clone());
        key
    }

    /// Publishes this key, and makes it the current one.
    pub fn publish(&self, key: SigningKey) {
        self.state.publish(key);
    }

    /// Takes a key out of the published set.
    pub fn withdraw(&self, id: &str) {
        self.state.withdraw(id);
    }

    /// Publishes exactly this as the key set.
    pub fn set_jwks(&self, key_set: Value) {
        self.state.set_key_set(key_set);
    }

    /// The `Cache-Control` of the key set. At first `public, max-age=300`.
    pub fn set_cache_control(&self, value: &str) {
        self.state.set_cache_control(value);
    }

    /// Makes an endpoint behave like this from now on.
    pub fn respond(&self, endpoint: Endpoint, behavior: Behavior) {
        self.state.set_behavior(endpoint, behavior);
    }

    /// How often it was count_request since it was made.
    pub fn requests(&self) -> Requests {
        self.state.requests()
    }

    /// Stops listening: from now on connections are refused.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            // The future only waits; the order to stop is given at once.
            drop(running.handle.stop(false));
            // A server that panicked has stopped too.
            let _ = running.thread.join();
        }
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    ///
    /// If somebody else has taken the port.
    pub fn restart(&self) -> io::Result<()> {
        self.stop();
        let running = serve(&self.state, &self.more, TcpListener::bind(self.address)?)?;
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
    /// Listens on this address. By default any free port of 127.0.0.1.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// An issuer whose name has a path, `/tenant` for instance.
    pub fn path(mut self, path: &str) -> Self {
        self.path = path.trim_end_matches('/').to_owned();
        self
    }

    /// Whether the issuer's name ends with a slash, as Auth0's do. By default it does not.
    pub const fn trailing_slash(mut self, slash: bool) -> Self {
        self.trailing_slash = slash;
        self
    }

    /// One key for each of these algorithms; the first is the one that tokens are signed with. By
    /// default RS256 alone.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// What tokens are for that are count_request for without an audience.
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

    /// Serves more at the issuer's address: a userinfo endpoint, for instance, or a page.
    pub fn extra_endpoints(
        mut self,
        more: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        self.more = self.more.and(more);
        self
    }

    /// Starts the issuer.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub fn start(self) -> io::Result<TestIssuer> {
        // The name holds the port, so the port must be known first.
        let listener = TcpListener::bind(self.listen)?;
        let address = listener.local_addr()?;
        let slash = if self.trailing_slash { "/" } else { "" };
        let origin = self.origin.unwrap_or_else(|| format!("http://{address}"));
        // The last key is the current one.
        let keys = self.algorithms.iter().rev().map(|algorithm| first_key(*algorithm)).collect();
        let state = Arc::new(IssuerState::new(origin, self.path, slash, self.audience, keys));
        let running = serve(&state, &self.more, listener)?;
        let running = Mutex::new(Some(running));
        Ok(TestIssuer { state, address, more: self.more, running })
    }
}

/// Making an RSA key takes long enough to notice in a large test suite, so the issuers of one
/// process share their first ones, under names of their own. Rotation makes really new keys.
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

fn serve(
    state: &Arc<IssuerState>,
    more: &ExtraEndpoints,
    listener: TcpListener,
) -> io::Result<Running> {
    let (started, start) = mpsc::channel();
    let (state, more) = (Arc::clone(state), more.clone());
    let work = move || {
        let served = actix_rt::System::new().block_on(async move {
            let factory = move || {
                App::new()
                    .wrap(from_fn(guard_request))
                    .configure(|config| endpoints::configure(config, &state))
                    .configure(|config| more.configure(config))
            };
            let server = HttpServer::new(factory)
                .workers(1)
                .disable_signals()
                .shutdown_timeout(0)
                .listen(listener)?
                .run();
            // Nobody waits for a server that could not start: the sender is dropped, and seen.
            let _ = started.send(server.handle());
            server.await
        });
        if let Err(fault) = served {
            log::error!("the issuer in a box failed: {fault}");
        }
    };
    let thread = thread::Builder::new().name("test-issuer".to_owned()).spawn(work)?;
    let handle = start.recv().map_err(io::Error::other)?;
    Ok(Running { handle, thread })
}
