//! Settings that `check` advises, followed: the finding is gone, and nothing else prevents tokens from
//! being verified.

use std::time::{Duration, SystemTime};

use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use actix_web::http::header::HttpDate;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::file;
use crate::command_line::{flat, run_in};
use crate::issuer_documents::own_address;
use crate::proxies::http_proxy::{HttpProxy, Mode};
use crate::test_app::AUDIENCE;

/// Variables and their values.
type Settings<'a> = &'a [(&'a str, &'a str)];

fn check(settings: Settings<'_>) -> (i32, String) {
    let with_audience = [&[("AUDIENCE", AUDIENCE)], settings].concat();
    let (code, text) = run_in(&with_audience, &["check"]);
    (code, flat(&text))
}

/// Checks that these settings get this advice, and each of the others none of it.
fn follow(settings: Settings<'_>, advice: &str, followed: &[Settings<'_>]) {
    let (code, text) = check(settings);
    assert!(code == 1 || text.contains("warning "), "{settings:?}: {text}");
    assert!(text.contains(advice), "{advice}: {text}");
    for settings in followed {
        let (code, text) = check(settings);
        assert_eq!(code, 0, "{settings:?}: {text}");
        assert!(!text.contains(advice), "{settings:?}: {text}");
    }
}

fn answering(endpoint: Endpoint, answer: Behavior) -> TestIssuer {
    let issuer = TestIssuer::start();
    issuer.respond(endpoint, answer);
    issuer
}

