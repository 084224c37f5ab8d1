//! Verifier and routes that a token is judged against.

use crate::access::{RouteTable, TokenSource};
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
    /// The path of the request, if the routes are judged for one.
    pub(super) path: Option<String>,
    /// The header field with the token, if not `Authorization`.
    pub(super) token_header: Option<String>,
}

impl<'a> Context<'a> {
    /// Judges tokens by this verifier and by the policies of these routes.
    pub fn new(verifier: &'a Verifier, routes: &'a RouteTable) -> Self {
        Self { verifier: Some(verifier), ..Self::without_verifier("", routes, verifier.now()) }
    }

    /// Judges only what needs no settings, at the time `now`. `missing` says why there is no
    /// verifier.
    pub fn without_verifier(
        missing: impl Into<String>,
        routes: &'a RouteTable,
        now: Timestamp,
    ) -> Self {
        let missing = missing.into();
        Self { verifier: None, routes, missing, now, path: None, token_header: None }
    }

    /// The same for requests with this path, percent-encoded as in a request line: only its routes
    /// are judged, and of each it is said which words of the policy are met and which are not.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same for a resource whose tokens come from this source.
    #[must_use]
    pub fn token_source(mut self, source: Option<&TokenSource>) -> Self {
        self.token_header = source.and_then(TokenSource::header_name).map(ToString::to_string);
        self
    }

    /// The header field with the token, as operators write it.
    pub(super) fn token_field(&self) -> &str {
        self.token_header.as_deref().unwrap_or("Authorization")
    }
}
