//! Issuers whose metadata names no key set, since all their tokens are opaque (RFC 8414 section 2).

use actix_resource_server::ProtectedResource;
use actix_resource_server::issuer::IssuerStatus;
use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use actix_resource_server::verifier::Verifier;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{OpaqueApp, service_routes, trusted};
use crate::command_line::{flat, run_in};
use crate::test_app::{AUDIENCE, TestApp};

/// Which introspection the verifier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Introspection {
    None,
    ByMetadata,
    Configured,
}

/// The metadata of an issuer, changed by `change`.
fn metadata(issuer: &TestIssuer, change: impl FnOnce(&mut Value)) -> Behavior {
    let base = issuer.url().trim_end_matches('/');
    let mut metadata = json!({
        "issuer": issuer.url(),
        "jwks_uri": issuer.jwks_uri(),
        "introspection_endpoint": format!("{base}/introspect"),
    });
    change(&mut metadata);
    Behavior::json(&metadata)
}

fn without(metadata: &mut Value, names: &[&str]) {
    let members = metadata.as_object_mut().expect("an object");
    names.iter().for_each(|name| drop(members.remove(*name)));
}

async fn service(issuer: TestIssuer, introspection: Introspection) -> TestApp {
    let endpoint = format!("{}/introspect", issuer.url().trim_end_matches('/'));
    let mut trusted = trusted(&issuer, |settings| {
        let is_configured = introspection == Introspection::Configured;
        settings.endpoint = is_configured.then(|| endpoint.parse().expect("a URL"));
    });
    if introspection == Introspection::None {
        trusted.introspection = None;
    }
    let verifier = Verifier::builder().trust(trusted).start().expect("a verifier");
    verifier.first_attempts().await;
    TestApp::with_resource(issuer, service_routes(), ProtectedResource::new(verifier))
}

#[actix_web::test]
async fn a_key_set_is_optional_where_the_issuer_is_asked_about_tokens() {
    use Introspection::{ByMetadata, Configured, None};
    type Change = fn(&mut Value);
    let whole: Change = |_| {};
    let no_keys: Change = |metadata| without(metadata, &["jwks_uri"]);
    let neither: Change = |metadata| without(metadata, &["jwks_uri", "introspection_endpoint"]);
    let mistyped: Change = |metadata| metadata["jwks_uri"] = json!(["https://a.example/keys"]);
    let insecure: Change = |metadata| metadata["jwks_uri"] = json!("http://a.example/keys");
    let insecure_endpoint: Change = |metadata| {
        without(metadata, &["jwks_uri"]);
        metadata["introspection_endpoint"] = json!("http://a.example/introspect");
    };
    // Metadata, introspection: status of an opaque token, of a JWT, and readiness.
    let table: [(&str, Change, Introspection, [u16; 3]); 12] = [
        ("whole", whole, None, [401, 200, 200]),
        ("whole", whole, ByMetadata, [200, 200, 200]),
        ("whole", whole, Configured, [200, 200, 200]),
        ("no key set", no_keys, None, [401, 503, 503]),
        ("no key set", no_keys, ByMetadata, [200, 401, 200]),
        ("no key set", no_keys, Configured, [200, 401, 200]),
        ("neither", neither, None, [401, 503, 503]),
        ("neither", neither, ByMetadata, [503, 503, 503]),
        ("neither", neither, Configured, [200, 401, 200]),
        ("a mistyped key set", mistyped, ByMetadata, [503, 503, 503]),
        ("an insecure key set", insecure, ByMetadata, [503, 503, 503]),
        ("no key set, an insecure endpoint", insecure_endpoint, ByMetadata, [503, 503, 503]),
    ];
    for (what, change, introspection, [opaque, jwt, ready]) in table {
        let issuer = TestIssuer::start();
        issuer.respond(Endpoint::Discovery, metadata(&issuer, change));
        let app = service(issuer, introspection).await;
        let what = format!("RFC 8414 2: {what}, {introspection:?}");
        let token = app.issuer.opaque(&app.token());
        let status = async |token: &str| app.get_with_token("/api/private", token).await.status;
        assert_eq!(status(&token).await, opaque, "{what}");
        assert_eq!(status(&app.token().encode()).await, jwt, "{what}");
        assert_eq!(app.get("/readyz").await.status, ready, "{what}");
        let status = &app.resource.verifier().issuers()[0];
        assert_eq!(status.is_ready(), ready == 200, "{what}: {status:?}");
        assert_eq!(status.fault.is_none(), ready == 200, "{what}: {status:?}");
        assert_eq!(status.is_opaque_only, (jwt, ready) == (401, 200), "{what}");
        let metrics = app.metrics.exposition().expect("text");
        assert_eq!(metrics.contains("\nissuer_keys{"), !status.is_opaque_only, "{what}: {metrics}");
    }
}

