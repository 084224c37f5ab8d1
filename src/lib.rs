//! An OAuth 2 resource server on Actix-web: the handler's signature is the security policy.
//!
//! Declare a guard as the first argument of a handler, and it runs only for callers that the guard
//! admits. [`Routes`] takes no handler that lacks one.
//!
//! ```
//! use actix_resource_server::{Claims, ProtectedResource, Public, Routes, Scoped, scopes};
//! use actix_resource_server::issuer::Verifier;
//! use actix_web::{App, HttpServer};
//!
//! scopes! {
//!     /// Read the caller's messages.
//!     pub ReadMessages = "read:messages";
//! }
//!
//! async fn public(_: Public) -> &'static str { "for anybody" }
//! async fn private(claims: Claims) -> String { format!("for {:?}", claims.subject) }
//! async fn private_scoped(_: Scoped<ReadMessages>) -> &'static str { "for those with the scope" }
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
//!
//! let server = HttpServer::new(move || {
//!     App::new().app_data(resource.clone()).service(routes.clone())
//! });
//! # drop(server);
//! # Ok(())
//! # }
//! ```
//!
//! # The rooms
//!
//! | room | its question | knows of |
//! |---|---|---|
//! | [`token`] | is this token good? | nothing: bytes and a clock in, a verdict out |
//! | [`issuer`] | whose keys? | the network |
//! | [`access`] | who may call? | Actix |
//! | `service` | how does it run? | settings, commands, the server (feature `service`) |
//! | `testing` | what would an issuer say? | an issuer in a box (feature `testing`) |
//!
//! A request walks them once: credentials, header, key, signature, claims, policy, handler.
//!
//! # Features
//!
//! `service`, on by default, is the runnable API with its command line. `testing` is the issuer in
//! a box; the service's `dev` command uses it. A library user turns the default off, and `testing`
//! on in `[dev-dependencies]`.

pub mod access;
pub mod issuer;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

pub use access::{
    AnyOf, Authorized, Claims, Guard, Maybe, Permitted, Policy, Problem, ProtectedResource, Public,
    Routes, Scoped,
};

/// The code in the documents, compiled and run.
#[cfg(all(doctest, feature = "testing"))]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/testing.md")]
    struct Testing;
}
