//! The traits of guards.

use std::sync::Arc;

use actix_web::FromRequest;

use crate::access::policy::Policy;
use crate::access::rejection::RejectionReason;
use crate::token::VerifiedToken;

/// An argument that says who may call a handler, and enforces it.
///
/// Every guard is an Actix extractor: declare it in a handler, and the handler runs only for
/// callers that the guard admits. [`Routes`](crate::Routes) takes only handlers whose first argument
/// is a guard.
///
/// Your own guard is an extractor with a policy, and must enforce that policy itself. Prefer
/// [`rules!`](crate::rules), which this crate enforces.
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
///             _ => Err(actix_web::error::ErrorForbidden("only from this machine")),
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
    label = "not a guard",
    note = "make the handler's first argument a guard: `_: Public` for everyone, `claims: Claims` \
            for any valid token, `token: Scoped<ReadMessages>` for a token with that scope"
)]
pub trait Guard: FromRequest + 'static {
    /// Who is admitted.
    const POLICY: Policy;
}

/// A guard that is made from a verified token: every guard of this crate except `Public` and `Maybe`.
#[diagnostic::on_unimplemented(
    message = "`Maybe` takes a guard that needs a token, and `{Self}` does not need one",
    label = "this guard needs no token",
    note = "write `Maybe<Claims>` or `Maybe<Scoped<…>>`; a handler for everyone takes `_: Public`"
)]
pub trait TokenGuard: Guard {
    /// Makes the guard from a token that its policy admits.
    #[doc(hidden)]
    fn from_token(token: Arc<VerifiedToken>) -> Result<Self, RejectionReason>;
}
