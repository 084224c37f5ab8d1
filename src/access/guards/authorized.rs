//! The guard that admits valid tokens by any mixture of scopes, permissions and rules.

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
use crate::access::policy::Require;
use crate::access::rejection::{Rejection, RejectionReason};
use crate::token::VerifiedToken;

/// Admits a valid token that meets `R`, and holds its claims.
///
/// `R` is a scope, a permission, a rule, a tuple of them (all of), or [`AnyOf`](super::AnyOf) a
/// tuple, nested as needed. The second parameter is a claims type of one's own, as in
/// [`Claims<T>`]. It dereferences to [`Claims<T>`].
///
/// A valid token that does not meet `R` is answered 403 with `insufficient_scope`, and the challenge
/// names every scope the route needs. All else is answered as by [`Claims`].
///
/// ```
/// use actix_resource_server::{rules, scopes, Authorized, Routes};
///
/// scopes! { pub WriteMessages = "write:messages"; }
/// rules! {
///     /// A member of the organisation Acme.
///     pub MemberOfAcme = claim "org_id" equals "org_acme";
/// }
///
/// type AcmeWriter = Authorized<(MemberOfAcme, WriteMessages)>;
///
/// async fn write(_: AcmeWriter) -> &'static str {
///     "written"
/// }
///
/// let routes = Routes::new().post("/messages", write);
/// ```
pub struct Authorized<R: Require, T: DeserializeOwned + 'static = ()> {
    claims: Claims<T>,
    required: PhantomData<fn() -> R>,
}

impl<R: Require, T: DeserializeOwned + 'static> Authorized<R, T> {
    /// The claims, without the guard around them.
    pub fn into_claims(self) -> Claims<T> {
        self.claims
    }
}

impl<R: Require, T: DeserializeOwned + 'static> Deref for Authorized<R, T> {
    type Target = Claims<T>;

    fn deref(&self) -> &Claims<T> {
        &self.claims
    }
}

impl<R: Require, T: DeserializeOwned + fmt::Debug + 'static> fmt::Debug for Authorized<R, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Authorized").field(&self.claims).finish()
    }
}

impl<R: Require, T: DeserializeOwned + 'static> Guard for Authorized<R, T> {
    const POLICY: Policy = Policy::Requires(R::REQUIREMENT);
}

impl<R: Require, T: DeserializeOwned + 'static> TokenGuard for Authorized<R, T> {
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason> {
        Ok(Self { claims: Claims::from_token(token)?, required: PhantomData })
    }
}

impl<R: Require, T: DeserializeOwned + 'static> FromRequest for Authorized<R, T> {
    type Error = Rejection;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Admission::of(request)
    }
}
