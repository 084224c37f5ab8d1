//! Responses to requests without a valid token.

use awc::http::Method;
use serde_json::Value;

use crate::test_app::TestApp;

const METADATA: &str =
    r#", resource_metadata="https://api.example/.well-known/oauth-protected-resource""#;

#[actix_web::test]
async fn each_kind_of_credentials_gets_its_challenge() {
    let app = TestApp::start().await;
    let good = format!("Bearer {}", app.token().encode());
    let expired = format!("Bearer {}", app.token().expires_in(-60).encode());
    let realm = r#"Bearer realm="api""#;
    let invalid_request = r#"Bearer realm="api", error="invalid_request", error_description="#;
    let expired_challenge = r#"Bearer realm="api", error="invalid_token", error_description="the access token has expired""#;
    let in_query = format!("/api/private?access_token={}", app.token().encode());
    type Row<'a> = (&'a str, Vec<&'a str>, u16, Option<&'a str>, &'a str, &'a str);
    let table: Vec<Row<'_>> = vec![
        ("/api/private", vec![], 401, None, realm, "6750 3.1: none"),
        ("/api/private", vec!["Basic YTpi"], 401, None, realm, "6750 3.1: other scheme"),
        ("/api/private", vec![""], 401, None, realm, "6750 3.1: nothing in it"),
        (&in_query, vec![], 401, None, realm, "OAuth 2.1 5.1: query is ignored"),
        ("/api/private", vec!["Bearer"], 400, Some("invalid_request"), invalid_request, "3.1"),
        ("/api/private", vec!["Bearer a b"], 400, Some("invalid_request"), invalid_request, "2.1"),
        ("/api/private", vec!["Bearer a\tb"], 400, Some("invalid_request"), invalid_request, "2.1"),
        (
            "/api/private",
            vec![&good, &good],
            400,
            Some("invalid_request"),
            invalid_request,
            "6750 3.1: twice",
        ),
        (
            "/api/private",
            vec!["Basic YTpi", &good],
            400,
            Some("invalid_request"),
            invalid_request,
            "6750 3.1: twice",
        ),
        ("/api/private", vec![&expired], 401, Some("invalid_token"), expired_challenge, "3.1"),
        (
            "/api/private-scoped",
            vec![],
            401,
            None,
            r#"Bearer realm="api", scope="read:messages""#,
            "6750 3: scope is no error information",
        ),
        (
            "/api/private-scoped",
            vec![&good],
            403,
            Some("insufficient_scope"),
            r#"Bearer realm="api", error="insufficient_scope", scope="read:messages""#,
            "6750 3.1",
        ),
    ];
    for (path, fields, status, error, challenge, section) in table {
        let headers: Vec<_> = fields.iter().map(|field| ("authorization", *field)).collect();
        let answer = app.send(Method::GET, path, &headers).await;
        assert_eq!(answer.status, status, "{section}: {fields:?}");
        let sent = answer.challenge().unwrap_or_default();
        assert!(sent.starts_with(challenge), "{section}: {sent}");
        assert!(sent.ends_with(METADATA), "RFC 9728 5.1: {sent}");
        assert_eq!(sent.contains("error"), error.is_some(), "{section}: {sent}");
        assert_eq!(answer.error().as_deref(), error, "{section}");
        assert!(answer.json()["detail"].is_string(), "RFC 9457 3.1");
        let scope = if status == 403 { Value::from("read:messages") } else { Value::Null };
        assert_eq!(answer.json()["scope"], scope, "{section}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "RFC 9111 3.5: {section}");
    }
}

#[actix_web::test]
async fn scheme_is_case_insensitive() {
    let app = TestApp::start().await;
    let token = app.token().encode();
    for scheme in ["bearer", "BEARER", "bEaReR", "Bearer  "] {
        let credentials = format!("{scheme} {token}");
        let answer =
            app.send(Method::GET, "/api/private", &[("authorization", &credentials)]).await;
        assert_eq!(answer.status, 200, "RFC 9110 11.1: {scheme}");
    }
}

#[actix_web::test]
async fn token_in_form_is_ignored() {
    let app = TestApp::start().await;
    let url = format!("http://{}/api/private", app.address());
    let form = [("access_token", app.token().encode())];
    let answer = awc::Client::default().get(url).send_form(&form).await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 401, "RFC 6750 2.2");
    let challenge = answer.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
    assert!(challenge.is_some_and(|text| !text.contains("error")), "{challenge:?}");
}

#[actix_web::test]
async fn token_is_never_echoed() {
    let app = TestApp::start().await;
    let marker = "MARKER-7f3a";
    let tokens = [
        app.token().claim("iss", marker).encode(),
        app.token().audience(marker).encode(),
        app.token().header("kid", marker).encode(),
        app.token().header("alg", marker).encode(),
        app.token().header("typ", marker).encode(),
        app.token().claim("sub", 7).claim("name", marker).encode(),
        marker.to_owned(),
    ];
    for token in tokens {
        let answer = app.get_with_token("/api/private", &token).await;
        assert_eq!(answer.status, 401);
        let whole = format!("{answer:?}");
        assert!(!whole.contains(marker), "RFC 6750 3: {whole}");
        assert!(!whole.contains(&token), "RFC 6750 5.3: {whole}");
    }
}
