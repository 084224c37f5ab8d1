//! An OAuth 2 resource server on Actix-web.
#![forbid(unsafe_code)]

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
