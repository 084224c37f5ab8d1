//! The guard that admits anybody, and says so.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::guard::Guard;
use crate::access::policy::Policy;

/// Admits anybody. Credentials are not looked at, good or bad.
///
/// It exists so that a handler says aloud that it is open: forgetting a guard does not compile.
///
/// ```
/// use actix_resource_server::{Public, Routes};
///
/// async fn hello(_: Public) -> &'static str {
///     "Hello, whoever you are"
/// }
///
/// let routes = Routes::new().get("/hello", hello);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Public;

impl Guard for Public {
    const POLICY: Policy = Policy::Public;
}

impl FromRequest for Public {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self))
    }
}
