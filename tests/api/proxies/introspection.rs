//! Introspection through an HTTP proxy, under a private certificate authority.

use std::path::PathBuf;

use actix_resource_server::issuer::{
    Introspection, IntrospectionClient, KeySource, Proxies, TrustedIssuer,
};
use actix_resource_server::testing::{SigningKey, TestIssuer};
use actix_resource_server::token::{Algorithm, Algorithms, Audiences, KeySet};
use actix_resource_server::verifier::Verifier;
use serde_json::json;

use super::http_proxy::{HttpProxy, Mode};
use super::{BASIC, ISSUER, PrivateIssuer, proxies};
use crate::check_advice::tls_issuer::TlsIssuer;
use crate::command_line::{flat, run_in};
use crate::test_app::AUDIENCE;

const ENDPOINT: &str = "https://issuer.example/introspect";

/// An issuer at `https://issuer.example/` that knows one opaque token.
fn issuer(name: &str) -> PrivateIssuer {
    let keys = json!({"keys": [SigningKey::generate(Algorithm::Es256).with_id("k").public_jwk()]});
    PrivateIssuer::serving(name, |chain| {
        TlsIssuer::answering(chain, move |request| match request.split(' ').nth(1) {
            Some("/keys") => (200, keys.to_string()),
            Some("/introspect") if request.contains("token=opaque_token&") => {
                let exp = 9_999_999_999_u64;
                (200, json!({"active": true, "aud": AUDIENCE, "exp": exp}).to_string())
            }
            Some("/introspect") => (200, json!({"active": false}).to_string()),
            _ => {
                let metadata = json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}keys"),
                    "introspection_endpoint": ENDPOINT});
                (200, metadata.to_string())
            }
        })
    })
}

/// The outcome of introspection with these proxies: whether the token is accepted, and the fault.
async fn introspect(proxies: Proxies, ca_file: Option<&PathBuf>) -> (bool, String) {
    let public = json!({"keys": [SigningKey::generate(Algorithm::Es256).public_jwk()]});
    let keys = KeySet::from_file(public.to_string().as_bytes(), Algorithms::ASYMMETRIC);
    let source = KeySource::Held(keys.expect("keys").0);
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let identifier = ISSUER.parse().expect("an issuer");
    let mut trusted = TrustedIssuer::with_source(identifier, audiences, source);
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, "hush");
    let mut introspection = Introspection::new(client);
    introspection.endpoint = Some(ENDPOINT.parse().expect("a URL"));
    trusted.introspection = Some(introspection);
    let mut builder = Verifier::builder().trust(trusted).proxies(proxies);
    if let Some(path) = ca_file {
        builder = builder.key_fetch_ca_file(path);
    }
    let verifier = builder.start().expect("a verifier");
    let is_accepted = verifier.verify("opaque_token").await.is_ok();
    let (.., status) = verifier.introspection_status().expect("introspection");
    (is_accepted, status.fault.map(|fault| fault.to_string()).unwrap_or_default())
}

#[actix_web::test]
async fn the_issuer_is_asked_through_a_tunnel_and_its_certificate_is_checked() {
    let issuer = issuer("introspection");
    let port = issuer.port();
    let demands = Mode::Demands { authorization: BASIC, port };
    let ca_file = Some(&issuer.ca_file);
    let table = [
        ("", Mode::Works { port }, ca_file, ""),
        ("me:hush@", demands, ca_file, ""),
        ("", demands, ca_file, "it demands credentials (407)"),
        ("me:hush2@", demands, ca_file, "it rejects the credentials (407)"),
        ("", Mode::Works { port }, None, "does not lead to a certificate authority"),
        ("", Mode::Closes, ca_file, "does not answer as an HTTP proxy"),
    ];
    for (credentials, mode, ca_file, expected) in table {
        let proxy = HttpProxy::start(mode);
        let through = proxies(&format!("http://{credentials}{}", proxy.address()));
        let (is_accepted, fault) = introspect(through, ca_file).await;
        assert_eq!(is_accepted, expected.is_empty(), "{mode:?}: {fault}");
        assert_eq!(fault.is_empty(), expected.is_empty(), "{mode:?}: {fault}");
        assert!(fault.contains(expected), "{mode:?}: {fault}");
        assert!(!fault.contains("hush") && !fault.contains("opaque_token"), "{fault}");
        for head in proxy.requests() {
            let is_tunnel = head.starts_with("CONNECT issuer.example:443 HTTP/1.1\r\n");
            assert!(is_tunnel, "RFC 9110 9.3.6: the proxy sees neither token nor secret: {head}");
        }
        assert_eq!(proxy.requests().len(), 1, "{mode:?}");
    }
}

#[actix_web::test]
async fn introspection_on_loopback_goes_past_the_proxy() {
    let issuer = TestIssuer::start();
    let proxy = HttpProxy::start(Mode::Closes);
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let identifier = issuer.url().parse().expect("an issuer");
    let mut trusted = TrustedIssuer::discovered(identifier, audiences);
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, TestIssuer::CLIENT_SECRET);
    trusted.introspection = Some(Introspection::new(client));
    let proxies = proxies(&proxy.address().to_string());
    let verifier = Verifier::builder().trust(trusted).proxies(proxies).start().expect("a verifier");
    verifier.first_attempts().await;
    let token = issuer.opaque(&issuer.token().audience(AUDIENCE));
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn the_settings_of_the_service_hold_for_introspection() {
    let issuer = issuer("introspection-settings");
    let ca_file = issuer.ca_file.to_str().expect("a path");
    let demands = Mode::Demands { authorization: BASIC, port: issuer.port() };
    let proxy = HttpProxy::start(demands);
    let url = format!("http://me:hush@{}", proxy.address());
    let variables = [
        ("HTTPS_PROXY", url.as_str()),
        ("KEY_FETCH_CA_FILE", ca_file),
        ("ISSUER_BASE_URL", ISSUER),
        ("AUDIENCE", AUDIENCE),
        ("INTROSPECTION", "opaque"),
        ("INTROSPECTION_CLIENT_ID", "api"),
        ("INTROSPECTION_CLIENT_SECRET", "secret"),
    ];
    let (code, text) = run_in(&variables, &["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(flat(&text).contains("it answers, and accepts the credentials of this API"), "{text}");
    assert_eq!(proxy.requests().len(), 3, "metadata, keys and introspection");
}
