//! Bearer tokens on test requests.

use actix_web::http::header::AUTHORIZATION;
use actix_web::test::TestRequest;

use super::token_maker::TokenMaker;

/// Adds a bearer token to a [`TestRequest`].
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
    /// Adds an `Authorization` field (RFC 6750 section 2.1) with a [`TokenMaker`] or any text as the
    /// token. A second call adds a second field, which every guard rejects.
    #[must_use]
    fn bearer(self, token: impl Into<String>) -> Self;
}

impl BearerRequest for TestRequest {
    fn bearer(self, token: impl Into<String>) -> Self {
        self.append_header((AUTHORIZATION, format!("Bearer {}", token.into())))
    }
}

/// Encodes the token.
impl From<TokenMaker> for String {
    fn from(maker: TokenMaker) -> Self {
        maker.encode()
    }
}
