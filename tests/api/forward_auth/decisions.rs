//! Decisions of `/authorize`, asked directly.

use super::{Directory, POLICY, ask, exchange, status};

#[test]
fn policies_decide_as_guards_do() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    let bearer = |token: String| format!("\r\nAuthorization: Bearer {token}");
    let plain = bearer(process.token().encode());
    let scoped = bearer(process.token().scope("read:notes").claim("org_id", "acme").encode());
    let admin = bearer(process.token().claim("roles", serde_json::json!(["admin"])).encode());
    let expired = bearer(process.token().expires_in(-3600).encode());
    let table = [
        ("GET", "/open", "", "200"),
        ("HEAD", "/open", "", "200"),
        ("GET", "/open", &expired, "200"),
        ("POST", "/open", "", "403"),
        ("GET", "/greeting", "", "200"),
        ("GET", "/greeting", &plain, "200"),
        ("GET", "/greeting", &expired, "401"),
        ("GET", "/private?a=b", "", "401"),
        ("GET", "/private?a=b", &plain, "200"),
        ("POST", "/private", &plain, "200"),
        ("DELETE", "/private", &plain, "403"),
        ("GET", "/private", &expired, "401"),
        ("GET", "/notes", &plain, "403"),
        ("GET", "/notes", &scoped, "200"),
        ("GET", "/notes", &admin, "200"),
        ("GET", "/tenants/acme/notes", &scoped, "200"),
        ("GET", "/tenants/other/notes", &scoped, "403"),
        ("GET", "/tenants/acme/notes", &plain, "403"),
        ("GET", "/unknown", &scoped, "403"),
        ("GET", "/private/", &plain, "403"),
    ];
    for (method, uri, fields, expected) in table {
        let answer = ask(&process, method, uri, fields);
        assert_eq!(status(&answer), expected, "{method} {uri} {fields}: {answer}");
        let below = format!("{method} /authorize{uri} HTTP/1.1{fields}");
        assert_eq!(status(&exchange(process.address, &below)), expected, "below: {method} {uri}");
    }
    let rejected = ask(&process, "GET", "/notes", &plain).to_lowercase();
    assert!(rejected.contains("error=\"insufficient_scope\", "), "{rejected}");
    assert!(rejected.contains("scope=\"read:notes\""), "{rejected}");
    let preflight = "\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET";
    assert_eq!(status(&ask(&process, "OPTIONS", "/private", preflight)), "200", "Fetch 4.8");
    assert_eq!(status(&ask(&process, "OPTIONS", "/unknown", preflight)), "403");
    assert_eq!(status(&ask(&process, "OPTIONS", "/private", "")), "403", "not a preflight");
    // A row that lists OPTIONS decides about it.
    let own = POLICY.replacen(r#"["GET", "POST"]"#, r#"["GET", "OPTIONS"]"#, 1);
    let directory = Directory::new();
    directory.write("policy.toml", &own);
    let process = directory.serve("127.0.0.1");
    assert_eq!(status(&ask(&process, "OPTIONS", "/private", preflight)), "401");
    assert_eq!(status(&ask(&process, "OPTIONS", "/open", preflight)), "200");
}

#[test]
fn every_identity_header_is_set() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    let token = process.token().subject("auth0|1").client_id("app").scope("read:notes");
    let token = token.claim("roles", serde_json::json!(["a", "b"])).encode();
    let forged = "\r\nX-Auth-Subject: root\r\nX-Auth-Roles: admin";
    let answer =
        ask(&process, "GET", "/notes", &format!("\r\nAuthorization: Bearer {token}{forged}"));
    let issuer = process.issuer.url();
    for field in [
        "x-auth-subject: auth0|1\r\n",
        "x-auth-client: app\r\n",
        &format!("x-auth-issuer: {issuer}\r\n"),
        "x-auth-scopes: read:notes\r\n",
        "x-auth-roles: a b\r\n",
        "cache-control: no-store\r\n",
    ] {
        assert!(answer.contains(field), "{field}: {answer}");
    }
    let anonymous = ask(&process, "GET", "/open", forged);
    for name in ["subject", "client", "issuer", "scopes", "roles"] {
        assert!(anonymous.contains(&format!("x-auth-{name}: \r\n")), "{name}: {anonymous}");
    }
}

#[test]
fn only_trusted_proxies_may_ask_and_only_without_ambiguity() {
    let directory = Directory::new();
    let stranger = directory.serve("192.0.2.1");
    assert_eq!(status(&ask(&stranger, "GET", "/open", "")), "403");
    let process = directory.serve("127.0.0.1");
    let token = format!("\r\nAuthorization: Bearer {}", process.token().encode());
    let tricks = [
        "//open",
        "/open/../private",
        "/./open",
        "/%6fpen",
        "/open%2f..%2fprivate",
        "/open%5c",
        "/open;a=b",
        "/open%3ba",
        "/%2e%2e/private",
        "/open%00",
        "/open%252f",
        "/open#",
        "http://evil.example/open",
        "/open%",
        "/open\\",
        "open",
        "*",
    ];
    for uri in tricks {
        let answer = ask(&process, "GET", uri, &token);
        assert_eq!(status(&answer), "400", "{uri}: {answer}");
    }
    for fields in [
        "\r\nX-Forwarded-Uri: /open",
        "\r\nX-Forwarded-Method: GET",
        "\r\nX-Original-URL: /private",
        "\r\nX-Rewrite-URL: /private",
        "\r\nX-HTTP-Method-Override: DELETE",
    ] {
        assert_eq!(status(&ask(&process, "GET", "/open", fields)), "400", "{fields}");
    }
    let missing = exchange(process.address, "GET /authorize HTTP/1.1");
    assert_eq!(status(&missing), "400", "{missing}");
}

#[test]
fn a_path_that_lenient_servers_take_for_a_protected_one_is_rejected() {
    let directory = Directory::new();
    let rest = "[[routes]]\nmethods = [\"GET\"]\npath = \"/{rest}*\"\npolicy = \"public\"\n";
    directory.write("policy.toml", &format!("{POLICY}\n{rest}"));
    let process = directory.serve("127.0.0.1");
    for (uri, expected) in [
        ("/private", "401"),
        ("/private/", "400"),
        ("/PRIVATE", "400"),
        ("/Tenants/acme/notes", "400"),
        ("/tenants/acme/notes/", "400"),
        ("/OPEN/", "200"),
        ("/privately", "200"),
        ("/", "200"),
    ] {
        let answer = ask(&process, "GET", uri, "");
        assert_eq!(status(&answer), expected, "{uri}: {answer}");
    }
}
