//! The route table: what it says, and that nothing is served beside it.

use actix_resource_server::access::ResourceIdentifier;
use actix_resource_server::service::routes;
use actix_resource_server::{Claims, Public, Routes};
use awc::http::Method;
use serde_json::json;

use crate::snapshots;
use crate::test_app::{AUDIENCE, TestApp};

#[test]
fn the_services_routes_are_as_reviewed() {
    let identifier: ResourceIdentifier = AUDIENCE.parse().expect("an identifier");
    snapshots::check("routes.txt", &routes(Some(&identifier)).table().to_string());
}

#[actix_web::test]
async fn every_route_of_the_table_is_served_with_exactly_its_methods() {
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
fn the_table_is_sorted_and_the_same_as_json() {
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
fn one_method_and_path_with_two_handlers_is_refused_at_start() {
    let _ = Routes::new().get("/a", open).merge(Routes::new().get("/a", closed));
}

#[test]
#[should_panic(expected = "/a/{id} and /a/{name} match the same requests")]
fn two_names_for_one_parameter_are_refused_at_start() {
    let _ = Routes::new().get("/a/{id}", open).post("/a/{name}", closed);
}

async fn open(_: Public) -> &'static str {
    ""
}

async fn closed(_: Claims) -> &'static str {
    ""
}
