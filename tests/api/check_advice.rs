//! The advice of `check` and `explain`, tested by following it.

mod explained;
mod followed;
mod requests;
pub(crate) mod tls_issuer;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::Algorithm;
use serde_json::json;

use self::tls_issuer::{Authority, TlsIssuer};
use crate::command_line::{flat, run, run_in};
use crate::test_app::AUDIENCE;

/// The value of the setting that the text advises to set.
fn advised(text: &str, setting: &str) -> String {
    let start = text.find(&format!("{setting}=")).expect(setting) + setting.len() + 1;
    let value = text[start..].split([' ', ',']).next().unwrap_or_default();
    value.trim_end_matches([';', '.']).to_owned()
}

fn check(issuer: &str) -> (i32, String) {
    let (code, text) = run(&["check", "--issuer-base-url", issuer, "--audience", AUDIENCE]);
    (code, flat(&text))
}

/// Metadata below a user flow (Azure AD B2C) and below a tenant's name (Entra External ID) names
/// another issuer, which has no metadata at its own address.
#[test]
fn metadata_that_names_another_issuer_leads_to_issuer_and_jwks_uri() {
    for (path, issuer_path) in [
        ("/shop.onmicrosoft.com/b2c_1_signin/v2.0", "/11112222-bbbb-3333-cccc-4444dddd5555/v2.0/"),
        (
            "/tfp/shop.onmicrosoft.com/b2c_1_signin/v2.0",
            "/tfp/11112222-bbbb-3333-cccc-4444dddd5555/b2c_1_signin/v2.0/",
        ),
        ("/shop.onmicrosoft.com/v2.0", "/11112222-bbbb-3333-cccc-4444dddd5555/v2.0"),
    ] {
        let issuer = TestIssuer::builder().path(path).start().expect("an issuer");
        let origin = issuer.url().strip_suffix(path).expect("the path").to_owned();
        let own_name = format!("{origin}{issuer_path}");
        let metadata = json!({"issuer": own_name, "jwks_uri": issuer.jwks_uri()});
        issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));

        let (code, text) = check(issuer.url());
        assert_eq!(code, 1, "RFC 8414 3.3: {text}");
        let (name, keys) = (advised(&text, "ISSUER"), advised(&text, "JWKS_URI"));
        assert_eq!((&name, &keys), (&own_name, &issuer.jwks_uri()), "{text}");

        let settings = ["--issuer", &name, "--jwks-uri", &keys, "--audience", AUDIENCE];
        let (code, text) = run(&[&["check"], &settings[..]].concat());
        assert_eq!(code, 0, "{text}");
        let explain = |name: &str| {
            let token = issuer.token().claim("iss", name).audience(AUDIENCE).encode();
            run(&[&["explain", &token], &settings[..]].concat())
        };
        let (code, text) = explain(&own_name);
        assert_eq!(code, 0, "{text}");
        // Names are compared exactly, also that of the address.
        for other in [issuer.url().to_owned(), own_name.replace("1111", "9999")] {
            let (code, text) = explain(&other);
            assert_eq!(code, 1, "RFC 7519 4.1.1: {text}");
        }
        // An address of keys that is not safe to fetch is not advised.
        for unsafe_keys in ["http://keys.example/jwks", "file:///etc/keys"] {
            let metadata = json!({"issuer": own_name, "jwks_uri": unsafe_keys});
            issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
            let (code, text) = check(issuer.url());
            assert_eq!(code, 1, "RFC 8414 3.3: {text}");
            assert!(!text.contains("JWKS_URI") && !text.contains(unsafe_keys), "{text}");
        }
    }
}

/// A key set of an algorithm that the settings do not allow is usable once that is added.
#[test]
fn an_algorithm_that_is_not_allowed_is_added_as_advised() {
    for algorithm in [Algorithm::Es256, Algorithm::Ps384, Algorithm::EdDsa] {
        let issuer = TestIssuer::builder().algorithms([algorithm]).start().expect("an issuer");
        let check = |algorithms: &str| {
            let base = ["check", "--issuer-base-url", issuer.url(), "--audience", AUDIENCE];
            let (code, text) = run(&[&base[..], &["--token-signing-alg", algorithms]].concat());
            (code, flat(&text))
        };
        let (code, text) = check("RS256");
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(&format!("add {algorithm} to TOKEN_SIGNING_ALG")), "{text}");
        let (code, text) = check(&format!("RS256,{algorithm}"));
        assert_eq!(code, 0, "{text}");
    }
}

