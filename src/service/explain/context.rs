//! Verifier and routes that a token is judged against.

use crate::access::RouteTable;
use crate::token::Timestamp;
use crate::verifier::Verifier;

/// What a token is judged against.
#[derive(Debug)]
pub struct Context<'a> {
    pub(super) verifier: Option<&'a Verifier>,
    pub(super) routes: &'a RouteTable,
    /// What is missing where there is no verifier.
    pub(super) missing: String,
    pub(super) now: Timestamp,
}

impl<'a> Context<'a> {
    /// The verifier that would decide, and the routes whose policies would.
    pub fn new(verifier: &'a Verifier, routes: &'a RouteTable) -> Self {
        let now = verifier.now();
        Self { verifier: Some(verifier), routes, missing: String::new(), now }
    }

    /// No verifier, because of what is `missing`: the token can be judged by itself alone, as of
    /// `now`.
    pub fn without_verifier(
        missing: impl Into<String>,
        routes: &'a RouteTable,
        now: Timestamp,
    ) -> Self {
        Self { verifier: None, routes, missing: missing.into(), now }
    }
}
