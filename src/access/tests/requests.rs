//! Requests that are authorized by a policy known at run time only, and rejections in words.

use actix_web::HttpMessage;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;

use crate::access::authentication::NextNonce;
use crate::access::rejection::{RejectionBody, sign_in};
use crate::access::{PathParameters, Policy, authorize, next_nonce};
use crate::testing::{BearerRequest, OfflineIssuer};
use crate::{Claims, Guard, Maybe, Public, Scoped, scopes};

scopes! { Read = "read"; }

const PUBLIC: Policy = Public::POLICY;
const MAYBE: Policy = <Maybe<Claims>>::POLICY;
const AUTHENTICATED: Policy = Claims::<()>::POLICY;
const READERS: Policy = <Scoped<Read>>::POLICY;

#[actix_web::test]
async fn a_policy_admits_whom_a_guard_with_it_admits() {
    let issuer = OfflineIssuer::new("api");
    let (good, reader) = (issuer.token().encode(), issuer.token().scope("read").encode());
    let expired = issuer.token().expires_in(-3600).encode();
    let table: [(&'static Policy, Option<&str>, Result<bool, u16>); 12] = [
        (&PUBLIC, None, Ok(false)),
        (&PUBLIC, Some(&good), Ok(false)),
        (&PUBLIC, Some(&expired), Ok(false)),
        (&MAYBE, None, Ok(false)),
        (&MAYBE, Some(&good), Ok(true)),
        (&MAYBE, Some(&expired), Err(401)),
        (&AUTHENTICATED, None, Err(401)),
        (&AUTHENTICATED, Some(&good), Ok(true)),
        (&AUTHENTICATED, Some(&expired), Err(401)),
        (&READERS, None, Err(401)),
        (&READERS, Some(&good), Err(403)),
        (&READERS, Some(&reader), Ok(true)),
    ];
    for (policy, token, expected) in table {
        let request = TestRequest::default().app_data(issuer.protected_resource());
        let request = match token {
            Some(token) => request.bearer(token).to_http_request(),
            None => request.to_http_request(),
        };
        let admitted = authorize(&request, policy, PathParameters::NONE).await;
        let found = admitted.map(|token| token.is_some());
        let found =
            found.map_err(|rejection| actix_web::ResponseError::status_code(&rejection).as_u16());
        assert_eq!(found, expected, "RFC 6750 3.1: {policy} {token:?}");
    }
}

#[actix_web::test]
async fn the_clock_tolerance_of_the_issuer_holds_for_policies_too() {
    let issuer = OfflineIssuer::new("api");
    let request = TestRequest::default()
        .app_data(issuer.protected_resource())
        .bearer(issuer.token().expires_in(-1))
        .to_http_request();
    let admitted = authorize(&request, &AUTHENTICATED, PathParameters::NONE).await;
    assert!(admitted.is_ok(), "RFC 7519 4.1.4");
}

#[test]
fn the_next_nonce_is_that_of_the_request() {
    let request = TestRequest::default().to_http_request();
    assert_eq!(next_nonce(&request), None);
    request.extensions_mut().insert(NextNonce(HeaderValue::from_static("abc")));
    assert_eq!(next_nonce(&request), Some(HeaderValue::from_static("abc")), "RFC 9449 8.2");
}

#[test]
fn a_sign_in_is_described_by_what_it_must_be() {
    let table: [(&[&str], Option<u32>, &str); 4] = [
        (&[], None, ""),
        (&["phr"], None, "acr phr"),
        (&["phr", "mfa"], Some(300), "acr phr or mfa, at most 300 s ago"),
        (&[], Some(0), "at most 0 s ago"),
    ];
    for (acr_values, max_age, text) in table {
        assert_eq!(sign_in(acr_values, max_age), text, "RFC 9470 3");
    }
}

#[test]
fn the_debug_form_of_an_own_body_is_short() {
    let body = RejectionBody::new(|_| actix_web::HttpResponse::new(StatusCode::FORBIDDEN));
    assert_eq!(format!("{body:?}"), "RejectionBody(…)");
}
