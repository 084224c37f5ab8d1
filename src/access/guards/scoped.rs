//! Guard for tokens with certain scopes.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::claims::Claims;
use super::guard::{Guard, TokenGuard};
use crate::access::admission::Admission;
use crate::access::policy::Policy;
use crate::access::policy::RequireScopes;
use crate::access::rejection::{Rejection, RejectionReason};
use crate::token::VerifiedToken;

/// Admits a valid token that grants the scopes `S`, and holds its claims.
///
/// `S` is a scope, a tuple of scopes (all of them), or [`AnyOf`](crate::AnyOf) a tuple. The second
/// parameter is your own claims type, as in [`Claims<T>`]. It dereferences to [`Claims<T>`].
///
/// A valid token without the scopes is answered with 403 and `insufficient_scope`, and the challenge
/// names every scope that the route needs (RFC 6750 section 3.1). Everything else is answered as by
/// [`Claims`].
///
/// ```
/// use actix_resource_server::{scopes, AnyOf, Routes, Scoped};
///
/// scopes! {
///     /// Read the caller's messages.
///     pub ReadMessages = "read:messages";
///     /// Write messages in the caller's name.
///     pub WriteMessages = "write:messages";
///     /// Do anything.
///     pub Administer = "administer";
/// }
///
/// async fn read(token: Scoped<ReadMessages>) -> String {
///     format!("messages of {:?}", token.subject)
/// }
///
/// async fn edit(_: Scoped<(ReadMessages, WriteMessages)>) -> &'static str {
///     "both scopes are granted"
/// }
///
/// async fn remove(_: Scoped<AnyOf<(WriteMessages, Administer)>>) -> &'static str {
///     "one of the scopes is granted"
/// }
///
/// let routes = Routes::new()
///     .get("/messages", read)
///     .put("/messages", edit)
///     .delete("/messages", remove);
/// ```
pub struct Scoped<S: RequireScopes, T: DeserializeOwned + 'static = ()> {
    claims: Claims<T>,
    required: PhantomData<fn() -> S>,
}

impl<S: RequireScopes, T: DeserializeOwned + 'static> Scoped<S, T> {
    /// The claims, without the guard around them.
    pub fn into_claims(self) -> Claims<T> {
        self.claims
    }
}

impl<S: RequireScopes, T: DeserializeOwned + 'static> Deref for Scoped<S, T> {
    type Target = Claims<T>;

    fn deref(&self) -> &Claims<T> {
        &self.claims
    }
}

impl<S: RequireScopes, T: DeserializeOwned + fmt::Debug + 'static> fmt::Debug for Scoped<S, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Scoped").field(&self.claims).finish()
    }
}

impl<S: RequireScopes, T: DeserializeOwned + 'static> Guard for Scoped<S, T> {
    const POLICY: Policy = Policy::Requires(S::REQUIREMENT);
}

impl<S: RequireScopes, T: DeserializeOwned + 'static> TokenGuard for Scoped<S, T> {
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason> {
        Ok(Self { claims: Claims::from_token(token)?, required: PhantomData })
    }
}

impl<S: RequireScopes, T: DeserializeOwned + 'static> FromRequest for Scoped<S, T> {
    type Error = Rejection;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Admission::of(request)
    }
}
