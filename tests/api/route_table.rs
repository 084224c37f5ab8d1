//! Route table: its content, and that no other route is served.

use actix_resource_server::access::ResourceIdentifier;
use actix_resource_server::service::routes;
use actix_resource_server::{Claims, Public, Routes};
use awc::http::Method;
use serde_json::json;

use crate::snapshots;
use crate::test_app::{AUDIENCE, TestApp};

#[test]
fn service_routes_match_the_snapshot() {
    let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
    snapshots::check("routes.txt", &routes(Some(&identifier)).table().to_string());
}

#[actix_web::test]
async fn routes_are_served_with_exactly_their_methods() {
    let app = TestApp::start().await;
    let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
    let table = routes(Some(&identifier)).table();
    for route in table.iter() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let status = app.send(method.clone(), &route.path, &[]).await.status;
            let declared = table
                .iter()
                .any(|other| other.path == route.path && other.method.as_str() == method.as_str());
            assert_ne!(status, 404, "{method} {}", route.path);
            assert_eq!(status == 405, !declared, "RFC 9110 15.5.6: {method} {}", route.path);
        }
    }
}

#[test]
fn table_is_sorted_and_equal_in_json() {
    let routes = Routes::new()
        .post("/b", closed)
        .get("/b", open)
        .scope("/a/", Routes::new().scope("/deep", Routes::new().get("/{id}", closed)))
        .merge(Routes::new().delete("/b", closed));
    let table = routes.table();
    let rows: Vec<String> =
        table.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(rows, ["GET /a/deep/{id}", "DELETE /b", "GET /b", "POST /b"]);
    let json = serde_json::to_value(&table).expect("JSON");
    assert_eq!(
        json[2],
        json!({"method": "GET", "path": "/b", "policy": "public", "handler": "api::route_table::open"})
    );
}

#[test]
#[should_panic(expected = "GET /a has two handlers: api::route_table::open and \
                           api::route_table::closed")]
fn duplicate_route_is_rejected_at_start() {
    let _ = Routes::new().get("/a", open).merge(Routes::new().get("/a", closed));
}

#[test]
#[should_panic(expected = "/a/{id} and /a/{name} match the same requests")]
fn conflicting_parameter_names_are_rejected_at_start() {
    let _ = Routes::new().get("/a/{id}", open).post("/a/{name}", closed);
}

async fn open(_: Public) -> &'static str {
    ""
}

async fn closed(_: Claims) -> &'static str {
    ""
}

#[actix_web::test]
async fn only_routes_of_the_table_are_served() {
    use actix_resource_server::ProtectedResource;
    use actix_resource_server::service::configure;
    use actix_resource_server::testing::TestIssuer;
    use actix_resource_server::verifier::Verifier;
    use actix_web::introspection::IntrospectionTree;
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use actix_web::{App, web};
    use std::collections::BTreeSet;

    const PROBE: &str = "/what-is-served";

    let issuer = TestIssuer::start();
    let verifier = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE).start();
    let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
    let routes = routes(Some(&identifier));
    let resource = ProtectedResource::new(verifier.expect("a verifier")).identifier(identifier);
    let report = |tree: web::Data<IntrospectionTree>| async move { tree.report_as_json() };
    let app = App::new()
        .configure(|config| configure(config, &resource, &routes))
        .route(PROBE, web::get().to(report));
    let app = init_service(app).await;
    let request = TestRequest::get().uri(PROBE).to_request();
    let report = call_and_read_body(&app, request).await;
    let report: Vec<serde_json::Value> = serde_json::from_slice(&report).expect("a report");

    let mut served = BTreeSet::new();
    for item in &report {
        let path = item["full_path"].as_str().expect("a path");
        let methods = item["methods"].as_array().expect("methods");
        assert!(!methods.is_empty(), "{path} takes any method");
        for method in methods {
            served.insert((path.to_owned(), method.as_str().expect("a method").to_owned()));
        }
    }
    assert!(served.remove(&(PROBE.to_owned(), "GET".to_owned())), "{report:#?}");
    let mut declared = BTreeSet::new();
    for route in routes.table().iter() {
        declared.insert((route.path.clone(), route.method.to_string()));
        if route.method == "GET" {
            // RFC 9110 9.1: HEAD is served wherever GET is.
            declared.insert((route.path.clone(), "HEAD".to_owned()));
        }
    }
    assert_eq!(served, declared);
}

#[actix_web::test]
async fn metadata_path_is_inserted_between_host_and_path() {
    let identifier: ResourceIdentifier = "https://api.example/v1".parse().expect("an identifier");
    let all = routes(Some(&identifier));
    let path = "/.well-known/oauth-protected-resource/v1";
    assert!(all.table().iter().any(|route| route.path == path), "RFC 9728 3.1");
    assert_eq!(routes(None).table().iter().count() + 1, all.table().iter().count());
}

#[actix_web::test]
async fn every_guarded_route_rejects_every_bad_token() {
    use actix_resource_server::ProtectedResource;
    use actix_resource_server::service::configure;
    use actix_resource_server::testing::{OfflineIssuer, RouteWalk};
    use actix_web::App;
    use actix_web::test::init_service;

    let issuer = OfflineIssuer::new(AUDIENCE);
    let verifier = issuer.verifier();
    let (resource, routes) = (ProtectedResource::new(verifier.clone()), routes(None));
    let app = App::new().configure(|config| configure(config, &resource, &routes));
    let app = init_service(app).await;
    let table = routes.table();
    RouteWalk::new(&table, &verifier, || issuer.token()).assert_rejected(&app).await;
}
