//! An OAuth 2 resource server on Actix-web.
#![forbid(unsafe_code)]

pub mod issuer;
#[cfg(feature = "service")]
pub mod service;
pub mod token;
