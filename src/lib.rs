//! An OAuth 2 resource server on Actix-web: the handler's signature is the security policy.
//!
//! # Quick start
//!
//! Declare a guard as the first argument of a handler, and it runs only for callers that the guard
//! admits. [`Routes`] takes no handler that lacks one.
//!
//! ```
//! use actix_resource_server::{Claims, ProtectedResource, Public, Routes, Scoped, scopes};
//! use actix_resource_server::verifier::Verifier;
//! use actix_web::{App, HttpServer};
//!
//! scopes! {
//!     /// Read the caller's messages.
//!     pub ReadMessages = "read:messages";
//! }
//!
//! async fn public(_: Public) -> &'static str { "for everyone" }
//! async fn private(claims: Claims) -> String { format!("for {:?}", claims.subject) }
//! async fn private_scoped(_: Scoped<ReadMessages>) -> &'static str { "for tokens with the scope" }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::builder()
//!     .issuer("https://tenant.eu.auth0.com/")
//!     .audience("https://api.example")
//!     .start()?;
//! let resource = ProtectedResource::new(verifier);
//! let routes = Routes::new()
//!     .get("/api/public", public)
//!     .get("/api/private", private)
//!     .get("/api/private-scoped", private_scoped);
//! print!("{}", routes.table());
//!
//! let server = HttpServer::new(move || {
//!     App::new().app_data(resource.clone()).service(routes.clone())
//! });
//! # drop(server);
//! # Ok(())
//! # }
//! ```
//!
//! Three things are needed: a [`Verifier`](verifier::Verifier), which knows the issuer and keeps its
//! keys; a [`ProtectedResource`] with it in the application's data; and [`Routes`].
//!
//! # Guards
//!
//! | the argument | who may call | otherwise |
//! |---|---|---|
//! | [`Public`] | everyone | |
//! | [`Maybe<Claims>`](Maybe) | everyone; credentials that are sent must be good | 401 |
//! | [`Claims`] | any valid token | 401 |
//! | [`Claims<T>`](Claims) | any valid token whose claims fit `T` | 401 |
//! | [`Scoped<A>`](Scoped), `Scoped<(A, B)>`, `Scoped<AnyOf<(A, B)>>` | a token with the scope, all of them, one of them | 403 |
//! | [`Permitted<P>`](Permitted) | a token with the permission (Auth0 RBAC) | 403 |
//! | [`InRole<R>`](InRole) | a token whose subject has the role | 403 |
//! | [`Authorized<R>`](Authorized) | a token that meets any combination of requirements | 403 or 401 |
//!
//! Requirements are types, so that each has a name in the signature and in the route table:
//!
//! | requirement | declared by |
//! |---|---|
//! | scopes, permissions, roles | [`scopes!`], [`permissions!`], [`roles!`] |
//! | rules over claims, and over the path: whose object it is | [`rules!`] |
//! | how strong and recent the sign-in was (RFC 9470) | [`authentication!`] |
//! | a token that is bound to its sender (RFC 9449, RFC 8705) | [`Bound`] |
//! | a token that the issuer confirms with each request (RFC 7662) | [`Fresh`] |
//!
//! ```
//! use actix_resource_server::{AnyOf, Authorized, Guard, rules, scopes};
//! use serde::Deserialize;
//!
//! scopes! {
//!     /// Write messages.
//!     pub WriteMessages = "write:messages";
//! }
//!
//! #[derive(Deserialize)]
//! struct Seniority { level: u8 }
//!
//! rules! {
//!     /// One of the editors.
//!     pub Editor = claim "https://acme.example/roles" includes "editor";
//!     /// At level three or above.
//!     pub Senior = |claims: Seniority| claims.level >= 3;
//!     /// The tenant in the path is the caller's own.
//!     pub OwnTenant = path "tenant" equals claim "org_id";
//! }
//!
//! type MayWrite = Authorized<(OwnTenant, WriteMessages, AnyOf<(Editor, Senior)>)>;
//! assert_eq!(
//!     MayWrite::POLICY.to_string(),
//!     "rule OwnTenant and scope write:messages and (rule Editor or rule Senior)",
//! );
//! ```
//!
//! Every guard is also an ordinary extractor, for `#[get]` handlers and `.to(handler)`. With
//! [`Routes`], the guard finishes before any other extractor starts, a handler without a guard does
//! not compile, and there is a [route table](access::RouteTable).
//!
//! A rejected request is answered with a challenge (RFC 6750, RFC 9449, RFC 9470) and a problem
//! document (RFC 9457): see [`Rejection`](access::Rejection).
//!
//! # Without Actix
//!
//! A [`Verifier`](verifier::Verifier) verifies tokens for WebSockets, queues or gRPC:
//! `verifier.verify(token).await`. [`Verifier::issuers`](verifier::Verifier::issuers) is the state of
//! its issuers.
//!
//! # Testing
//!
//! Feature `testing`: an issuer without a network, a builder of tokens, and a walk that calls every
//! guarded route with every kind of bad token.
//!
#![cfg_attr(feature = "testing", doc = "```")]
#![cfg_attr(not(feature = "testing"), doc = "```ignore")]
//! use actix_resource_server::testing::{BearerRequest, OfflineIssuer, RouteWalk};
//! use actix_resource_server::{Claims, ProtectedResource, Routes};
//! use actix_web::{App, test};
//!
//! async fn private(_: Claims) -> &'static str { "for you" }
//!
//! # #[actix_web::main]
//! # async fn main() {
//! let issuer = OfflineIssuer::new("https://api.example");
//! let verifier = issuer.verifier();
//! let routes = Routes::new().get("/private", private);
//! let table = routes.table();
//! let app = App::new().app_data(ProtectedResource::new(verifier.clone())).service(routes);
//! let app = test::init_service(app).await;
//!
//! let request = test::TestRequest::get().uri("/private").bearer(issuer.token().subject("ann"));
//! assert_eq!(test::call_service(&app, request.to_request()).await.status(), 200);
//! RouteWalk::new(&table, &verifier, || issuer.token()).assert_rejected(&app).await;
//! # }
//! ```
//!
//! # Modules
//!
//! | module | its question | uses |
//! |---|---|---|
//! | [`token`] | is this token valid? | nothing: bytes and a time in, a verdict out |
//! | [`sender`] | was it sent by the party it was issued to? | nothing: bytes and a time in, a verdict out |
//! | [`memory`] | what must all replicas remember? | the network, for Redis |
//! | [`issuer`] | what does the issuer say? | the network |
//! | [`verifier`] | is this request's token good? | the four above |
//! | [`access`] | who may call? | Actix |
//! | `service` | how does it run? | settings, commands, the server (feature `service`) |
//! | `testing` | what would an issuer say? | a test issuer (feature `testing`) |
//!
//! A request passes through them once: credentials, token, sender, policy, handler.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `service`, on by default | the runnable API with its command line; your own application turns it off with `default-features = false` |
//! | `redis`, part of `service` | used DPoP proofs and rate limits in a Redis or Valkey that replicas share |
//! | `testing`, part of `service` | the module `testing`; an application has it in `[dev-dependencies]` |
//!
//! # Further reading
//!
//! The directory `docs` of the repository: policies, adopting the crate in an existing application,
//! Auth0, other issuers, opaque tokens, testing, security, running behind a proxy, monitoring, migrating
//! from express-oauth2-jwt-bearer, and the architecture.
//!
//! | example | shows |
//! |---|---|
//! | `examples/existing_app.rs` | state and middleware |
//! | `examples/tested_api.rs` | a module of tests |
//! | `examples/tenant_notes` | an API for many tenants with every kind of requirement |

// docs.rs marks each item with the features it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod access;
pub mod issuer;
pub mod memory;
mod percent;
mod secure_url;
pub mod sender;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod verifier;

pub use access::{
    AnyOf, Authorized, Bound, Claims, Fresh, Guard, InRole, Maybe, Permitted, Policy, Problem,
    ProtectedResource, Public, Routes, Scoped,
};

/// The code in the documents, compiled and run as tests.
#[cfg(all(doctest, feature = "testing"))]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/adopting.md")]
    struct Adopting;
    #[doc = include_str!("../docs/auth0.md")]
    struct Auth0;
    #[doc = include_str!("../docs/introspection.md")]
    struct Introspection;
    #[doc = include_str!("../docs/issuers.md")]
    struct Issuers;
    #[doc = include_str!("../docs/migrating-from-express-oauth2-jwt-bearer.md")]
    struct Migrating;
    #[doc = include_str!("../docs/policies.md")]
    struct Policies;
    #[doc = include_str!("../docs/testing.md")]
    struct Testing;
}
