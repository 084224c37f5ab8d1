//! `TOKEN_HEADER` over real connections.

use actix_resource_server::testing::TestIssuer;
use serde_json::{Value, json};

use crate::process::Process;

const HEADER: &str = "X-Forwarded-Access-Token";

/// Status, head and body of the response to a request with these header fields.
fn get(process: &Process, path: &str, fields: &str) -> (String, String, String) {
    let mut client = process.connect();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"));
    let response = client.rest();
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn token_header_counts_from_trusted_proxies_alone_and_in_place_of_authorization() {
    for (proxies, is_trusted) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let process = Process::start(&[("TOKEN_HEADER", HEADER), ("TRUSTED_PROXIES", proxies)]);
        let token = process.token().encode();
        let expired = process.token().expires_in(-60).encode();
        let table = [
            (format!("{HEADER}: {token}\r\n"), "200"),
            (format!("{HEADER}: Bearer {token}\r\n"), "200"),
            (format!("x-forwarded-access-token: bearer  {token}\r\n"), "200"),
            (format!("{HEADER}: {token}\r\nAuthorization: Bearer {expired}\r\n"), "200"),
            (format!("{HEADER}: {token}\r\nAuthorization: Basic YTpi\r\n"), "200"),
            (format!("{HEADER}: {expired}\r\nAuthorization: Bearer {token}\r\n"), "401"),
            (format!("Authorization: Bearer {token}\r\n"), "401"),
            (String::new(), "401"),
            (format!("{HEADER}: {token}\r\n{HEADER}: {token}\r\n"), "400"),
            (format!("{HEADER}: {token}, {token}\r\n"), "400"),
            (format!("{HEADER}: DPoP {token}\r\n"), "400"),
            (format!("{HEADER}:\r\n"), "400"),
            (format!("X_Forwarded_Access_Token: {token}\r\n"), "401"),
        ];
        for (fields, expected) in table {
            let expected = if is_trusted { expected } else { "401" };
            let (status, head, body) = get(&process, "/api/private", &fields);
            assert_eq!(status, expected, "from {proxies}: {fields:.80}");
            if status == "401" {
                assert!(head.contains("www-authenticate: bearer realm="), "{head}");
                assert!(!head.contains("www-authenticate: dpop"), "{head}");
            }
            if fields.is_empty() {
                assert!(body.contains("the header field x-forwarded-access-token"), "{body}");
                assert!(!head.contains("error="), "RFC 6750 3.1: {head}");
            }
            if fields.contains(HEADER) && !fields.contains("Authorization") {
                assert!(head.contains("cache-control: no-store"), "RFC 9111 3.5: {head}");
            }
        }
    }
}

#[test]
fn documents_agree_with_the_token_header() {
    let process = Process::start_with(
        TestIssuer::start(),
        &[
            ("TOKEN_HEADER", HEADER),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("CORS_ORIGINS", "https://a.example"),
        ],
    );
    let document = |path: &str| -> Value {
        let (status, _, body) = get(&process, path, "");
        assert_eq!(status, "200", "{path}");
        serde_json::from_str(&body).expect("JSON")
    };
    let open_api = document("/openapi.json");
    let schemes = &open_api["components"]["securitySchemes"];
    assert_eq!(schemes.as_object().map(serde_json::Map::len), Some(1), "{schemes}");
    assert_eq!(schemes["gateway"]["type"], "apiKey");
    assert_eq!(schemes["gateway"]["in"], "header");
    assert_eq!(schemes["gateway"]["name"], HEADER.to_ascii_lowercase());
    let scoped = &open_api["paths"]["/api/private-scoped"]["get"]["security"];
    assert_eq!(*scoped, json!([{"gateway": ["read:messages"]}]));
    let metadata = document("/.well-known/oauth-protected-resource");
    assert_eq!(metadata.get("bearer_methods_supported"), None, "RFC 9728 2: {metadata}");
    assert_eq!(metadata.get("dpop_signing_alg_values_supported"), None, "{metadata}");
    let mut client = process.connect();
    client.send(
        "OPTIONS /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: https://a.example\r\n\
         Access-Control-Request-Method: GET\r\n\
         Access-Control-Request-Headers: x-forwarded-access-token\r\n\r\n",
    );
    let preflight = client.rest();
    assert!(
        preflight.starts_with("HTTP/1.1 204") || preflight.starts_with("HTTP/1.1 200"),
        "{preflight}"
    );
}
