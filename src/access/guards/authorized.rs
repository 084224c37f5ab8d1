//! Guard for tokens that meet any combination of requirements.

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
/// `R` is a scope, permission, role, rule or authentication, [`Bound`](crate::Bound), a tuple of them
/// (all of), or [`AnyOf`](crate::AnyOf) a tuple, nested as needed. The second parameter is your own
/// claims type, as in [`Claims<T>`]. It dereferences to [`Claims<T>`].
///
/// | a valid token lacks | the response |
/// |---|---|
/// | a scope, permission, role or rule | 403 `insufficient_scope`, naming every scope of the route |
/// | only a strong or recent sign-in | 401 `insufficient_user_authentication` (RFC 9470) |
/// | the binding to its sender | 401 `invalid_token` |
///
/// All other responses are those of [`Claims`].
///
/// ```
/// use actix_resource_server::{rules, scopes, Authorized, Routes};
///
/// scopes! { pub WriteMessages = "write:messages"; }
/// rules! {
///     /// A member of the organization Acme.
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
