//! Guards and settings as values: their debug output, what they hold, and numbers in claims.

use actix_web::FromRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use actix_web::test::TestRequest;

use crate::access::policy::MatchedPath;
use crate::access::{Policy, RuleCondition, TokenSource, authorize};
use crate::testing::{BearerRequest, OfflineIssuer};
use crate::{
    Authorized, Claims, Guard, InRole, Maybe, Permitted, Routes, Scoped, permissions, roles, rules,
    scopes,
};

scopes! { Read = "read"; }
roles! { Admin = "admin"; }
permissions! { Moderate = "moderate"; }
rules! { OwnTenant = path "tenant" equals claim "org_id"; }

const OWN_TENANT: Policy = <Authorized<OwnTenant>>::POLICY;

async fn closed(_: Claims<()>) -> &'static str {
    "closed"
}

#[actix_web::test]
async fn debug_output_of_guards_names_them_and_hides_the_token() {
    let issuer = OfflineIssuer::new("api");
    let token = issuer.token().scope("read").roles(["admin"]).permissions(["moderate"]).encode();
    let resource = issuer.protected_resource();
    let scoped = resource.admit::<Scoped<Read>>(&token).await.expect("a scope");
    let in_role = resource.admit::<InRole<Admin>>(&token).await.expect("a role");
    let permitted = resource.admit::<Permitted<Moderate>>(&token).await.expect("a permission");
    let authorized = resource.admit::<Authorized<Read>>(&token).await.expect("a scope");
    let table = [
        ("Scoped(", format!("{scoped:?}")),
        ("InRole(", format!("{in_role:?}")),
        ("Permitted(", format!("{permitted:?}")),
        ("Authorized(", format!("{authorized:?}")),
    ];
    for (start, text) in table {
        assert!(text.starts_with(start), "{start}: {text}");
        assert!(!text.contains(&token), "RFC 6750 5.3: {text}");
    }
}

#[actix_web::test]
async fn an_optional_guard_holds_what_the_request_had() {
    let issuer = OfflineIssuer::new("api");
    let token = issuer.token().encode();
    for has_token in [false, true] {
        let request = TestRequest::default().app_data(issuer.protected_resource());
        let request = if has_token { request.bearer(&token) } else { request };
        let guard = <Maybe<Claims>>::extract(&request.to_http_request()).await.expect("admitted");
        assert_eq!((guard.get().is_some(), guard.is_some()), (has_token, has_token));
        assert_eq!(guard.into_inner().is_some(), has_token);
    }
}

#[test]
fn debug_output_of_settings_tells_what_they_are() {
    let name = HeaderName::from_static("x-access-token");
    let condition = RuleCondition::PathEqualsClaim { parameter: "tenant", claim: "org_id" };
    let issuer = OfflineIssuer::new("api");
    let resource = issuer.protected_resource().rate_limit(|_| Ok(())).client_certificates(|_| None);
    let resource = format!("{resource:?}");
    let routes = format!("{:?}", Routes::new().get("/closed", closed));
    let request = TestRequest::default().to_http_request();
    let table = [
        (
            format!("{:?}", TokenSource::header(name, |_| true)),
            "TokenSource(header x-access-token)",
        ),
        (format!("{:?}", TokenSource::cookie("__Host-t", ["x"])), "TokenSource(cookie __Host-t)"),
        (format!("{condition:?}"), "path \"tenant\" equals claim \"org_id\""),
        (resource.clone(), "TokenRateLimit(…)"),
        (resource, "CertificateSource(…)"),
        (routes, "/closed"),
        (format!("{:?}", Claims::<()>::extract(&request)), "Authentication(decided)"),
    ];
    for (text, part) in table {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_route_of_each_method_is_in_the_table() {
    let table = [
        (Routes::new().get("/closed", closed), Method::GET),
        (Routes::new().post("/closed", closed), Method::POST),
        (Routes::new().put("/closed", closed), Method::PUT),
        (Routes::new().delete("/closed", closed), Method::DELETE),
        (Routes::new().patch("/closed", closed), Method::PATCH),
    ];
    for (routes, method) in table {
        let methods: Vec<_> = routes.table().iter().map(|entry| entry.method.clone()).collect();
        assert_eq!(methods, [method], "RFC 9110 9.3, RFC 5789 2");
    }
}

#[actix_web::test]
async fn an_integer_claim_stands_for_its_digits_and_a_fraction_for_nothing() {
    let issuer = OfflineIssuer::new("api");
    let table = [
        (serde_json::json!(7), "/7", true),
        (serde_json::json!(-1), "/-1", true),
        (serde_json::json!(u64::MAX), "/18446744073709551615", true),
        (serde_json::json!(1.5), "/1.5", false),
        (serde_json::json!("1.5"), "/1.5", true),
    ];
    for (claim, path, expected) in table {
        let token = issuer.token().claim("org_id", claim.clone()).encode();
        let request = TestRequest::default().app_data(issuer.protected_resource());
        let request = request.bearer(&token).to_http_request();
        let path = MatchedPath::new("/{tenant}", path).expect("a match");
        let admitted = authorize(&request, &OWN_TENANT, path.parameters()).await;
        assert_eq!(admitted.is_ok(), expected, "RFC 8259 6: {claim}");
    }
}
