//! Every way to a guard or a decision is as strict as the extractor of a request.

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, ResponseError};
use serde_json::json;

use super::with_dpop;
use crate::access::guards::TokenGuard;
use crate::access::{MatchedPath, PolicyInput, Rejection, TokenSource, authorize};
use crate::testing::{BearerRequest, OfflineIssuer, SigningKey, TokenMaker};
use crate::token::{Algorithm, CertificateThumbprint, DpopMode};
use crate::{AnyOf, Authorized, Bound, Claims, Fresh, Maybe, ProtectedResource};
use crate::{authentication, rules, scopes};

scopes! { Read = "read"; }
authentication! { Recent = max_age 300; }
rules! { OwnTenant = path "tenant" equals claim "org"; }

const PATTERN: &str = "/t/{tenant}";

/// The status for a token: of the extractor, of `Maybe` and the policy at run time, and of `admit_at`.
async fn statuses<G>(resource: &ProtectedResource, token: &str) -> [u16; 4]
where
    G: TokenGuard + FromRequest<Error = Rejection>,
{
    fn status<T>(result: Result<T, Rejection>) -> u16 {
        result.map_or_else(|rejection| rejection.status_code().as_u16(), |_| 200)
    }

    let path = MatchedPath::new(PATTERN, "/t/acme").expect("a match");
    let request = || {
        let request = TestRequest::with_uri("/t/acme").param("tenant", "acme");
        request.app_data(resource.clone()).bearer(token).to_http_request()
    };
    let by_guard = status(G::from_request(&request(), &mut Payload::None).await);
    let optional = <Maybe<G>>::from_request(&request(), &mut Payload::None).await;
    assert!(optional.as_ref().is_ok_and(|guard| guard.get().is_some()) || optional.is_err());
    let by_policy = authorize(&request(), const { &G::POLICY }, path.parameters()).await;
    let without_request = resource.admit_at::<G>(path.parameters(), token).await;
    if let Ok(verified) = resource.verifier().verify(token).await {
        let input = PolicyInput::new(&verified, resource.verifier().now());
        let input = input.with_path(path.parameters());
        let is_admitted = G::POLICY.admits(&input);
        // 500: the program is at fault, and a policy does not know that.
        assert!(!is_admitted || [200, 500].contains(&by_guard), "{}: {token}", G::POLICY);
    }
    [by_guard, status(optional), status(by_policy), status(without_request)]
}

