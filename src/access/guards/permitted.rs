//! Guard for tokens with certain permissions.

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
use crate::access::policy::RequirePermissions;
use crate::access::rejection::{Rejection, RejectionReason};
use crate::token::VerifiedToken;

/// Admits a valid token whose `permissions` claim holds `P`, and holds its claims.
///
/// Auth0 puts what a user's roles allow into `permissions` when RBAC is on for the API. `P` is a
/// permission, a tuple of permissions (all of them), or [`AnyOf`](crate::AnyOf) a tuple. The second
/// parameter is your own claims type, as in [`Claims<T>`]. It dereferences to [`Claims<T>`].
///
/// A valid token without the permissions is answered with 403 and `insufficient_scope`. Everything
/// else is answered as by [`Claims`].
///
/// ```
/// use actix_resource_server::{permissions, Permitted, Routes};
///
/// permissions! {
///     /// Remove the messages of others.
///     pub Moderate = "moderate:messages";
/// }
///
/// async fn remove(_: Permitted<Moderate>) -> &'static str {
///     "removed"
/// }
///
/// let routes = Routes::new().delete("/messages/{id}", remove);
/// ```
pub struct Permitted<P: RequirePermissions, T: DeserializeOwned + 'static = ()> {
    claims: Claims<T>,
    required: PhantomData<fn() -> P>,
}

impl<P: RequirePermissions, T: DeserializeOwned + 'static> Permitted<P, T> {
    /// The claims, without the guard around them.
    pub fn into_claims(self) -> Claims<T> {
        self.claims
    }
}

impl<P: RequirePermissions, T: DeserializeOwned + 'static> Deref for Permitted<P, T> {
    type Target = Claims<T>;

    fn deref(&self) -> &Claims<T> {
        &self.claims
    }
}

impl<P: RequirePermissions, T: DeserializeOwned + fmt::Debug + 'static> fmt::Debug
    for Permitted<P, T>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Permitted").field(&self.claims).finish()
    }
}

impl<P: RequirePermissions, T: DeserializeOwned + 'static> Guard for Permitted<P, T> {
    const POLICY: Policy = Policy::Requires(P::REQUIREMENT);
}

impl<P: RequirePermissions, T: DeserializeOwned + 'static> TokenGuard for Permitted<P, T> {
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason> {
        Ok(Self { claims: Claims::from_token(token)?, required: PhantomData })
    }
}

impl<P: RequirePermissions, T: DeserializeOwned + 'static> FromRequest for Permitted<P, T> {
    type Error = Rejection;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Admission::of(request)
    }
}
