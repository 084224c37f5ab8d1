//! The lines of `check` about introspection: the credentials are tried with a made-up token.

use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use rustls::version::TLS13;
use serde_json::{Value, json};

use super::client_certificate::MutualTls;
use crate::check_advice::tls_issuer::Authority;
use crate::command_line::{flat, run_in};
use crate::test_app::AUDIENCE;

const ACCEPTED: &str = "it answers, and accepts the credentials of this API";

/// Runs `check` with introspection of opaque tokens, and returns its exit status and output.
fn check(issuer: &TestIssuer, variables: &[(&str, &str)]) -> (i32, String) {
    let own = [
        ("ISSUER_BASE_URL", issuer.url()),
        ("AUDIENCE", AUDIENCE),
        ("INTROSPECTION", "opaque"),
        ("INTROSPECTION_CLIENT_ID", TestIssuer::CLIENT_ID),
    ];
    let (code, text) = run_in(&[&own[..], variables].concat(), &["check"]);
    (code, flat(&text))
}

#[test]
fn check_tries_the_credentials_and_tells_what_to_do() {
    let secret = ("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET);
    let wrong = ("INTROSPECTION_CLIENT_SECRET", "hush");
    let nowhere = ("INTROSPECTION_URL", "http://127.0.0.1:9/introspect");
    let body = |text: &str| Behavior::body("application/json", text);
    type Row<'a> = (Option<Behavior>, &'a [(&'a str, &'a str)], i32, &'a str, &'a str);
    let table: [Row<'_>; 9] = [
        (None, &[secret], 0, ACCEPTED, ""),
        (
            None,
            &[wrong],
            1,
            "the issuer rejects this server's credentials for introspection (401)",
            "see INTROSPECTION_CLIENT_ID and its secret, key or certificate",
        ),
        (Some(Behavior::status(403)), &[secret], 1, "for introspection (403)", "lets this client"),
        (
            Some(Behavior::status(404)),
            &[secret],
            1,
            "/introspect answered 404",
            "INTROSPECTION_URL",
        ),
        (
            Some(Behavior::status(500)),
            &[secret],
            1,
            "/introspect answered 500",
            "INTROSPECTION_URL",
        ),
        (
            Some(Behavior::body("text/html", "<html>")),
            &[secret],
            1,
            "the introspection response is",
            "see whether INTROSPECTION_URL is the introspection endpoint",
        ),
        (Some(body("{}")), &[secret], 1, "no boolean named active", "RFC 7662 section 2.2"),
        (
            Some(body(r#"{"active":true,"aud":"x"}"#)),
            &[secret],
            0,
            "its answer about a made-up token is unusual",
            "must answer that a made-up token is not active",
        ),
        (None, &[secret, nowhere], 1, "127.0.0.1:9/introspect cannot be reached", "this machine"),
    ];
    for (behavior, variables, status, text, advice) in table {
        let issuer = TestIssuer::start();
        if let Some(behavior) = behavior {
            issuer.respond(Endpoint::Introspection, behavior);
        }
        let (code, printed) = check(&issuer, variables);
        let subject = format!("introspection at {}: ", issuer.url());
        assert_eq!(code, status, "{printed}");
        let (_, line) = printed.split_once(&subject).expect("a line");
        assert!(line.contains(text) && line.contains(advice), "{text}, {advice}: {printed}");
        assert!(!printed.contains("hush") && !printed.contains(TestIssuer::CLIENT_SECRET));
    }
}

#[test]
fn check_says_if_no_endpoint_is_known() {
    let issuer = TestIssuer::start();
    let metadata = json!({"issuer": issuer.url(), "jwks_uri": issuer.jwks_uri()});
    issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
    let secret = ("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET);
    let (code, printed) = check(&issuer, &[secret]);
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("the introspection endpoint is not known"), "{printed}");
    assert!(
        printed.contains("fix: set INTROSPECTION_URL: the issuer's metadata has no "),
        "{printed}"
    );
    let (_, without) =
        run_in(&[("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)], &["check", "--json"]);
    let without: Value = serde_json::from_str(&without).expect("JSON");
    assert!(!without.to_string().contains("introspection"), "nothing to try: {without}");
}

#[test]
fn check_tries_the_client_certificate() {
    let mutual = MutualTls::start("check", &TLS13);
    let directory = std::env::temp_dir().join(format!("check-certificate-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let url = mutual.url();
    let ca_file = mutual.ca_file.to_str().expect("a path");
    let (own, foreign) = (mutual.client(), Authority::root("Other").server(&["api"], false));
    let table = [
        (Some(&own), 0, ACCEPTED, ""),
        (
            Some(&foreign),
            1,
            "rejects the client certificate of this server",
            "that the issuer knows",
        ),
        (None, 1, "demands a client certificate", "fix: set INTROSPECTION_CERTIFICATE_FILE and"),
    ];
    for (chain, status, text, advice) in table {
        let issuer = TestIssuer::start();
        let files = chain.map(|chain| {
            let (certificate, key) = chain.pem();
            (file("client.crt", &certificate), file("client.key", &key))
        });
        let credentials = match &files {
            Some((certificate, key)) => vec![
                ("INTROSPECTION_CERTIFICATE_FILE", certificate.as_str()),
                ("INTROSPECTION_CERTIFICATE_KEY_FILE", key.as_str()),
            ],
            None => vec![("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET)],
        };
        let more = [("INTROSPECTION_URL", url.as_str()), ("KEY_FETCH_CA_FILE", ca_file)];
        let (code, printed) = check(&issuer, &[&more[..], &credentials].concat());
        assert_eq!(code, status, "{printed}");
        assert!(printed.contains(text) && printed.contains(advice), "RFC 8705 2: {printed}");
    }
    std::fs::remove_dir_all(&directory).expect("removed");
}
