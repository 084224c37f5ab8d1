//! Guard for any valid token.

use std::any::TypeId;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::guard::{Guard, TokenGuard};
use crate::access::admission::Admission;
use crate::access::authentication::raw_token;
use crate::access::policy::Policy;
use crate::access::rejection::{Rejection, RejectionReason};
use crate::token::{RegisteredClaims, VerifiedToken};
use crate::verifier::expired;

/// Admits any valid token, and holds its claims.
///
/// It dereferences to [`RegisteredClaims`]: `claims.subject`, `claims.scopes`, `claims.audience`.
///
/// | the request has | the response |
/// |---|---|
/// | a valid token | the handler runs |
/// | no token | 401, without an error code |
/// | a token that is not valid | 401, `invalid_token` |
/// | malformed credentials | 400, `invalid_request` |
/// | a token whose issuer's keys are not available | 503 with `Retry-After` |
///
/// ```
/// use actix_resource_server::{Claims, Routes};
///
/// async fn whoami(claims: Claims) -> String {
///     claims.subject.clone().unwrap_or_default()
/// }
///
/// let routes = Routes::new().get("/whoami", whoami);
/// ```
///
/// The type parameter reads your own claims; a token whose claims do not fit it is rejected with 401:
///
/// ```
/// use actix_resource_server::{Claims, Routes};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Member {
///     org_id: String,
/// }
///
/// async fn organization(claims: Claims<Member>) -> String {
///     claims.custom().org_id.clone()
/// }
///
/// let routes = Routes::new().get("/organization", organization);
/// ```
#[derive(Debug, Clone)]
pub struct Claims<T: DeserializeOwned + 'static = ()> {
    token: Arc<VerifiedToken>,
    custom: T,
}

impl<T: DeserializeOwned + 'static> Claims<T> {
    /// The claims as your own type.
    pub const fn custom(&self) -> &T {
        &self.custom
    }

    /// The claims as your own type, without the rest.
    pub fn into_custom(self) -> T {
        self.custom
    }

    /// The access token itself, to call another API in the caller's name.
    ///
    /// **Anyone who has it can act as the caller**: send it only over TLS to APIs that the token is meant
    /// for (`aud`), and write it to no log, error or trace. Prefer to exchange it for one that is meant
    /// for the other API (RFC 8693).
    ///
    /// `request` must be the request that these claims came with.
    ///
    /// ```
    /// use actix_resource_server::{Claims, Routes};
    /// use actix_web::HttpRequest;
    ///
    /// async fn forward(claims: Claims, request: HttpRequest) -> String {
    ///     let token = claims.raw_token(&request).unwrap_or_default();
    ///     format!("Authorization: Bearer and {} characters", token.len())
    /// }
    ///
    /// let routes = Routes::new().get("/forward", forward);
    /// ```
    pub fn raw_token<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
        raw_token(request)
    }

    /// Completes when the token expires or is older than
    /// [`max_token_age`](crate::token::Expectations::max_token_age), by the system's clock. Handlers of
    /// WebSockets and server-sent events end their connection then. It does not learn that the token was
    /// revoked or its key withdrawn: for that, judge the token again with
    /// [`ProtectedResource::admit`](crate::ProtectedResource::admit).
    ///
    /// With another clock, ask the verifier: [`Verifier::expired`](crate::verifier::Verifier::expired).
    ///
    /// ```
    /// use actix_resource_server::Claims;
    ///
    /// async fn feed(claims: Claims) {
    ///     tokio::select! {
    ///         () = claims.expired() => {} // close the connection
    ///         () = next_message() => {}
    ///     }
    /// }
    /// # async fn next_message() {}
    /// ```
    pub fn expired(&self) -> impl Future<Output = ()> + 'static {
        let token = Arc::clone(&self.token);
        async move { expired(&token).await }
    }

    /// The verified token that the claims are of.
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }
}

impl<T: DeserializeOwned + 'static> Deref for Claims<T> {
    type Target = RegisteredClaims;

    fn deref(&self) -> &RegisteredClaims {
        self.token.claims()
    }
}

impl<T: DeserializeOwned + 'static> Guard for Claims<T> {
    const POLICY: Policy = Policy::Authenticated;
}

impl<T: DeserializeOwned + 'static> TokenGuard for Claims<T> {
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason> {
        let custom = if TypeId::of::<T>() == TypeId::of::<()>() {
            // No claims of your own: the token is not read a second time.
            serde_json::from_str("null").map_err(|_| crate::token::InvalidToken::ClaimsDoNotFit)?
        } else {
            token.claims_as()?
        };
        Ok(Self { token, custom })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Claims<T> {
    type Error = Rejection;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Admission::of(request)
    }
}
