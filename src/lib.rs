//! An OAuth 2 resource server on Actix-web.
#![forbid(unsafe_code)]

pub mod issuer;
pub mod token;
