//! A notes API for many tenants, with every kind of requirement in its signatures, and attacks on it.
//!
//! ```sh
//! cargo test --example tenant_notes
//! ```

use std::collections::BTreeMap;

use actix_resource_server::verifier::Verifier;
use actix_resource_server::{
    AnyOf, Authorized, Bound, InRole, ProtectedResource, Public, Routes, authentication,
    permissions, roles, rules, scopes,
};
use actix_web::error::ErrorNotFound;
use actix_web::web::{Data, Path};
use actix_web::{App, HttpServer};
use serde::Deserialize;

scopes! {
    /// Read the notes of the caller's tenant.
    pub ReadNotes = "notes:read";
    /// Write notes in the caller's tenant.
    pub WriteNotes = "notes:write";
}

permissions! {
    /// Take all notes of a tenant out of the service.
    pub ExportNotes = "notes:export";
}

roles! {
    /// Runs a tenant.
    pub Admin = "admin";
    /// Reads everything in the regions it is responsible for.
    pub Auditor = "auditor";
}

authentication! {
    /// Signed in with a second factor, at most five minutes ago.
    pub RecentSecondFactor = acr "urn:example:2fa" or "phr", max_age 300;
}

rules! {
    /// The tenant in the path is the caller's own.
    pub OwnTenant = path "tenant" equals claim "org_id";
    /// The region in the path is one of the caller's.
    pub OwnRegion = path "region" is one of claim "regions";
    /// The note in the path is the caller's own.
    pub Owner = |claims: Caller, path: NotePath| path.owner == claims.sub;
}

/// The claims that rules read.
#[derive(Deserialize)]
pub struct Caller {
    sub: String,
}

/// The path of a note. A rule and a handler read it as the same type.
#[derive(Deserialize)]
pub struct NotePath {
    tenant: String,
    owner: String,
}

type TenantReader = Authorized<(OwnTenant, ReadNotes)>;
type NoteReader = Authorized<(OwnTenant, AnyOf<(Owner, Auditor)>)>;
type TenantRemover = Authorized<(OwnTenant, Admin, RecentSecondFactor)>;
type Exporter = Authorized<(Bound, OwnTenant, ExportNotes)>;
type RegionAuditor = Authorized<(OwnRegion, Auditor)>;

/// The notes of each owner of each tenant.
type Notes = BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>;

/// Routes; each handler's signature declares its policy.
pub fn routes() -> Routes {
    let tenant = Routes::new()
        .get("", list)
        .delete("", remove)
        .get("/notes/{owner}", read)
        .post("/export", export);
    Routes::new()
        .get("/", about)
        .get("/admins", admins)
        .get("/regions/{region}", audit)
        .scope("/tenants/{tenant}", tenant)
}

async fn about(_: Public) -> &'static str {
    "Notes"
}

async fn admins(_: InRole<Admin>) -> &'static str {
    "A page for admins of any tenant"
}

async fn list(
    _: TenantReader,
    tenant: Path<String>,
    notes: Data<Notes>,
) -> actix_web::Result<String> {
    let notes = notes.get(tenant.as_str()).ok_or_else(|| ErrorNotFound("no such tenant"))?;
    Ok(notes.values().copied().collect::<Vec<_>>().join("\n"))
}

async fn read(
    _: NoteReader,
    path: Path<NotePath>,
    notes: Data<Notes>,
) -> actix_web::Result<&'static str> {
    let note = notes.get(path.tenant.as_str()).and_then(|notes| notes.get(path.owner.as_str()));
    note.copied().ok_or_else(|| ErrorNotFound("no such note"))
}

async fn remove(_: TenantRemover, tenant: Path<String>) -> String {
    format!("{tenant} would be removed now")
}

async fn export(_: Exporter, tenant: Path<String>) -> String {
    format!("the notes of {tenant} would be exported now")
}

async fn audit(_: RegionAuditor, region: Path<String>) -> String {
    format!("all notes in {region}")
}

fn notes() -> Notes {
    BTreeMap::from([
        ("acme", BTreeMap::from([("ann", "note of ann"), ("bob", "note of bob")])),
        ("rival", BTreeMap::from([("eve", "secret of rival")])),
        ("caf\u{e9}", BTreeMap::from([("zoe", "secret of caf\u{e9}")])),
    ])
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder()
        .issuer(std::env::var("ISSUER")?)
        .audience(std::env::var("AUDIENCE")?)
        .start()?;
    let resource = ProtectedResource::new(verifier);
    HttpServer::new(move || {
        App::new().app_data(resource.clone()).app_data(Data::new(notes())).service(routes())
    })
    .bind(("127.0.0.1", 3010))?
    .run()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
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
        let (status, _, challenge) =
            ask(&issuer, Method::DELETE, "/tenants/acme", ann(&issuer)).await;
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
        let attacks = [
            ("/tenants/rival", "raw"),
            ("/tenants/%72ival", "percent-encoded"),
            ("/tenants/%72%69%76%61%6C", "percent-encoded as a whole"),
            ("/tenants/%2572ival", "double-encoded"),
            ("/tenants/%2561cme", "own tenant, double-encoded"),
            ("/tenants/rival/", "trailing slash"),
            ("/tenants/acme/", "own tenant, trailing slash"),
            ("/tenants//rival", "empty segment"),
            ("/tenants/RIVAL", "upper case"),
            ("/tenants/ACME", "own tenant, upper case"),
            ("/tenants/cafe%CC%81", "decomposed Unicode"),
            ("/tenants/caf%E9", "Latin-1"),
            ("/tenants/rival?tenant=acme", "own tenant in the query"),
            ("/tenants/rival;tenant=acme", "own tenant as a path parameter"),
            ("/tenants/rival%3Ftenant=acme", "encoded question mark"),
            ("/tenants/rival%00acme", "null byte"),
            ("/tenants/acme%00", "own tenant, null byte"),
            ("/tenants/acme%20", "own tenant, space"),
            ("/tenants/acme/../rival", "dot segments"),
            ("/tenants/acme%2F..%2Frival", "encoded dot segments"),
            ("/tenants/acme%5C..%5Crival", "encoded backslashes"),
            ("/tenants/*", "wildcard"),
            ("/tenants/acme,rival", "list"),
            ("/tenants/{tenant}", "the pattern itself"),
            ("/tenants/rival/notes/ann", "own note in another tenant"),
            ("/tenants/rival/notes/eve", "note of another tenant"),
        ];
        for (path, how) in attacks {
            for method in [Method::GET, Method::HEAD] {
                let (status, body, _) = ask(&issuer, method.clone(), path, ann(&issuer)).await;
                assert!([400, 403, 404].contains(&status), "{how}: {method} {path}: {status}");
                assert!(!body.contains("secret") && !body.contains("note of"), "{how}: {body}");
            }
            let (status, body, _) = ask(&issuer, Method::OPTIONS, path, ann(&issuer)).await;
            assert!([204, 400, 404].contains(&status), "{how}: OPTIONS {path}: {status}");
            assert!(!body.contains("secret"), "{how}: {body}");
        }
        // Tokens that say nothing of a tenant, or say it in another type, have none.
        let without = || ann(&issuer).without_claim("org_id");
        let tenants = [without(), without().claim("org_id", vec!["acme"]), {
            without().claim("org_id", true)
        }];
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
}
