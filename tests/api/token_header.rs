//! `TOKEN_HEADER` over real connections.

use actix_resource_server::testing::TestIssuer;
use serde_json::{Value, json};

use crate::command_line::{flat, run_in};
use crate::process::Process;
use crate::test_app::AUDIENCE;

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

/// `check` says where tokens come from, and that this turns DPoP off.
#[test]
fn check_names_the_token_header_and_what_it_turns_off() {
    const TAKEN: &str = "ok token: taken from the header x-forwarded-access-token of TRUSTED_PROXIES, \
                         which must overwrite it; Authorization is not read";
    const OFF: &str = "ok DPoP: off, since tokens from TOKEN_HEADER come without a proof; tokens bound \
                       to a key are rejected";
    let issuer = TestIssuer::start();
    let check = |variables: &[(&str, &str)], more: &[&str]| {
        let base = [("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)];
        run_in(&[&base, variables].concat(), &[&["check"], more].concat())
    };
    let header = ("TOKEN_HEADER", HEADER);
    let proxies = ("TRUSTED_PROXIES", "10.0.0.0/8");
    let certificates = "ok client certificates: taken from the header";
    let table = [
        (vec![header, proxies], vec![TAKEN, OFF]),
        (vec![header, proxies, ("DPOP", "off")], vec![TAKEN, OFF]),
        (vec![header, proxies, ("DPOP", "allowed")], vec![TAKEN, OFF]),
        (vec![header, proxies, ("CLIENT_CERTIFICATE", "header")], vec![TAKEN, OFF, certificates]),
    ];
    for (variables, expected) in table {
        let (code, text) = check(&variables, &[]);
        assert_eq!(code, 0, "{text}");
        for finding in expected {
            assert!(flat(&text).contains(finding), "{finding}: {text}");
        }
        let (code, json) = check(&variables, &["--json"]);
        assert_eq!(code, 0, "{json}");
        let report: Value = serde_json::from_str(&json).expect("JSON");
        let findings = report["findings"].as_array().expect("findings");
        let of_token = findings.iter().filter(|finding| finding["subject"] == "token");
        assert_eq!(of_token.map(|finding| &finding["level"]).collect::<Vec<_>>(), ["ok"]);
    }
    for variables in [vec![], vec![proxies], vec![proxies, ("TOKEN_HEADER", "")]] {
        let (code, text) = check(&variables, &[]);
        assert_eq!(code, 0, "{text}");
        assert!(!text.contains("TOKEN_HEADER") && !flat(&text).contains("ok token:"), "{text}");
    }
    // Advice that works: the refused settings with the advised change.
    for (refused, advised) in [
        (vec![header], "set TRUSTED_PROXIES"),
        (vec![header, proxies, ("DPOP", "required")], "DPOP=off"),
    ] {
        let (code, text) = check(&refused, &[]);
        assert_eq!(code, 2, "{text}");
        assert!(flat(&text).contains(advised), "{advised}: {text}");
    }
}

/// The development server takes tokens from `Authorization`, so that the commands it prints work.
#[test]
fn development_server_ignores_the_token_header_with_a_warning() {
    let variables = [("TOKEN_HEADER", HEADER), ("TRUSTED_PROXIES", "127.0.0.0/8")];
    let process = Process::start_dev_with(&variables);
    let ignored = "TOKEN_HEADER is ignored: the playground and the commands below send the token in \
                   Authorization";
    assert!(process.start_log().contains(ignored), "{}", process.start_log());
    let (status, _, body) = get(&process, "/api/private", "Authorization: Bearer a.b.c\r\n");
    assert_eq!(status, "401", "{body}");
    assert!(body.contains("invalid_token"), "the token is read: {body}");
    let (status, head, body) = get(&process, "/api/private", &format!("{HEADER}: a.b.c\r\n"));
    assert_eq!(status, "401", "{body}");
    assert!(!head.contains("error="), "RFC 6750 3.1: {head}");
}
