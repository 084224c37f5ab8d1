//! What the routes admit, and attacks on them.

use actix_resource_server::testing::{BearerRequest, OfflineIssuer, RouteWalk, TokenMaker};
use actix_web::http::{Method, header::WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;

use super::*;

/// Sends one request. Returns the status, the body and the challenge.
async fn ask(
    issuer: &OfflineIssuer,
    method: Method,
    path: &str,
    token: TokenMaker,
) -> (u16, String, String) {
    let app = App::new()
        .app_data(issuer.protected_resource())
        .app_data(Data::new(notes()))
        .service(routes());
    let app = init_service(app).await;
    let request = TestRequest::with_uri(path).method(method).bearer(token).to_request();
    let response = call_service(&app, request).await;
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    (status, body, challenge.unwrap_or_default())
}

fn issuer() -> OfflineIssuer {
    OfflineIssuer::new("https://notes.example")
}

/// Ann of Acme, with everything but strong sign-in.
fn ann(issuer: &OfflineIssuer) -> TokenMaker {
    issuer
        .token()
        .subject("ann")
        .claim("org_id", "acme")
        .claim("regions", vec!["eu", "us"])
        .scope("notes:read notes:write")
        .permissions(["notes:export"])
        .roles(["admin"])
}

#[test]
fn the_table_says_who_may_call() {
    let policies: Vec<String> = routes()
        .table()
        .iter()
        .map(|route| format!("{} {}: {}", route.method, route.path, route.policy))
        .collect();
    assert_eq!(
        policies,
        [
            "GET /: public",
            "GET /admins: role admin",
            "GET /regions/{region}: rule OwnRegion and role auditor",
            "DELETE /tenants/{tenant}: rule OwnTenant and role admin and authentication \
             RecentSecondFactor",
            "GET /tenants/{tenant}: rule OwnTenant and scope notes:read",
            "POST /tenants/{tenant}/export: bound and rule OwnTenant and permission \
             notes:export",
            "GET /tenants/{tenant}/notes/{owner}: rule OwnTenant and (rule Owner or role \
             auditor)",
        ],
    );
}

#[actix_web::test]
async fn every_route_rejects_tokens_that_lack_something() {
    let issuer = issuer();
    let verifier = issuer.verifier();
    let routes = routes();
    let table = routes.table();
    let app = App::new().app_data(ProtectedResource::new(verifier.clone()));
    let app = init_service(app.app_data(Data::new(notes())).service(routes)).await;
    let walk = RouteWalk::new(&table, &verifier, || issuer.token());
    let sent = walk.parameter("tenant", "acme").assert_rejected(&app).await;
    assert!(sent > 120, "only {sent} requests");
}

#[actix_web::test]
async fn callers_reach_their_own() {
    let issuer = issuer();
    let strong = |ago| ann(&issuer).acr("phr").authenticated_ago(ago);
    let auditor = || ann(&issuer).roles(["auditor"]);
    let table = [
        (Method::GET, "/tenants/acme", ann(&issuer), 200),
        (Method::GET, "/tenants/%61cme", ann(&issuer), 200),
        (Method::GET, "/tenants/caf%C3%A9", ann(&issuer).claim("org_id", "caf\u{e9}"), 200),
        (Method::GET, "/tenants/acme/notes/ann", ann(&issuer), 200),
        (Method::GET, "/tenants/acme/notes/bob", ann(&issuer), 403),
        (Method::GET, "/tenants/acme/notes/bob", auditor(), 200),
        (Method::GET, "/tenants/rival/notes/eve", auditor(), 403),
        (Method::GET, "/regions/eu", auditor(), 200),
        (Method::GET, "/regions/asia", auditor(), 403),
        (Method::GET, "/regions/eu", ann(&issuer), 403),
        (Method::DELETE, "/tenants/acme", strong(10), 200),
        (Method::DELETE, "/tenants/acme", strong(1000), 401),
        (Method::DELETE, "/tenants/acme", ann(&issuer), 401),
        (Method::DELETE, "/tenants/rival", strong(10), 403),
        // The token is not bound to a key or certificate.
        (Method::POST, "/tenants/acme/export", ann(&issuer), 401),
        (Method::POST, "/tenants/rival/export", ann(&issuer), 403),
    ];
    for (method, path, token, expected) in table {
        let (status, body, _) = ask(&issuer, method.clone(), path, token).await;
        assert_eq!(status, expected, "{method} {path}: {body}");
    }
}

#[actix_web::test]
async fn a_weak_sign_in_is_told_what_to_do() {
    let issuer = issuer();
    let (status, _, challenge) = ask(&issuer, Method::DELETE, "/tenants/acme", ann(&issuer)).await;
    assert_eq!(status, 401);
    let expected = "Bearer realm=\"api\", error=\"insufficient_user_authentication\", \
                    error_description=\"a stronger or more recent authentication is \
                    required\", acr_values=\"urn:example:2fa phr\", max_age=\"300\"";
    assert_eq!(challenge, expected, "RFC 9470 3");
}

/// Broken object-level authorization is the first of OWASP's API risks (API1:2023).
#[actix_web::test]
async fn no_spelling_of_a_path_reaches_another_tenant() {
    let issuer = issuer();
    // Those that match no route are 404, and 403 all that do, whatever notes there are.
    let attacks = [
        ("/tenants/rival", 403, "raw"),
        ("/tenants/%72ival", 403, "percent-encoded"),
        ("/tenants/%72%69%76%61%6C", 403, "percent-encoded as a whole"),
        ("/tenants/%2572ival", 403, "double-encoded"),
        ("/tenants/%2561cme", 403, "own tenant, double-encoded"),
        ("/tenants/rival/", 404, "trailing slash"),
        ("/tenants/acme/", 404, "own tenant, trailing slash"),
        ("/tenants//rival", 404, "empty segment"),
        ("/tenants/RIVAL", 403, "upper case"),
        ("/tenants/ACME", 403, "own tenant, upper case"),
        ("/tenants/cafe%CC%81", 403, "decomposed Unicode"),
        ("/tenants/caf%E9", 403, "Latin-1"),
        ("/tenants/rival?tenant=acme", 403, "own tenant in the query"),
        ("/tenants/rival;tenant=acme", 403, "own tenant as a path parameter"),
        ("/tenants/rival%3Ftenant=acme", 403, "encoded question mark"),
        ("/tenants/rival%00acme", 403, "null byte"),
        ("/tenants/acme%00", 403, "own tenant, null byte"),
        ("/tenants/acme%20", 403, "own tenant, space"),
        ("/tenants/acme/../rival", 404, "dot segments"),
        ("/tenants/acme%2F..%2Frival", 403, "encoded dot segments"),
        ("/tenants/acme%5C..%5Crival", 403, "encoded backslashes"),
        ("/tenants/*", 403, "wildcard"),
        ("/tenants/acme,rival", 403, "list"),
        ("/tenants/{tenant}", 403, "the pattern itself"),
        ("/tenants/rival/notes/ann", 403, "own note in another tenant"),
        ("/tenants/rival/notes/eve", 403, "note of another tenant"),
    ];
    for (path, expected, how) in attacks {
        // The tenant whose name is closest to the attacked one.
        let own = if path.contains("caf") { "caf\u{e9}" } else { "acme" };
        let caller = || ann(&issuer).claim("org_id", own);
        for method in [Method::GET, Method::HEAD] {
            let (status, body, _) = ask(&issuer, method.clone(), path, caller()).await;
            assert_eq!(status, expected, "{how}: {method} {path}");
            assert!(!body.contains("secret") && !body.contains("note of"), "{how}: {body}");
        }
        let (status, body, _) = ask(&issuer, Method::OPTIONS, path, caller()).await;
        assert!([204, 400, 404].contains(&status), "{how}: OPTIONS {path}: {status}");
        assert!(!body.contains("secret"), "{how}: {body}");
    }
    // Tokens that say nothing of a tenant, or say it in another type, have none.
    let without = || ann(&issuer).without_claim("org_id");
    let tenants =
        [without(), without().claim("org_id", vec!["acme"]), { without().claim("org_id", true) }];
    for token in tenants {
        assert_eq!(ask(&issuer, Method::GET, "/tenants/acme", token).await.0, 403);
    }
}

/// The same routes inside an Actix scope, as an application that grew might have it.
#[actix_web::test]
async fn rules_read_the_parameters_of_scopes_too() {
    let issuer = issuer();
    let notes_of_tenant = Routes::new().get("", list).mounted_at("/t/{tenant}");
    assert!(notes_of_tenant.table().to_string().contains("/t/{tenant}  rule OwnTenant"));
    let app = App::new()
        .app_data(issuer.protected_resource())
        .app_data(Data::new(notes()))
        .service(web::scope("/t/{tenant}").service(notes_of_tenant));
    let app = init_service(app).await;
    for (path, status) in [("/t/acme", 200), ("/t/rival", 403), ("/t/%72ival", 403)] {
        let request = TestRequest::with_uri(path).bearer(ann(&issuer)).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
}

#[test]
#[should_panic(expected = "/tenants does not have what the rule OwnTenant reads: the \
                           parameter {tenant}")]
fn a_rule_without_its_parameter_does_not_start() {
    Routes::new().get("/tenants", list).table();
}

#[test]
#[should_panic(expected = "two parameters named tenant")]
fn a_parameter_that_is_there_twice_does_not_start() {
    let inner = Routes::new().get("/{tenant}", list);
    Routes::new().scope("/{tenant}", inner).table();
}
