//! What metadata says about introspection, and endpoints that are configured.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::issuer::discovery::read_metadata;
use crate::issuer::introspection::{Introspection, IntrospectionClient, IntrospectionMetadata};
use crate::issuer::{
    ClientCertificate, HttpHosts, InvalidIntrospection, IssuerIdentifier, believed_metadata,
};

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
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["client".to_owned()]).expect("a certificate");
    let (cert, key) = (cert.pem(), signing_key.serialize_pem());
    let certificate = ClientCertificate::from_pem(cert.as_bytes(), key.as_bytes()).expect("both");
    let secret = IntrospectionClient::with_secret("client", "secret");
    let certificate = IntrospectionClient::with_certificate("client", certificate);
    let (secure, loopback, plain) = (
        Some("https://issuer.example/introspect"),
        Some("http://127.0.0.1:3011/introspect"),
        Some("http://issuer.example/introspect"),
    );
    let insecure = |endpoint: Option<&str>| InvalidIntrospection::InsecureEndpoint {
        endpoint: endpoint.unwrap_or_default().to_owned(),
    };
    let over_http = |endpoint: Option<&str>| InvalidIntrospection::CertificateOverHttp {
        endpoint: endpoint.unwrap_or_default().to_owned(),
    };
    let table = [
        (&secret, secure, false, Ok(())),
        (&secret, loopback, false, Ok(())),
        (&secret, plain, false, Err(insecure(plain))),
        (&secret, None, true, Ok(())),
        (&secret, None, false, Err(InvalidIntrospection::NoEndpoint)),
        (&certificate, secure, false, Ok(())),
        (&certificate, loopback, false, Err(over_http(loopback))),
        (&certificate, plain, false, Err(insecure(plain))),
        (&certificate, None, true, Ok(())),
    ];
    for (client, endpoint, has_metadata, expected) in table {
        let url = endpoint.map(|text| text.parse::<Url>().expect("a URL"));
        let introspection = Introspection { endpoint: url, ..Introspection::new(client.clone()) };
        let found = introspection.check(has_metadata, &HttpHosts::default());
        assert_eq!(found, expected, "RFC 7662 4, RFC 8705 2: {endpoint:?}");
    }
    let no_time = Introspection { deadline: Duration::ZERO, ..Introspection::new(secret.clone()) };
    let no_rate = Introspection { rate: 0, ..Introspection::new(secret) };
    for introspection in [no_time, no_rate] {
        let found = introspection.check(true, &HttpHosts::default());
        assert_eq!(found, Err(InvalidIntrospection::NoCalls));
    }
}

#[test]
fn metadata_is_believed_with_the_issuers_spelling_of_its_name() {
    let issuer: IssuerIdentifier = "https://issuer.example".parse().expect("an issuer");
    let json = json!({
        "issuer": "https://issuer.example/", "jwks_uri": "https://issuer.example/keys",
    });
    let believed = believed_metadata(json.to_string().as_bytes(), &issuer);
    let expected = ("https://issuer.example/".to_owned(), "https://issuer.example/keys".to_owned());
    assert_eq!(believed, Ok(expected), "RFC 8414 3.3");
}
