//! Verifier and routes that a token is judged against.

use crate::access::RouteTable;
use crate::token::Timestamp;
use crate::verifier::Verifier;

/// What a token is judged against.
#[derive(Debug)]
pub struct Context<'a> {
    pub(super) verifier: Option<&'a Verifier>,
    pub(super) routes: &'a RouteTable,
    /// Why there is no verifier.
    pub(super) missing: String,
    pub(super) now: Timestamp,
}

impl<'a> Context<'a> {
    /// Judges tokens by this verifier and by the policies of these routes.
    pub fn new(verifier: &'a Verifier, routes: &'a RouteTable) -> Self {
        let now = verifier.now();
        Self { verifier: Some(verifier), routes, missing: String::new(), now }
    }

    /// Judges only what needs no settings, at the time `now`. `missing` says why there is no
    /// verifier.
    pub fn without_verifier(
        missing: impl Into<String>,
        routes: &'a RouteTable,
        now: Timestamp,
    ) -> Self {
        Self { verifier: None, routes, missing: missing.into(), now }
    }
}