#[actix_web::test]
async fn a_flood_of_jwts_asks_for_metadata_within_the_budget() {
    let issuer = TestIssuer::start();
    let changed = metadata(&issuer, |metadata| without(metadata, &["jwks_uri"]));
    issuer.respond(Endpoint::Discovery, changed);
    let app = service(issuer, Introspection::ByMetadata).await;
    let before = app.issuer.requests().discovery;
    let tokens: Vec<_> = (0..200).map(|_| app.token().encode()).collect();
    let verifier = app.resource.verifier();
    let verdicts = join_all(tokens.iter().map(|token| verifier.verify(token))).await;
    assert!(verdicts.iter().all(Result::is_err), "{verdicts:?}");
    let asked = app.issuer.requests().discovery - before;
    assert!((1..4).contains(&asked), "{asked}");
    let token = app.issuer.opaque(&app.token());
    assert_eq!(app.get_with_token("/api/private", &token).await.status, 200);
}

#[actix_web::test]
async fn keys_that_are_held_stay_and_keys_that_appear_are_used() {
    let issuer = TestIssuer::start();
    let app = OpaqueApp::with_issuer(issuer, service_routes(), |_| {}).await;
    let issuer = &app.app.issuer;
    let now = || app.app.resource.verifier().issuers().remove(0);
    let jwt = || app.app.token().expires_in(100_000).encode();
    assert_eq!(app.status_of(&jwt()).await, 200);
    // The metadata loses its key set: a mistake, until the keys are too old.
    issuer.respond(
        Endpoint::Discovery,
        metadata(issuer, |metadata| without(metadata, &["jwks_uri"])),
    );
    // Lets time pass, in steps, until the status is as wanted.
    let passes_until = async |is_wanted: fn(&IssuerStatus) -> bool| {
        let started = std::time::Instant::now();
        while !is_wanted(&now()) {
            assert!(started.elapsed().as_secs() < 30, "{:?}", now());
            app.advance(20);
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    let rotated = issuer.rotate();
    let unknown =
        app.app.issuer.token_with(&rotated).audience(AUDIENCE).expires_in(100_000).encode();
    issuer.respond(Endpoint::KeySet, Behavior::status(404));
    passes_until(|status| status.fault.is_some()).await;
    assert!(now().is_ready() && !now().is_opaque_only, "{:?}", now());
    // Then it is an issuer of opaque tokens alone.
    passes_until(|status| status.is_opaque_only).await;
    assert_eq!(now().fault, None);
    // It publishes a key set.
    issuer.respond(Endpoint::KeySet, Behavior::Healthy);
    issuer.respond(Endpoint::Discovery, Behavior::Healthy);
    passes_until(|status| !status.keys.is_empty()).await;
    assert!(!now().is_opaque_only, "{:?}", now());
    assert_eq!(app.status_of(&unknown).await, 200);
}

#[test]
fn check_says_that_there_is_no_key_set() {
    let issuer = TestIssuer::start();
    issuer.respond(
        Endpoint::Discovery,
        metadata(&issuer, |metadata| without(metadata, &["jwks_uri"])),
    );
    let with = [
        ("INTROSPECTION", "opaque"),
        ("INTROSPECTION_CLIENT_ID", TestIssuer::CLIENT_ID),
        ("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET),
    ];
    let own = [("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)];
    let (code, text) = run_in(&[&own[..], &with].concat(), &["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(
        flat(&text).contains("its metadata names no key set, so its JWTs are rejected"),
        "{text}"
    );
    let (code, text) = run_in(&own, &["check"]);
    assert_eq!(code, 1, "{text}");
    assert!(flat(&text).contains("If its tokens are opaque, set INTROSPECTION=opaque"), "{text}");
}
