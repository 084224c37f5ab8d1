//! OpenAPI document: valid, reviewed, and consistent with the route table and the metadata.
//!
//! `open-api-3.1-schema.json` is the OpenAPI Initiative's own schema of 2022-10-07 (Apache-2.0).

use actix_resource_server::access::{OpenApiPolicies, Policy, RouteEntry};
use actix_resource_server::testing::TestIssuer;
use serde_json::{Value, json};

use crate::test_app::TestApp;
use crate::{policies, snapshots};

fn check_valid(document: &Value) {
    let schema = include_str!("open-api-3.1-schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(document)
        .map(|fault| format!("{fault} at {}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "OpenAPI 3.1: {faults:#?}");
}

#[actix_web::test]
async fn document_is_valid_and_matches_the_snapshot() {
    let app = TestApp::start().await;
    let answer = app.get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("max-age=3600"));
    let document = answer.json();
    check_valid(&document);
    let issuer = app.issuer.url();
    let text = serde_json::to_string_pretty(&document).expect("JSON");
    snapshots::check("open-api.json", &text.replace(issuer, "https://issuer.example"));
}

#[test]
fn schema_rejects_invalid_documents() {
    let schema = include_str!("open-api-3.1-schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(!validator.is_valid(&json!({"openapi": "3.1.0", "paths": {}})));
}

/// Whether a token with exactly these scopes satisfies the document's `security`. A token that is
/// sent must be valid, so the alternative without credentials does not apply to it.
fn satisfied(security: &Value, scopes: &[&str], has_token: bool) -> bool {
    let alternatives = security.as_array().expect("a list");
    alternatives.is_empty()
        || alternatives.iter().map(|alternative| alternative.as_object().expect("an object")).any(
            |alternative| {
                alternative.is_empty() != has_token
                    && alternative
                        .values()
                        .flat_map(|needed| needed.as_array().expect("a list"))
                        .all(|needed| scopes.iter().any(|scope| needed == scope))
            },
        )
}

#[actix_web::test]
async fn document_metadata_and_route_table_agree() {
    let routes = policies::routes();
    let table = routes.table();
    let document = OpenApiPolicies::new(&table)
        .issuers(["https://one.example/", "https://two.example/tenant"])
        .apply(&json!({"openapi": "3.1.0", "info": {"title": "Policies", "version": "1"}}))
        .expect("a document");
    check_valid(&document);

    let all = ["read", "write", "administer"];
    for route in table.iter() {
        let label = format!("{} {}", route.method, route.path);
        let operation = &document["paths"][&route.path][route.method.as_str().to_ascii_lowercase()];
        let security = &operation["security"];
        assert_eq!(security == &json!([]), route.policy == Policy::Public, "{label}");
        assert_eq!(satisfied(security, &[], false), route.policy.admits_anonymous(), "{label}");
        // Every subset of scopes, together with all requirements that are not scopes.
        for set in 0..8_usize {
            let held: Vec<&str> = all
                .iter()
                .enumerate()
                .filter(|(bit, _)| set >> bit & 1 == 1)
                .map(|(_, s)| *s)
                .collect();
            let expected = enough(route, &held);
            assert_eq!(satisfied(security, &held, true), expected, "{label}: {held:?} {security}");
        }
        let guarded = route.policy != Policy::Public;
        let responses = &operation["responses"];
        for status in ["400", "401", "503"] {
            assert_eq!(responses.get(status).is_some(), guarded, "{label}: {status}");
        }
        let required = route.policy.requirement().is_some();
        assert_eq!(responses.get("403").is_some(), required, "{label}");
        assert_eq!(operation["x-policy"], serde_json::to_value(route.policy).expect("JSON"));
        let who = operation["description"].as_str().unwrap_or_default();
        assert!(who.contains(&route.policy.to_string()), "{label}: {who}");
    }

    let schemes = &document["components"]["securitySchemes"];
    let mut published: Vec<&str> = schemes["openIdConnect"]["x-scopes"]
        .as_object()
        .expect("scopes")
        .keys()
        .map(String::as_str)
        .collect();
    published.sort_unstable();
    assert_eq!(published, table.scopes());
    assert_eq!(schemes["openIdConnect"]["x-scopes"]["read"], "Read.");
    assert_eq!(
        schemes["openIdConnect2"]["openIdConnectUrl"],
        "https://two.example/tenant/.well-known/openid-configuration"
    );

    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.json();
    let resource = app.get("/.well-known/oauth-protected-resource").await.json();
    let scopes = document["components"]["securitySchemes"]["openIdConnect"]["x-scopes"].clone();
    let scopes: Vec<&String> = scopes.as_object().expect("scopes").keys().collect();
    assert_eq!(resource["scopes_supported"], json!(scopes), "RFC 9728 2");
}

/// Whether the policy accepts these scopes from a caller that meets all other requirements.
fn enough(route: &RouteEntry, scopes: &[&'static str]) -> bool {
    let mut held = policies::EVERYTHING.to_vec();
    held.retain(|held| !matches!(held, policies::Held::Scope(_)));
    held.extend(scopes.iter().map(|scope| policies::Held::Scope(scope)));
    route.policy.requirement().is_none_or(|requirement| policies::meets(requirement, &held))
}

#[actix_web::test]
async fn metadata_names_the_scopes_of_the_route_table() {
    let identifier = crate::test_app::AUDIENCE.parse().expect("an identifier");
    let metadata = actix_resource_server::service::metadata_routes(Some(&identifier));
    let routes = policies::routes().merge(metadata);
    let app = TestApp::with_routes(TestIssuer::start(), routes.clone(), |verifier| verifier).await;
    let resource = app.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(resource["scopes_supported"], json!(routes.table().scopes()), "RFC 9728 2");
}