#[test]
fn the_address_of_an_issuer_is_set_as_advised() {
    let good = TestIssuer::start();
    let right: &[Settings<'_>] = &[&[("ISSUER_BASE_URL", good.url())]];

    let moved = answering(Endpoint::Discovery, Behavior::redirect(good.url()));
    let advice = "set the address that this one redirects to";
    follow(&[("ISSUER_BASE_URL", moved.url())], advice, right);

    // Neither a key set that can be fetched nor a name of its own.
    let other = answering(Endpoint::Discovery, Behavior::json(&json!({"issuer": good.url()})));
    let advice = format!("set ISSUER_BASE_URL={}", good.url());
    follow(&[("ISSUER_BASE_URL", other.url())], &advice, right);

    let realm = TestIssuer::builder().path("/realms/shop").start().expect("an issuer");
    let origin = realm.url().trim_end_matches("/realms/shop");
    let advice = "with Keycloak https://HOST/realms/REALM";
    follow(&[("ISSUER_BASE_URL", origin)], advice, &[&[("ISSUER_BASE_URL", realm.url())]]);

    let template = TestIssuer::builder().path("/common/v2.0").start().expect("an issuer");
    let own = template.url().replace("common", "{tenantid}");
    let metadata = json!({"issuer": own, "jwks_uri": template.jwks_uri()});
    template.respond(Endpoint::Discovery, Behavior::json(&metadata));
    let base = ("ISSUER_BASE_URL", template.url());
    let advice = "set TENANTS to the IDs of the tenants to accept, or TENANTS=any for every tenant, or \
                  set ISSUER_BASE_URL to the issuer of one tenant";
    let tenants: &[Settings<'_>] =
        &[&[base, ("TENANTS", "t-1,t-2")], &[base, ("TENANTS", "any")], right[0]];
    follow(&[base], advice, tenants);
    follow(&[right[0][0], ("TENANTS", "t-1")], "remove TENANTS", right);
}

#[test]
fn the_source_of_keys_is_set_as_advised() {
    let good = TestIssuer::start();
    let (name, keys) = (("ISSUER", good.url()), good.jwks_uri());
    let pem = file(&good.key_for(Algorithm::Rs256).public_key_pem());
    let with_set: Settings<'_> = &[name, ("JWKS_URI", &keys)];
    let with_file: Settings<'_> = &[name, ("PUBLIC_KEY_FILE", pem.path())];

    let without_keys = TestIssuer::start();
    let metadata = json!({"issuer": without_keys.url()});
    without_keys.respond(Endpoint::Discovery, Behavior::json(&metadata));
    let advice = "set ISSUER and, with it, JWKS_URI or PUBLIC_KEY_FILE";
    follow(&[("ISSUER_BASE_URL", without_keys.url())], advice, &[with_set, with_file]);

    let elsewhere = format!("{}/nothing-here", good.url());
    follow(&[name, ("JWKS_URI", &elsewhere)], "check JWKS_URI", &[with_set]);

    // One address has certificates, another a key set, as Firebase publishes them.
    let certificates = json!({"a": "-----BEGIN CERTIFICATE-----"});
    let certificates = answering(Endpoint::KeySet, Behavior::json(&certificates));
    let advice = "set JWKS_URI to the key set";
    follow(&[name, ("JWKS_URI", &certificates.jwks_uri())], advice, &[with_set]);

    let published = json!({"keys": [{"kty": "oct", "kid": "1", "k": "AAAA"}]});
    let published = answering(Endpoint::KeySet, Behavior::json(&published));
    let secret = file("a new secret of thirty-two bytes or more");
    let with_secret: Settings<'_> = &[("ISSUER", published.url()), ("SECRET_FILE", secret.path())];
    follow(&[("ISSUER_BASE_URL", published.url())], "set ISSUER and SECRET_FILE", &[with_secret]);

    let base = ("ISSUER_BASE_URL", good.url());
    let absent = std::env::temp_dir().join("no-such-token");
    let token = file("token");
    let (code, text) = check(&[base, ("KEY_FETCH_TOKEN_FILE", absent.to_str().expect("a path"))]);
    assert_eq!(code, 2, "{text}");
    let several = file("two tokens\nin one file");
    let advice = "see whether KEY_FETCH_TOKEN_FILE names the file of one token";
    let with_token: Settings<'_> = &[base, ("KEY_FETCH_TOKEN_FILE", token.path())];
    follow(&[base, ("KEY_FETCH_TOKEN_FILE", several.path())], advice, &[with_token]);
}

#[test]
fn limits_of_keys_are_raised_as_advised() {
    let key = SigningKey::generate(Algorithm::Es256).with_id("key-1").public_jwk();
    let publishing = |keys: Value| {
        let issuer = TestIssuer::start();
        issuer.set_jwks(keys);
        issuer
    };
    let large = publishing(json!({"keys": [key], "padding": "x".repeat(4096)}));
    let base = ("ISSUER_BASE_URL", large.url());
    let advice = "raise KEY_MAX_BYTES";
    follow(&[base, ("KEY_MAX_BYTES", "2048")], advice, &[&[base, ("KEY_MAX_BYTES", "8192")]]);

    let other = SigningKey::generate(Algorithm::Es256).with_id("key-2").public_jwk();
    let two = publishing(json!({"keys": [key, other]}));
    let base = ("ISSUER_BASE_URL", two.url());
    let advice = "raise KEY_MAX_COUNT";
    follow(&[base, ("KEY_MAX_COUNT", "1")], advice, &[&[base, ("KEY_MAX_COUNT", "2")]]);

    let modulus = URL_SAFE_NO_PAD.encode([0xff; 1024]);
    let of_8192_bits = json!({"kty": "RSA", "kid": "large", "n": modulus, "e": "AQAB"});
    let large = publishing(json!({"keys": [of_8192_bits]}));
    let base = ("ISSUER_BASE_URL", large.url());
    follow(&[base], "KEY_LARGE_RSA=on accepts it", &[&[base, ("KEY_LARGE_RSA", "on")]]);

    let slow = TestIssuer::start();
    let metadata = json!({"issuer": slow.url(), "jwks_uri": slow.jwks_uri()}).to_string();
    let interval = Duration::from_millis(2000) / u32::try_from(metadata.len()).expect("short");
    let slowly = Behavior::body("application/json", metadata).with_byte_interval(interval);
    slow.respond(Endpoint::Discovery, slowly);
    let base = ("ISSUER_BASE_URL", slow.url());
    let advice = "KEY_FETCH_TIMEOUT sets the time limit";
    let patient: Settings<'_> = &[base, ("KEY_FETCH_TIMEOUT", "30")];
    follow(&[base, ("KEY_FETCH_TIMEOUT", "1")], advice, &[patient]);

    let ahead = TestIssuer::start();
    let date = HttpDate::from(SystemTime::now() + Duration::from_secs(60)).to_string();
    let keys = json!({"keys": [key]});
    ahead.respond(Endpoint::KeySet, Behavior::json(&keys).with_header("date", date));
    let base = ("ISSUER_BASE_URL", ahead.url());
    follow(&[base], "raise CLOCK_TOLERANCE", &[&[base, ("CLOCK_TOLERANCE", "120")]]);
}

#[test]
fn names_and_dpop_are_set_as_advised() {
    let issuer = TestIssuer::start();
    let base = ("ISSUER_BASE_URL", issuer.url());
    let pem = file(&issuer.key_for(Algorithm::Rs256).public_key_pem());
    let keys = ("PUBLIC_KEY_FILE", pem.path());
    let auth0 = ("ISSUER", "https://tenant.eu.auth0.com");
    let with_slash: Settings<'_> = &[("ISSUER", "https://tenant.eu.auth0.com/"), keys];
    follow(&[auth0, keys], "set ISSUER=https://tenant.eu.auth0.com/", &[with_slash]);

    let advice = "set AUDIENCE to the name by which the issuer knows this API";
    follow(&[base, ("AUDIENCE", "undefined")], advice, &[&[base, ("AUDIENCE", AUDIENCE)]]);

    // Neither the audience nor the address of the server is a URL that clients use.
    let [api, host] = [("AUDIENCE", "my-api"), ("HOST", "0.0.0.0")];
    let advice = "set PUBLIC_URL to the URL that clients use, or DPOP=off if no client uses DPoP";
    let public: Settings<'_> = &[base, api, host, ("PUBLIC_URL", "https://api.example")];
    follow(&[base, api, host], advice, &[public, &[base, api, host, ("DPOP", "off")]]);

    let nonces = ("DPOP_NONCE", "required");
    let memory = ("SHARED_MEMORY", "redis://127.0.0.1:1");
    let key = file(&URL_SAFE_NO_PAD.encode([7; 32]));
    let shared: Settings<'_> = &[base, nonces, memory, ("DPOP_NONCE_KEY_FILE", key.path())];
    let advice = "give all replicas the same DPOP_NONCE_KEY_FILE";
    follow(&[base, nonces, memory], advice, &[shared]);
    let advice = "start Redis or Valkey there, or correct SHARED_MEMORY";
    let local = [base, nonces];
    let mut correct: Vec<Settings<'_>> = vec![&local];
    #[cfg(target_os = "linux")]
    let redis = crate::redis_server::RedisServer::start(crate::redis_server::Reach::Tcp);
    #[cfg(target_os = "linux")]
    let reachable = redis.as_ref().map(|redis| [base, nonces, ("SHARED_MEMORY", redis.url())]);
    #[cfg(target_os = "linux")]
    correct.extend(reachable.as_ref().map(|settings| settings.as_slice()));
    follow(&[base, nonces, memory], advice, &correct);
}

#[test]
fn proxies_are_set_as_advised() {
    let Some(own) = own_address() else {
        println!("skipped: this machine has no address beside loopback");
        return;
    };
    let issuer = TestIssuer::builder().listen((own, 0).into()).start().expect("an issuer");
    let own = own.to_string();
    let base = ("ISSUER_BASE_URL", issuer.url());
    let plain = ("ALLOW_HTTP_ISSUERS", own.as_str());
    let without: Settings<'_> = &[base, plain, ("NO_PROXY", &own)];
    let limit = ("KEY_FETCH_TIMEOUT", "1");

    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let closed = closed.expect("an address").to_string();
    let works = HttpProxy::start(Mode::Works { port: 0 }).address().to_string();
    let advice = "correct HTTPS_PROXY or HTTP_PROXY, or add the issuer's host to NO_PROXY";
    let without_dead: Settings<'_> = &[base, plain, ("HTTP_PROXY", &closed), ("NO_PROXY", &own)];
    let corrected: Settings<'_> = &[base, plain, ("HTTP_PROXY", &works)];
    follow(&[base, plain, ("HTTP_PROXY", &closed)], advice, &[without_dead, corrected, without]);

    let hangs = HttpProxy::start(Mode::Hangs).address().to_string();
    let advice = "NO_PROXY lists hosts that are reached without it";
    let without_slow: Settings<'_> =
        &[base, plain, limit, ("HTTP_PROXY", &hangs), ("NO_PROXY", &own)];
    follow(&[base, plain, limit, ("HTTP_PROXY", &hangs)], advice, &[without_slow]);

    // `me:hush`.
    let demands = Mode::Demands { authorization: "Basic bWU6aHVzaA==", port: 0 };
    let demands = HttpProxy::start(demands).address().to_string();
    let with_credentials = format!("http://me:hush@{demands}");
    let advice = "write the user name and password for the proxy into its setting: \
                  HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT";
    let known: Settings<'_> = &[base, plain, ("HTTP_PROXY", &with_credentials)];
    follow(&[base, plain, ("HTTP_PROXY", &demands)], advice, &[known]);
}

#[test]
fn introspection_is_set_as_advised() {
    let issuer = TestIssuer::start();
    let base = [
        ("ISSUER_BASE_URL", issuer.url()),
        ("INTROSPECTION", "opaque"),
        ("INTROSPECTION_CLIENT_ID", "test-client"),
    ];
    let secret = ("INTROSPECTION_CLIENT_SECRET", "test-secret");
    let good = [&base[..], &[secret]].concat();
    let wrong = [&base[..], &[("INTROSPECTION_CLIENT_SECRET", "another")]].concat();
    let advice = "see INTROSPECTION_CLIENT_ID and its secret, key or certificate";
    follow(&wrong, advice, &[&good]);
    let nowhere = format!("{}/nothing-here", issuer.url());
    let elsewhere = [&good[..], &[("INTROSPECTION_URL", nowhere.as_str())]].concat();
    let there = format!("{}/introspect", issuer.url());
    let corrected = [&good[..], &[("INTROSPECTION_URL", there.as_str())]].concat();
    follow(&elsewhere, "see INTROSPECTION_URL", &[&good, &corrected]);
}
