//! Guard for anonymous callers and those with a valid token.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::guard::{Guard, TokenGuard};
use crate::access::admission::OptionalToken;
use crate::access::policy::Policy;
use crate::access::rejection::Rejection;

/// Admits requests without credentials, and those that the inner guard admits.
///
/// If credentials are sent, they must be valid: a bad token is rejected as by the inner guard, and never
/// treated as no token. Otherwise an expired session would silently become an anonymous one. Actix's own
/// `Option<Claims>` and `Result<Claims, _>` do that: they hide the rejection from the caller.
///
/// ```
/// use actix_resource_server::{Claims, Maybe, Routes};
///
/// async fn greeting(claims: Maybe<Claims>) -> String {
///     match claims.get() {
///         Some(claims) => format!("Hello, {}", claims.subject.as_deref().unwrap_or("you")),
///         None => "Hello, stranger".to_owned(),
///     }
/// }
///
/// let routes = Routes::new().get("/greeting", greeting);
/// ```
///
/// A guard that needs no token inside it does not compile:
///
/// ```compile_fail
/// use actix_resource_server::{Maybe, Public, Routes};
///
/// async fn greeting(_: Maybe<Public>) -> &'static str { "Hello" }
/// let routes = Routes::new().get("/greeting", greeting);
/// ```
#[derive(Debug, Clone)]
pub struct Maybe<G: TokenGuard>(Option<G>);

impl<G: TokenGuard> Maybe<G> {
    /// The inner guard, if the request had credentials.
    pub const fn get(&self) -> Option<&G> {
        self.0.as_ref()
    }

    /// The inner guard, if the request had credentials.
    pub fn into_inner(self) -> Option<G> {
        self.0
    }
}

impl<G: TokenGuard> Deref for Maybe<G> {
    type Target = Option<G>;

    fn deref(&self) -> &Option<G> {
        &self.0
    }
}

impl<G: TokenGuard> Guard for Maybe<G> {
    const POLICY: Policy = Policy::Optional(&G::POLICY);
}

impl<G: TokenGuard> FromRequest for Maybe<G> {
    type Error = Rejection;
    type Future = OptionalAdmission<G>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        OptionalAdmission(OptionalToken::of(request))
    }
}

/// The future of [`Maybe`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct OptionalAdmission<G>(OptionalToken<G>);

impl<G: TokenGuard> Future for OptionalAdmission<G> {
    type Output = Result<Maybe<G>, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let guard = ready!(self.0.poll(context));
        Poll::Ready(guard.map(Maybe))
    }
}
