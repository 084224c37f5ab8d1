//! What makes an argument of a handler a guard.

use std::sync::Arc;

use actix_web::FromRequest;

use crate::access::policy::Policy;
use crate::access::rejection::RejectionReason;
use crate::token::VerifiedToken;

/// An argument that says who may call a handler, and sees to it.
///
/// Every guard is an Actix extractor: declare it in a handler, and the handler runs only for
/// callers that the guard admits. [`Routes`](super::Routes) takes only handlers whose first argument
/// is a guard.
///
/// A guard of one's own is an extractor with a policy. It is then answerable for enforcing that
/// policy itself; prefer [`rules!`](crate::rules), which leaves the enforcing to this crate.
///
/// ```
/// use std::future::{Ready, ready};
/// use actix_resource_server::{Guard, Policy};
/// use actix_web::{FromRequest, HttpRequest, dev::Payload};
///
/// struct FromThisMachine;
///
/// impl FromRequest for FromThisMachine {
///     type Error = actix_web::Error;
///     type Future = Ready<Result<Self, Self::Error>>;
///
///     fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
///         ready(match request.peer_addr() {
///             Some(address) if address.ip().is_loopback() => Ok(Self),
///             _ => Err(actix_web::error::ErrorForbidden("from this machine alone")),
///         })
///     }
/// }
///
/// impl Guard for FromThisMachine {
///     const POLICY: Policy = Policy::Public;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may call this handler",
    label = "this is no guard",
    note = "make the handler's first argument a guard: `_: Public` for anybody, `claims: Claims` \
            for any valid token, `token: Scoped<ReadMessages>` for a token with that scope"
)]
pub trait Guard: FromRequest + 'static {
    /// Who is admitted.
    const POLICY: Policy;
}

/// A guard that is made from a verified token: all of this crate's but `Public` and `Maybe`.
#[diagnostic::on_unimplemented(
    message = "`Maybe` takes a guard that needs a token, and `{Self}` is none",
    label = "this guard needs no token",
    note = "write `Maybe<Claims>` or `Maybe<Scoped<…>>`; a handler for anybody takes `_: Public`"
)]
pub trait TokenGuard: Guard {
    /// Makes the guard from a token that its policy admits.
    #[doc(hidden)]
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason>;
}