/// Faults of key sets that only the issuer can fix: each has its own advice, and the fixed set works.
#[test]
fn each_fault_of_a_key_set_is_described_in_a_sentence() {
    let key = SigningKey::generate(Algorithm::Rs256).with_id("key-1").public_jwk();
    let with = |member: &str, value: &str| {
        let mut key = key.clone();
        key[member] = value.into();
        json!({"keys": [key]}).to_string()
    };
    let twice = format!(r#"{{"keys":[],"keys":[{key}]}}"#);
    let table: [(String, &str, &str); 8] = [
        ("<html>".to_owned(), "the key set cannot be used: not one JSON object", "use curl to see"),
        (
            twice,
            "the key set cannot be used: a member name occurs twice",
            "each member of its key set once",
        ),
        (
            json!({"a": "-----BEGIN CERTIFICATE-----"}).to_string(),
            "no array named keys",
            "set JWKS_URI to the key set",
        ),
        (json!({"keys": []}).to_string(), "no usable key", "create a signing key"),
        (with("use", "enc"), "not meant for verifying signatures", "(use: sig)"),
        (with("d", "AAAA"), "a private key", "anyone can forge its tokens"),
        (with("alg", "RSA-OAEP"), "algorithm is not supported", "sign with RS256"),
        (with("n", "AQAB"), "RSA modulus", "2048 to 4096 bits"),
    ];
    for (body, fault, advice) in table {
        let issuer = TestIssuer::start();
        issuer.respond(Endpoint::KeySet, Behavior::body("application/json", body));
        let (code, text) = check(issuer.url());
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(fault), "{fault}: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
        issuer.set_jwks(json!({"keys": [key]}));
        issuer.respond(Endpoint::KeySet, Behavior::Healthy);
        assert_eq!(check(issuer.url()).0, 0);
    }
}

/// Keys that a `kid` does not distinguish are usable, with a warning.
#[test]
fn keys_without_a_kid_of_their_own_are_a_warning() {
    let key = |id: Option<&str>| {
        let mut key = SigningKey::generate(Algorithm::Es256).public_jwk();
        key["kid"] = id.into();
        key
    };
    let table = [
        (json!([key(None), key(None)]), Some("2 keys for ES256 have no kid")),
        (json!([key(Some("a")), key(Some("a"))]), Some("2 keys for ES256 have the kid a")),
        (json!([key(None)]), None),
        (json!([key(Some("a")), key(Some("b"))]), None),
    ];
    for (keys, warning) in table {
        let issuer = TestIssuer::start();
        issuer.set_jwks(json!({"keys": keys}));
        let (code, text) = check(issuer.url());
        assert_eq!(code, 0, "RFC 7517 4.5: {text}");
        match warning {
            Some(warning) => assert!(text.contains(warning), "RFC 7517 4.5: {text}"),
            None => assert!(text.contains("no problems found"), "{text}"),
        }
    }
}

/// Each certificate fault is described in words, and the advised change makes the issuer usable.
#[test]
fn certificate_faults_are_described_and_fixed_as_advised() {
    let root = Authority::root("root");
    let intermediate = root.intermediate("intermediate");
    let localhost = ["localhost"];
    let (trusted, other) = (file(&root.pem()), file(&Authority::root("other").pem()));
    let self_signed = file(&root.pem());
    let good = || root.server(&localhost, false);
    let table = [
        // A private authority: trust it.
        (
            (good(), &other),
            "does not lead to a certificate authority that this machine trusts",
            "set SSL_CERT_FILE",
            (good(), &trusted),
        ),
        // A missing intermediate: send the full chain.
        (
            (intermediate.server(&localhost, false), &trusted),
            "does not lead to a certificate authority that this machine trusts",
            "send the full chain",
            (intermediate.server(&localhost, false).with(&intermediate), &trusted),
        ),
        // The certificate of an authority as that of a server: issue one for the server.
        (
            (root.as_server(), &self_signed),
            "the certificate of a certificate authority, not of a server",
            "CA:FALSE",
            (good(), &self_signed),
        ),
        (
            (root.server(&["issuer.example"], false), &trusted),
            "it is not for the name localhost",
            "subjectAltName",
            (good(), &trusted),
        ),
        ((root.server(&localhost, true), &trusted), "it has expired", "renew", (good(), &trusted)),
        (
            (root.server_of_the_future(&localhost), &trusted),
            "it is not valid yet",
            "for later use",
            (good(), &trusted),
        ),
        (
            (root.client_as_server(&localhost), &trusted),
            "it is not meant for servers",
            "serverAuth",
            (good(), &trusted),
        ),
    ];
    for ((chain, roots), fault, advice, (fixed_chain, fixed_roots)) in table {
        let check = |chain, roots: &Temporary| {
            let issuer = TlsIssuer::start(chain);
            let variables = [("SSL_CERT_FILE", roots.path())];
            let arguments = ["check", "--issuer-base-url", &issuer.url(), "--audience", AUDIENCE];
            let (code, text) = run_in(&variables, &arguments);
            (code, flat(&text))
        };
        let (code, text) = check(chain, roots);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("the certificate of https://localhost"), "{text}");
        assert!(text.contains(fault), "{fault}: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
        let (code, text) = check(fixed_chain, fixed_roots);
        assert_eq!(code, 0, "{text}");
    }
}

/// The settings that `explain` advises for an issuer which is not trusted are accepted, and so is
/// the token.
#[test]
fn the_setting_advised_for_an_untrusted_issuer_is_accepted() {
    let key = SigningKey::generate(Algorithm::Rs256).with_id("key-1");
    let pem = file(&key.public_key_pem());
    for name in ["accounts.google.com", "http://adfs.example/adfs/services/trust", "urn:issuer"] {
        let token = TokenMaker::new(name, &key).audience(AUDIENCE).encode();
        let base = ["--public-key-file", pem.path(), "--audience", AUDIENCE];
        let explain =
            |issuer: &str| run(&[&["explain", &token, "--issuer", issuer], &base[..]].concat());
        let (code, text) = explain("https://issuer.example/");
        assert_eq!(code, 1, "{text}");
        assert_eq!(advised(&flat(&text), "ISSUER"), name, "RFC 7519 4.1.1: {text}");
        let (code, text) = explain(name);
        assert_eq!(code, 0, "RFC 7519 4.1.1: {text}");
    }
    let issuer = TestIssuer::start();
    let token = issuer.token().audience(AUDIENCE).encode();
    let untrusted = TestIssuer::start();
    let explain =
        |url: &str| run(&["explain", &token, "--issuer-base-url", url, "--audience", AUDIENCE]);
    let (code, text) = explain(untrusted.url());
    assert_eq!(code, 1, "{text}");
    let (code, text) = explain(&advised(&flat(&text), "ISSUER_BASE_URL"));
    assert_eq!(code, 0, "{text}");
}

/// Scopes in another claim, and tokens without `aud`, are accepted with the advised settings.
#[test]
fn the_advised_claims_and_clients_make_tokens_acceptable() {
    let issuer = TestIssuer::start();
    let explain = |token: &str, settings: &[&str]| {
        let base = ["explain", token, "--issuer-base-url", issuer.url()];
        let (code, text) = run(&[&base, settings].concat());
        (code, flat(&text))
    };
    let audience = ["--audience", AUDIENCE];
    let opens = "opens GET /api/private-scoped";
    for claims in [json!("read:messages other"), json!(["read:messages"])] {
        let token = issuer.token().audience(AUDIENCE).claim("granted", claims).encode();
        let (code, text) = explain(&token, &audience);
        assert_eq!(code, 0, "{text}");
        assert!(!text.contains(opens), "{text}");
        let claim = advised(&text, "SCOPE_CLAIM");
        let (code, text) = explain(&token, &[&audience[..], &["--scope-claim", &claim]].concat());
        assert_eq!(code, 0, "{text}");
        assert!(text.contains(opens), "{text}");
    }
    let token = issuer.token().client_id("shop").encode();
    let (code, text) = explain(&token, &audience);
    assert_eq!(code, 1, "RFC 8725 3.9: {text}");
    let client = advised(&text, "CLIENT_IDS");
    let (code, text) = explain(&token, &["--client-ids", &client]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = explain(&token, &["--client-ids", "another"]);
    assert_eq!(code, 1, "{text}");
}

/// A file in the temporary directory, removed on drop.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

pub(crate) fn file(content: &str) -> Temporary {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("actix-resource-server-advice-{}-{count}.pem", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::write(&path, content).expect("a file");
    Temporary(path)
}
