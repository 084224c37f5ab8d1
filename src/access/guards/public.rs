//! Guard for everyone.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::guard::Guard;
use crate::access::policy::Policy;

/// Admits everyone. Credentials are not read, whether valid or not.
///
/// It declares a handler as open; a handler without a guard does not compile.
///
/// ```
/// use actix_resource_server::{Public, Routes};
///
/// async fn hello(_: Public) -> &'static str {
///     "Hello"
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