#[actix_web::test]
async fn every_way_to_a_guard_rejects_what_the_request_path_rejects() {
    let (issuer, other) = (OfflineIssuer::new("api"), OfflineIssuer::new("api"));
    let key = SigningKey::generate(Algorithm::Es256);
    let certificate = CertificateThumbprint::of_certificate(b"a certificate");
    let good = || {
        let token = issuer.token().scope("read").claim("org", json!("acme"));
        token.authenticated_ago(1)
    };
    // Guards: any token, path rule, step-up, bound, and mixtures.
    type Row = (&'static str, TokenMaker, [u16; 6]);
    let table: Vec<Row> = vec![
        ("good", good(), [200, 200, 200, 401, 200, 200]),
        ("expired", good().expires_in(-60), [401; 6]),
        ("other audience", good().audience("other"), [401; 6]),
        ("other key", other.token(), [401; 6]),
        ("bound to a key", good().bound_to(&key), [401; 6]),
        ("bound to a certificate", good().bound_to_certificate(certificate), [401; 6]),
        ("unprovable binding", good().claim("cnf", json!({"kid": "x"})), [401; 6]),
        ("other tenant", good().claim("org", "other"), [200, 403, 200, 401, 200, 200]),
        ("old sign-in", good().authenticated_ago(900), [200, 200, 401, 401, 200, 401]),
        ("no scope", good().scope(""), [200, 200, 200, 401, 401, 200]),
        ("nothing", issuer.token(), [200, 403, 401, 401, 401, 401]),
    ];
    for mode in [DpopMode::Off, DpopMode::Allowed, DpopMode::Required] {
        let resource = with_dpop(&issuer, mode);
        for (what, token, mut expected) in table.clone() {
            if mode == DpopMode::Required {
                expected = [401; 6];
            }
            let token = token.encode();
            let found = [
                statuses::<Claims<()>>(&resource, &token).await,
                statuses::<Authorized<OwnTenant>>(&resource, &token).await,
                statuses::<Authorized<Recent>>(&resource, &token).await,
                statuses::<Authorized<Bound>>(&resource, &token).await,
                statuses::<Authorized<AnyOf<(Bound, Read)>>>(&resource, &token).await,
                statuses::<Authorized<AnyOf<(Bound, (OwnTenant, Recent), Recent)>>>(
                    &resource, &token,
                )
                .await,
            ];
            assert_eq!(found, expected.map(|status| [status; 4]), "{mode:?}: {what}");
        }
        // Without introspection nothing is fresh, whatever the alternative.
        if mode == DpopMode::Required {
            continue;
        }
        let (token, expected) = (good().encode(), [500; 4]);
        assert_eq!(statuses::<Authorized<Fresh>>(&resource, &token).await, expected, "{mode:?}");
        let either = statuses::<Authorized<AnyOf<(Fresh, Read)>>>(&resource, &token).await;
        assert_eq!(either, expected, "{mode:?}");
    }
}

/// A bad token is never taken for none, wherever it is and whatever else the request has.
#[actix_web::test]
async fn an_optional_guard_takes_no_bad_credentials_for_none() {
    let issuer = OfflineIssuer::new("api");
    let good = issuer.token().encode();
    let expired = issuer.token().expires_in(-60).encode();
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let cookie = |value: &str| ("cookie", value.to_owned());
    let own = ("sec-fetch-site", "same-origin".to_owned());
    let standard = issuer.protected_resource();
    let source = TokenSource::cookie("__Host-t", ["https://app.example"]);
    let cookies = issuer.protected_resource().token_source(source);
    type Row<'a> = (&'a ProtectedResource, &'a str, Vec<(&'a str, String)>, u16, bool);
    let table: Vec<Row<'_>> = vec![
        (&standard, "GET", vec![], 200, false),
        (&standard, "GET", vec![bearer(&good)], 200, true),
        (&standard, "GET", vec![bearer(&expired)], 401, false),
        (&standard, "GET", vec![bearer("")], 400, false),
        (&standard, "GET", vec![bearer("a b")], 400, false),
        (&standard, "GET", vec![bearer(&good), bearer(&good)], 400, false),
        (&standard, "GET", vec![cookie(&format!("__Host-t={good}"))], 200, false),
        (&cookies, "GET", vec![bearer(&good)], 200, false),
        (&cookies, "GET", vec![cookie(&format!("__Host-t={good}")), bearer(&expired)], 200, true),
        (&cookies, "GET", vec![cookie(&format!("__Host-t={expired}")), bearer(&good)], 401, false),
        (&cookies, "GET", vec![cookie(&format!("__host-t={good}"))], 200, false),
        (&cookies, "GET", vec![cookie("__Host-t=")], 400, false),
        (&cookies, "GET", vec![cookie(&format!("__Host-t={good};__Host-t=x"))], 400, false),
        (&cookies, "POST", vec![cookie(&format!("__Host-t={good}"))], 403, false),
        (&cookies, "POST", vec![cookie(&format!("__Host-t={good}")), own], 200, true),
        (&cookies, "CONNECT", vec![cookie(&format!("__Host-t={good}"))], 403, false),
    ];
    for (resource, method, fields, status, is_authenticated) in table {
        let mut request = TestRequest::default().method(method.parse().expect("a method"));
        for field in &fields {
            request = request.append_header((field.0, field.1.as_str()));
        }
        let request = request.app_data(resource.clone()).to_http_request();
        let guard = <Maybe<Claims<()>>>::from_request(&request, &mut Payload::None).await;
        let found = guard.as_ref().map_or_else(|error| error.status_code().as_u16(), |_| 200);
        let has_token = guard.is_ok_and(|guard| guard.get().is_some());
        assert_eq!((found, has_token), (status, is_authenticated), "{method} {fields:?}");
    }
}
