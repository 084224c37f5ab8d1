//! Policies in OpenAPI documents.

use actix_web::web::Path;
use serde_json::{Value, json};

use crate::access::OpenApiPolicies;
use crate::sender::DpopMode;
use crate::{Claims, Maybe, Public, Routes, Scoped, scopes};

scopes! {
    /// Reads.
    Read = "read";
}

async fn closed(_: Claims<()>) -> &'static str {
    "closed"
}

async fn by_id(_: Public, _: Path<(String, String)>) -> &'static str {
    "open"
}

fn routes() -> Routes {
    Routes::new().get("/closed", closed).get(r"/open/{id:\d{2}}/{part}", by_id)
}

fn applied(policies: &OpenApiPolicies, operation: Value) -> Value {
    let document = json!({"paths": {"/closed": {"get": operation}}});
    policies.apply(&document).expect("a document")
}

#[test]
fn a_scheme_for_proofs_is_declared_where_they_are_accepted() {
    let table = [
        (DpopMode::Off, true, false),
        (DpopMode::Allowed, true, true),
        (DpopMode::Required, false, true),
    ];
    for (mode, bearer, dpop) in table {
        let policies = OpenApiPolicies::new(&routes().table()).dpop(mode);
        let document = applied(&policies, json!({}));
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(schemes["bearer"].is_object(), bearer, "{mode:?}");
        assert_eq!(schemes["dpop"]["scheme"] == "DPoP", dpop, "RFC 9449 7.1: {mode:?}");
    }
}

#[test]
fn who_may_call_is_added_to_the_description_there_is() {
    let policies = OpenApiPolicies::new(&routes().table());
    let described = |operation: Value| {
        let document = applied(&policies, operation);
        document["paths"]["/closed"]["get"]["description"].as_str().map(ToOwned::to_owned)
    };
    let who = described(json!({})).expect("a description");
    assert!(who.starts_with("Who may call: "), "{who}");
    assert_eq!(described(json!({"description": " "})), Some(who.clone()));
    assert_eq!(described(json!({"description": 7})), Some(who.clone()));
    assert_eq!(described(json!({"description": "Lists.\n"})), Some(format!("Lists.\n\n{who}")));
}

#[test]
fn every_parameter_of_the_path_is_declared_once() {
    let policies = OpenApiPolicies::new(&routes().table());
    let text = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let own = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}});
    let table = [
        (json!({}), json!([text("id"), text("part")])),
        (json!({"parameters": [own]}), json!([own, text("part")])),
        (json!({"parameters": "not a list"}), json!("not a list")),
    ];
    for (operation, parameters) in table {
        let document = json!({"paths": {"/open/{id}/{part}": {"get": operation}}});
        let document = policies.apply(&document).expect("a document");
        let found = &document["paths"]["/open/{id}/{part}"]["get"]["parameters"];
        assert_eq!(*found, parameters, "OpenAPI 4.8.12");
    }
    let document = applied(&policies, json!({}));
    assert!(document["paths"]["/closed"]["get"].get("parameters").is_none());
}

#[test]
fn security_names_the_schemes_and_scopes_of_each_route() {
    let routes = || {
        let routes = Routes::new().get("/public", |_: Public| async { "open" });
        let routes = routes.get("/maybe", |_: Maybe<Claims<()>>| async { "both" });
        routes.get("/read", |_: Scoped<Read>| async { "read" }).get("/a:b/closed", closed)
    };
    let policies = OpenApiPolicies::new(&routes().table()).dpop(DpopMode::Allowed);
    let document = policies.apply(&json!({})).expect("a document");
    let table = [
        ("/public", json!([])),
        ("/maybe", json!([{}, {"bearer": []}, {"dpop": []}])),
        ("/read", json!([{"bearer": ["read"]}, {"dpop": ["read"]}])),
        ("/a:b/closed", json!([{"bearer": []}, {"dpop": []}])),
    ];
    for (path, security) in table {
        assert_eq!(document["paths"][path]["get"]["security"], security, "OpenAPI 4.8.30: {path}");
    }
    let scopes = &document["components"]["securitySchemes"]["bearer"]["x-scopes"];
    assert_eq!(*scopes, json!({"read": "Reads."}));
}

#[test]
fn an_operation_is_served_if_method_and_path_are() {
    let policies = OpenApiPolicies::new(&routes().table());
    let table = [
        ("/closed", "get", true),
        ("/closed", "post", false),
        ("/open", "get", false),
        ("/closed", "summary", true),
    ];
    for (path, method, served) in table {
        let document = json!({"paths": {path: {method: {}}}});
        assert_eq!(policies.apply(&document).is_ok(), served, "{method} {path}");
    }
}
