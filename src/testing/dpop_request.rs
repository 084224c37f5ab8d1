//! DPoP-bound tokens on test requests.

use actix_http::Request;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::test::TestRequest;

use super::proof_maker::ProofMaker;
use super::signing_key::SigningKey;
use crate::sender::{DpopPolicy, PublicUrl};

/// The public URL of APIs in tests: proofs made here name it.
pub const PUBLIC_URL: &str = "https://api.test";

/// Adds a DPoP-bound token and a proof to a [`TestRequest`].
///
/// ```
/// use actix_resource_server::testing::{DpopRequest, OfflineIssuer, SigningKey};
/// use actix_resource_server::token::Algorithm;
/// use actix_web::HttpMessage;
/// use actix_web::test::TestRequest;
///
/// let issuer = OfflineIssuer::new("https://api.example").with_dpop();
/// let key = SigningKey::generate(Algorithm::Es256);
/// let token = issuer.token().bound_to(&key);
/// let request = TestRequest::get().uri("/messages").dpop(token, &key);
/// assert!(request.headers().contains_key("dpop"));
/// ```
pub trait DpopRequest {
    /// Finishes the request with this token under the `DPoP` scheme and a proof by this key, made now
    /// for the request's method and path under [`PUBLIC_URL`] (RFC 9449 section 7.1).
    fn dpop(self, token: impl Into<String>, key: &SigningKey) -> Request
    where
        Self: Sized,
    {
        self.dpop_with(token, key, |proof| proof)
    }

    /// The same with a proof that `change` changes.
    fn dpop_with(
        self,
        token: impl Into<String>,
        key: &SigningKey,
        change: impl FnOnce(ProofMaker) -> ProofMaker,
    ) -> Request;
}

impl DpopRequest for TestRequest {
    fn dpop_with(
        self,
        token: impl Into<String>,
        key: &SigningKey,
        change: impl FnOnce(ProofMaker) -> ProofMaker,
    ) -> Request {
        let token = token.into();
        let mut request = self.to_request();
        let target = format!("{PUBLIC_URL}{}", request.uri().path());
        let method = request.method().as_str().to_owned();
        let proof = ProofMaker::new(key).method(method).target(target).token(&token);
        let value = |text: String| HeaderValue::try_from(text).expect("a header field value");
        let headers = request.headers_mut();
        headers.append(AUTHORIZATION, value(format!("DPoP {token}")));
        headers.append(HeaderName::from_static("dpop"), value(change(proof).encode()));
        request
    }
}

/// What is expected of proofs for [`PUBLIC_URL`].
pub(super) fn policy() -> DpopPolicy {
    let url: PublicUrl = PUBLIC_URL.parse().expect("a public URL");
    DpopPolicy::new([url])
}
