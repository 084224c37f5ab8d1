//! What metadata says about introspection, and endpoints that are configured.

use serde_json::{Value, json};
use url::Url;

use crate::issuer::discovery::read_metadata;
use crate::issuer::introspection::{Introspection, IntrospectionClient, IntrospectionMetadata};
use crate::issuer::{HttpHosts, IssuerIdentifier};

fn introspection(more: Value) -> IntrospectionMetadata {
    let mut metadata =
        json!({"issuer": "https://issuer.example", "jwks_uri": "https://issuer.example/keys"});
    let members = metadata.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    let issuer: IssuerIdentifier = "https://issuer.example".parse().expect("an issuer");
    let json = metadata.to_string();
    read_metadata(json.as_bytes(), &issuer, &HttpHosts::default(), false)
        .expect("metadata")
        .introspection
}

#[test]
fn an_introspection_endpoint_of_the_metadata_must_be_safe_to_call() {
    let table = [
        ("https://issuer.example/introspect", true),
        ("https://other.example/introspect", true),
        ("http://issuer.example/introspect", false),
        ("https://localhost/introspect", false),
        ("https://127.0.0.1/introspect", false),
        ("http://127.0.0.1/introspect", false),
    ];
    for (endpoint, usable) in table {
        let found = introspection(json!({ "introspection_endpoint": endpoint })).endpoint;
        assert_eq!(found.is_some(), usable, "RFC 7662 4, RFC 8725 3.10: {endpoint}");
    }
}

#[test]
fn responses_are_signed_if_the_metadata_names_an_algorithm() {
    let name = "introspection_signing_alg_values_supported";
    for (algorithms, signed) in [(json!(["RS256"]), true), (json!([]), false), (json!(1), false)] {
        assert_eq!(introspection(json!({ name: algorithms })).is_signed, signed, "RFC 9701 7");
    }
    assert!(!introspection(json!({})).is_signed);
}

#[test]
fn a_configured_introspection_endpoint_must_be_secure() {
    let check = |endpoint: Option<&str>| {
        let client = IntrospectionClient::with_secret("client", "secret");
        let endpoint = endpoint.map(|text| text.parse::<Url>().expect("a URL"));
        let introspection = Introspection { endpoint, ..Introspection::new(client) };
        introspection.check(true, &HttpHosts::default()).is_ok()
    };
    let table = [
        (Some("https://issuer.example/introspect"), true),
        (Some("http://127.0.0.1:3011/introspect"), true),
        (Some("http://issuer.example/introspect"), false),
        (None, true),
    ];
    for (endpoint, accepted) in table {
        assert_eq!(check(endpoint), accepted, "RFC 7662 4: {endpoint:?}");
    }
}
