//! Rows of the comparison.

use std::sync::OnceLock;

use actix_resource_server::testing::{SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::Algorithm;

/// Issuer and audience in the servers' configuration.
pub(crate) const ISSUER: &str = "https://issuer.example/";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// Approximate size of a typical access token, in bytes.
const ORDINARY_TOKEN: usize = 850;

/// Server that receives the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Bare Actix handler.
    Bare,
    /// The service with default settings, but without access log.
    Cached,
    /// The same without the verified-token cache.
    Uncached,
    /// The service with default settings, including the access log.
    Logged,
    /// The same with metrics.
    Observed,
    /// The service with forward authentication.
    Edge,
    /// The service with introspection of opaque tokens.
    Introspecting,
    /// The service with an HS256 issuer, whose tokens are cheap to create and to verify.
    Secret,
    /// The same with a cache large enough for every token.
    SecretWithRoom,
}

/// Name of the row that [`AUTHORIZE`] and [`OPAQUE`] are compared with.
pub(crate) const PRIVATE: &str = "private, warm cache";
/// Name of the row that asks about the same request for another API.
pub(crate) const AUTHORIZE: &str = "authorize, warm cache";
/// Name of the row with an opaque token.
pub(crate) const OPAQUE: &str = "private, opaque token, warm cache";
/// Policy file of the server that it asks.
pub(crate) const POLICY: &str =
    "[[routes]]\nmethods = [\"GET\"]\npath = \"/api/private\"\npolicy = \"any valid token\"\n";

/// One row of the comparison.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    path: &'static str,
    token: Option<String>,
    pub(crate) status: u16,
}

impl Row {
    pub(crate) fn request(&self) -> String {
        let path = self.path;
        let credentials =
            self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let credentials = credentials.unwrap_or_default();
        let forwarded = match self.server {
            Server::Edge => "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /api/private\r\n",
            _ => "",
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: api.example\r\n{credentials}{forwarded}Accept: */*\r\n\r\n"
        )
    }
}

/// All rows: first the baseline, then the public route.
pub(crate) fn all() -> Vec<Row> {
    let row = |name, server, path, algorithm, status| {
        let token = Some(token(algorithm, 3600));
        Row { name, server, path, token, status }
    };
    let (public, private, scoped) = ("/api/public", "/api/private", "/api/private-scoped");
    let mut rows = vec![
        row("bare actix-web, token sent", Server::Bare, public, Algorithm::Rs256, 200),
        row("public, token sent", Server::Cached, public, Algorithm::Rs256, 200),
        row(PRIVATE, Server::Cached, private, Algorithm::Rs256, 200),
        row("private-scoped, warm cache", Server::Cached, scoped, Algorithm::Rs256, 200),
        row(AUTHORIZE, Server::Edge, "/authorize", Algorithm::Rs256, 200),
    ];
    let (server, opaque) = (Server::Introspecting, Some(opaque_token()));
    rows.push(Row { name: OPAQUE, server, path: private, token: opaque, status: 200 });
    let cold = [
        ("private, RS256 each time", Algorithm::Rs256),
        ("private, PS256 each time", Algorithm::Ps256),
        ("private, ES256 each time", Algorithm::Es256),
        ("private, EdDSA each time", Algorithm::EdDsa),
    ];
    rows.extend(cold.map(|(name, algorithm)| row(name, Server::Uncached, private, algorithm, 200)));
    let refused =
        |name, token, status| Row { name, server: Server::Cached, path: private, token, status };
    rows.push(refused("private, no token: 401", None, 401));
    let expired = token(Algorithm::Rs256, -3600);
    rows.push(refused("private, expired token: 401", Some(expired), 401));
    let observed = [
        ("public, access log on", Server::Logged, public),
        ("private, warm cache, access log on", Server::Logged, private),
        ("private, warm cache, log and metrics on", Server::Observed, private),
    ];
    let algorithm = Algorithm::Rs256;
    rows.extend(observed.map(|(name, server, path)| row(name, server, path, algorithm, 200)));
    rows
}

/// Warm private route with a token of about this many bytes.
pub(crate) fn with_token_of(length: usize) -> Row {
    let token = Some(token_of(Algorithm::Rs256, 3600, length));
    Row { name: "", server: Server::Cached, path: "/api/private", token, status: 200 }
}

/// Requests to the private route, each with a different token of the HS256 issuer.
pub(crate) fn distinct_tokens(count: u64) -> impl Iterator<Item = String> {
    (0..count).map(|number| {
        let token = TokenMaker::new(ISSUER, secret())
            .audience(AUDIENCE)
            .scope("openid profile read:messages")
            .claim("jti", format!("{number:024}"))
            .claim("filling", "x".repeat(200))
            .encode();
        let (server, path) = (Server::Secret, "/api/private");
        Row { name: "", server, path, token: Some(token), status: 200 }.request()
    })
}

/// The issuer that is asked about opaque tokens. It runs in this process, and answers once for each.
pub(crate) fn asked_issuer() -> &'static TestIssuer {
    static ISSUER: OnceLock<TestIssuer> = OnceLock::new();
    ISSUER.get_or_init(TestIssuer::start)
}

/// An opaque token with the claims of the usual one.
fn opaque_token() -> String {
    asked_issuer().opaque(&maker(keys().first().expect("a key"), 3600, ""))
}

/// Secret of the HS256 issuer.
pub(crate) fn secret() -> &'static SigningKey {
    static SECRET: OnceLock<SigningKey> = OnceLock::new();
    SECRET.get_or_init(|| SigningKey::generate(Algorithm::Hs256))
}

/// Keys of the issuer, one per compared algorithm.
pub(crate) fn keys() -> &'static [SigningKey] {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    KEYS.get_or_init(|| {
        [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa]
            .map(SigningKey::generate)
            .into()
    })
}

fn token(algorithm: Algorithm, lifetime: i64) -> String {
    token_of(algorithm, lifetime, ORDINARY_TOKEN)
}

fn token_of(algorithm: Algorithm, lifetime: i64, length: usize) -> String {
    let key = keys().iter().find(|key| key.algorithm() == algorithm).expect("a key");
    let encoded = |filling: usize| maker(key, lifetime, &"x".repeat(filling)).encode();
    let short = encoded(0).len();
    encoded(length.saturating_sub(short) * 3 / 4)
}

fn maker(key: &SigningKey, lifetime: i64, filling: &str) -> TokenMaker {
    TokenMaker::new(ISSUER, key)
        .audience(AUDIENCE)
        .scope("openid profile read:messages")
        .expires_in(lifetime)
        .claim("filling", filling)
}
