//! Guard for tokens with certain roles.

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
use crate::access::policy::{Policy, RequireRoles};
use crate::access::rejection::{Rejection, RejectionReason};
use crate::token::VerifiedToken;

/// Admits a valid token whose subject has the roles `R`, and holds its claims.
///
/// `R` is a role, a tuple of roles (all of them), or [`AnyOf`](crate::AnyOf) a tuple. The second
/// parameter is your own claims type, as in [`Claims<T>`]. It dereferences to [`Claims<T>`].
///
/// A valid token without the roles is answered with 403 and `insufficient_scope`. Everything else
/// is answered as by [`Claims`].
///
/// ```
/// use actix_resource_server::{roles, InRole, Routes};
///
/// roles! {
///     /// Runs the shop.
///     pub Admin = "admin";
/// }
///
/// async fn close(_: InRole<Admin>) -> &'static str {
///     "closed"
/// }
///
/// let routes = Routes::new().post("/close", close);
/// ```
pub struct InRole<R: RequireRoles, T: DeserializeOwned + 'static = ()> {
    claims: Claims<T>,
    required: PhantomData<fn() -> R>,
}

impl<R: RequireRoles, T: DeserializeOwned + 'static> InRole<R, T> {
    /// The claims, without the guard around them.
    pub fn into_claims(self) -> Claims<T> {
        self.claims
    }
}

impl<R: RequireRoles, T: DeserializeOwned + 'static> Deref for InRole<R, T> {
    type Target = Claims<T>;

    fn deref(&self) -> &Claims<T> {
        &self.claims
    }
}

impl<R: RequireRoles, T: DeserializeOwned + fmt::Debug + 'static> fmt::Debug for InRole<R, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("InRole").field(&self.claims).finish()
    }
}

impl<R: RequireRoles, T: DeserializeOwned + 'static> Guard for InRole<R, T> {
    const POLICY: Policy = Policy::Requires(R::REQUIREMENT);
}

impl<R: RequireRoles, T: DeserializeOwned + 'static> TokenGuard for InRole<R, T> {
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason> {
        Ok(Self { claims: Claims::from_token(token)?, required: PhantomData })
    }
}

impl<R: RequireRoles, T: DeserializeOwned + 'static> FromRequest for InRole<R, T> {
    type Error = Rejection;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Admission::of(request)
    }
}
