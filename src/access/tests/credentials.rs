//! Credentials: where a request has them, and what else it must have.

use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderName};
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, FromRequest};
use serde_json::Value;

use super::with_dpop;
use crate::access::authentication::has_credentials;
use crate::access::{PathParameters, Policy, TokenSource, authorize};
use crate::issuer::{KeySource, TrustedIssuer};
use crate::testing::{BearerRequest, DpopRequest, OfflineIssuer, SigningKey};
use crate::token::{
    Algorithm, Algorithms, Audiences, CertificateThumbprint, ClockTolerance, DpopMode, KeySet,
};
use crate::verifier::Verifier;
use crate::{Authorized, Claims, Guard, ProtectedResource, Routes, authentication};

authentication! { Recent = max_age 300; }

const RECENT: Policy = <Authorized<Recent>>::POLICY;

#[test]
fn credentials_are_found_where_the_resource_takes_them() {
    let issuer = OfflineIssuer::new("api");
    let name = HeaderName::from_static("x-token");
    let standard = || issuer.protected_resource();
    let header = || standard().token_source(TokenSource::header(name.clone(), |_| false));
    let cookie = || standard().token_source(TokenSource::cookie("t", ["https://app.example"]));
    let table = [
        (standard(), AUTHORIZATION, "", true),
        (standard(), name.clone(), "a", false),
        (header(), name.clone(), "a", true),
        (header(), AUTHORIZATION, "a", true),
        (header(), COOKIE, "t=a", false),
        (cookie(), COOKIE, "t=a", true),
        (cookie(), COOKIE, "other=a", false),
    ];
    for (resource, field, value, found) in table {
        let request = TestRequest::default().app_data(resource);
        let request = request.insert_header((field.clone(), value)).to_http_request();
        assert_eq!(has_credentials(&request), found, "RFC 9111 3.5: {field} {value}");
    }
}

#[test]
fn the_header_field_of_a_token_source_is_known() {
    let name = HeaderName::from_static("x-token");
    let header = TokenSource::header(name.clone(), |_| true);
    assert_eq!(header.header_name(), Some(&name));
    assert_eq!(TokenSource::cookie("t", ["https://app.example"]).header_name(), None);
}

#[actix_web::test]
async fn the_mode_of_proofs_says_which_schemes_are_read() {
    async fn closed(_: Claims<()>) -> &'static str {
        "{}"
    }
    let issuer = OfflineIssuer::new("api");
    let key = SigningKey::generate(Algorithm::Es256);
    let table = [
        (DpopMode::Off, 200, None, 401, None),
        (DpopMode::Allowed, 200, None, 200, None),
        (DpopMode::Required, 401, Some("invalid_token"), 200, None),
    ];
    for (mode, bearer_status, bearer_error, dpop_status, dpop_error) in table {
        let app =
            App::new().app_data(with_dpop(&issuer, mode)).service(Routes::new().get("/", closed));
        let app = init_service(app).await;
        let bearer = TestRequest::get().bearer(issuer.token()).to_request();
        let dpop = TestRequest::get().dpop(issuer.token().bound_to(&key), &key);
        for (request, status, error) in
            [(bearer, bearer_status, bearer_error), (dpop, dpop_status, dpop_error)]
        {
            let response = call_service(&app, request).await;
            assert_eq!(response.status(), status, "RFC 9449 7.1: {mode:?}");
            let body: Value = read_body_json(response).await;
            // Credentials of a scheme that is not read are none.
            assert_eq!(body.get("error").and_then(Value::as_str), error, "RFC 6750 3.1: {mode:?}");
        }
    }
}

#[actix_web::test]
async fn a_token_for_a_certificate_needs_the_certificate_of_the_client() {
    let issuer = OfflineIssuer::new("api");
    let held = CertificateThumbprint::of_certificate(b"held");
    let other = CertificateThumbprint::of_certificate(b"other");
    for (presented, admitted) in [(Some(held), true), (Some(other), false), (None, false)] {
        let resource = issuer.protected_resource().client_certificates(move |_| presented);
        assert!(resource.takes_certificates());
        let request = TestRequest::default().app_data(resource);
        let request = request.bearer(issuer.token().bound_to_certificate(held)).to_http_request();
        let guard = <Claims<()>>::extract(&request).await;
        assert_eq!(guard.is_ok(), admitted, "RFC 8705 3: {presented:?}");
    }
    assert!(!issuer.protected_resource().takes_certificates());
}

#[actix_web::test]
async fn the_tolerance_for_clocks_counts_for_the_age_of_a_sign_in() {
    let issuer = OfflineIssuer::new("api");
    let minute = ClockTolerance::try_from(Duration::from_secs(60)).expect("a tolerance");
    for (tolerance, admitted) in [(ClockTolerance::NONE, false), (minute, true)] {
        let builder = issuer.verifier_builder().clock_tolerance(tolerance);
        let resource = ProtectedResource::new(builder.start().expect("a verifier"));
        let request = TestRequest::default().app_data(resource);
        let request = request.bearer(issuer.token().authenticated_ago(330)).to_http_request();
        let by_policy = authorize(&request, &RECENT, PathParameters::NONE).await.is_ok();
        let by_guard = <Authorized<Recent>>::extract(&request).await.is_ok();
        assert_eq!((by_policy, by_guard), (admitted, admitted), "RFC 9470 4");
    }
}

/// The tolerance is that of the source whose key signed the token, not of another one of the issuer.
#[actix_web::test]
async fn the_tolerance_is_that_of_the_source_that_verified_the_token() {
    let minute = ClockTolerance::try_from(Duration::from_secs(60)).expect("a tolerance");
    let sources = [(Algorithm::Es256, minute), (Algorithm::Es384, ClockTolerance::NONE)]
        .map(|(algorithm, tolerance)| (SigningKey::generate(algorithm), tolerance));
    let issuer = OfflineIssuer::new("api");
    let builder = sources.iter().fold(Verifier::builder(), |builder, (key, tolerance)| {
        let algorithms = Algorithms::only([key.algorithm()]);
        let keys = KeySet::from_file(key.public_jwk().to_string().as_bytes(), algorithms);
        let source = KeySource::Held(keys.expect("a key").0);
        let audiences = Audiences::new(["api"]).expect("an audience");
        let identifier = issuer.url().parse().expect("an issuer");
        let mut trusted = TrustedIssuer::with_source(identifier, audiences, source);
        trusted.expected.algorithms = algorithms;
        trusted.expected.clock_tolerance = *tolerance;
        builder.trust(trusted)
    });
    let resource = ProtectedResource::new(builder.start().expect("a verifier"));
    for ((key, _), admitted) in sources.into_iter().zip([true, false]) {
        let token = OfflineIssuer::with_key("api", key).token().authenticated_ago(330).encode();
        let request = TestRequest::default().app_data(resource.clone()).bearer(&token);
        let by_guard = <Authorized<Recent>>::extract(&request.to_http_request()).await;
        let without_request = resource.admit::<Authorized<Recent>>(&token).await;
        assert_eq!(by_guard.is_ok(), admitted, "RFC 9470 4");
        assert_eq!(without_request.is_ok(), admitted, "RFC 9470 4");
    }
}
