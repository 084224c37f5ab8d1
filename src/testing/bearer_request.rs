//! A token on a request of `actix_web::test`.

use actix_web::http::header::AUTHORIZATION;
use actix_web::test::TestRequest;

use super::token_maker::TokenMaker;

/// Puts a token on a [`TestRequest`].
///
/// ```
/// use actix_resource_server::testing::{BearerRequest, OfflineIssuer};
/// use actix_web::test::TestRequest;
///
/// let issuer = OfflineIssuer::new("https://api.example");
/// let request = TestRequest::get().uri("/messages").bearer(issuer.token().scope("read:messages"));
/// assert!(request.to_request().head().headers().contains_key("authorization"));
/// ```
pub trait BearerRequest {
    /// The same request with this token in its `Authorization` field (RFC 6750 section 2.1): a
    /// [`TokenMaker`], or any text. A second call adds a second field, which no guard accepts.
    #[must_use]
    fn bearer(self, token: impl Into<String>) -> Self;
}

impl BearerRequest for TestRequest {
    fn bearer(self, token: impl Into<String>) -> Self {
        self.append_header((AUTHORIZATION, format!("Bearer {}", token.into())))
    }
}

/// The token, encoded.
impl From<TokenMaker> for String {
    fn from(maker: TokenMaker) -> Self {
        maker.encode()
    }
}
