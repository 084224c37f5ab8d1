//! Several issuers, each with its own keys, audience, algorithms and state.

use std::time::Duration;

use actix_resource_server::ProtectedResource;
use actix_resource_server::issuer::{KeySource, TrustedIssuer};
use actix_resource_server::service::settings::{Settings, arguments};
use actix_resource_server::service::{ReadyIssuers, management_routes, protected_resource};
use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{Algorithm, Algorithms, Audiences, Profile};
use actix_web::App;
use futures_util::future::{Either, join_all, select};
use serde_json::json;

use crate::test_app::{AUDIENCE, TestApp};
use crate::timed_app::TimedApp;

/// The service with both issuers and a fetch timeout of a minute.
async fn trusting(one: TestIssuer, other: &TestIssuer) -> TestApp {
    let change = |verifier: actix_resource_server::verifier::VerifierBuilder| {
        verifier.issuer(other.url()).fetch_timeout(Duration::from_secs(60))
    };
    TestApp::with_verifier(one, change).await
}

fn token(issuer: &TestIssuer) -> String {
    issuer.token().audience(AUDIENCE).encode()
}

#[actix_web::test]
async fn hanging_issuer_does_not_block_others() {
    for endpoint in [Endpoint::Discovery, Endpoint::KeySet] {
        let (one, other) = (TestIssuer::start(), TestIssuer::start());
        other.respond(endpoint, Behavior::Hang);
        let (good, waiting) = (token(&one), token(&other));
        let app = trusting(one, &other).await;
        let get = |token| app.get_with_token("/api/private", token);
        // Twenty callers, more than there are workers, wait for the issuer that hangs.
        let waiting = Box::pin(join_all((0..20).map(|_| get(&waiting))));
        let answered = Box::pin(async {
            let mut statuses = Vec::new();
            for _ in 0..100 {
                statuses.push(get(&good).await.status);
            }
            statuses
        });
        // A hundred consecutive responses arrive before any of the twenty.
        let Either::Right((statuses, _)) = select(waiting, answered).await else {
            panic!("the tokens of one issuer waited for the other");
        };
        assert_eq!(statuses, [200; 100]);
        let readiness = app.get("/readyz").await;
        assert_eq!(readiness.status, 200, "the tokens of one issuer can be verified");
        let strict = strict_readiness(&app.resource).await;
        assert_eq!(strict.0, 503, "READY_ISSUERS=all");
        let detail = strict.1;
        assert!(detail.contains(other.url()) && !detail.contains(app.issuer.url()), "{detail}");
    }
}

#[actix_web::test]
async fn outage_of_one_issuer_does_not_affect_others() {
    let (one, other) = (TestIssuer::start(), TestIssuer::start());
    let lasting = other.token().audience(AUDIENCE).expires_in(1_000_000);
    let app = TimedApp::with_verifier(one, |verifier| {
        verifier.issuer(other.url()).fetch_timeout(Duration::from_secs(60))
    });
    let app = app.await;
    app.resource.verifier().first_attempts().await;
    assert_eq!(app.call(lasting.clone()).await.status, 200);
    other.stop();
    for _ in 0..3 {
        app.advance(3700);
        app.wait_until("the other's keys", |app| app.status().is_ready()).await;
        let before = app.status().successes;
        app.wait_until("a refresh", |app| app.status().successes >= before).await;
        assert_eq!(app.call(app.long_lived_token()).await.status, 200);
        assert_eq!(
            app.call_as_time_passes(lasting.clone()).await.status,
            503,
            "the token may be good"
        );
        assert_eq!(app.readiness().await, 200, "the other issuer's tokens can be verified");
        assert_eq!(strict_readiness(&app.resource).await.0, 503);
    }
}

/// The status and body of `/readyz` where every issuer must have keys.
async fn strict_readiness(resource: &ProtectedResource) -> (u16, String) {
    let routes = management_routes();
    let app = App::new().app_data(ReadyIssuers::All).app_data(resource.clone()).service(routes);
    let app = actix_web::test::init_service(app).await;
    let request = actix_web::test::TestRequest::get().uri("/readyz").to_request();
    let response = actix_web::test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[actix_web::test]
async fn keys_are_not_shared_between_issuers_even_with_equal_kid() {
    let issuer = |key: &SigningKey| {
        let issuer = TestIssuer::builder().algorithms([Algorithm::Es256]).start();
        let issuer = issuer.expect("an issuer");
        issuer.set_jwks(json!({"keys": [key.public_jwk()]}));
        issuer
    };
    let key = || SigningKey::generate(Algorithm::Es256).with_id("one-name");
    let (one_key, other_key) = (key(), key());
    let (one, other) = (issuer(&one_key), issuer(&other_key));
    let made = |issuer: &TestIssuer, key| TokenMaker::new(issuer.url(), key).audience(AUDIENCE);
    let table = [
        (made(&one, &one_key), 200),
        (made(&other, &other_key), 200),
        (made(&one, &other_key), 401),
        (made(&other, &one_key), 401),
        (TokenMaker::new("https://stranger.example", &one_key).audience(AUDIENCE), 401),
        (TokenMaker::new(format!("{}/", one.url()), &one_key).audience(AUDIENCE), 401),
    ];
    let app = trusting(one, &other).await;
    app.resource.verifier().first_attempts().await;
    for _ in 0..2 {
        for (place, (token, status)) in table.iter().enumerate() {
            let answer = app.get_with_token("/api/private", &token.clone().encode()).await;
            assert_eq!(answer.status, *status, "RFC 8725 3.8: row {place}");
        }
    }
    assert_eq!((app.issuer.requests().key_set, other.requests().key_set), (1, 1));
}

#[actix_web::test]
async fn each_issuer_has_its_own_audience_algorithms_and_profile() {
    let both = || {
        let algorithms = [Algorithm::Es256, Algorithm::EdDsa];
        TestIssuer::builder().algorithms(algorithms).start().expect("an issuer")
    };
    let (one, other) = (both(), both());
    let partners = "https://api.example/partners";
    let audiences = Audiences::new([partners]).expect("an audience");
    let identifier = other.url().parse().expect("an issuer");
    let source = KeySource::Address(other.jwks_uri().parse().expect("a URL"));
    let mut trusted = TrustedIssuer::with_source(identifier, audiences, source);
    trusted.expected.algorithms = Algorithms::only([Algorithm::EdDsa]);
    trusted.expected.profile = Profile::Rfc9068;
    let app = TestApp::with_verifier(one, |verifier| verifier.trust(trusted)).await;
    check_partner(&app.resource, &app.issuer, &other, partners).await;
}

#[actix_web::test]
async fn issuer_tables_in_a_file_have_the_same_effect() {
    let both = || {
        let algorithms = [Algorithm::Es256, Algorithm::EdDsa];
        TestIssuer::builder().algorithms(algorithms).start().expect("an issuer")
    };
    let (one, other) = (both(), both());
    let directory = std::env::temp_dir().join(format!("partners-{}", one.signing_key().id()));
    std::fs::create_dir(&directory).expect("a directory");
    let partners = "https://api.example/partners";
    let text = format!(
        "issuer_base_url = '{}'\naudience = '{AUDIENCE}'\n[[issuers]]\nissuer = '{}'\n\
         jwks_uri = '{}'\naudience = '{partners}'\ntoken_signing_alg = 'EdDSA'\n\
         token_profile = 'rfc9068'\n",
        one.url(),
        other.url(),
        other.jwks_uri()
    );
    std::fs::write(directory.join("default.toml"), text).expect("a file");
    let path = directory.to_str().expect("a path").to_owned();
    let command = clap::Command::new("serve").args(arguments());
    let flags = command.get_matches_from(["serve", "--config-dir", &path]);
    let settings = Settings::load(&flags, |_| None).expect("good settings");
    std::fs::remove_dir_all(&directory).expect("the directory");
    let resource = protected_resource(&settings).expect("a resource");
    check_partner(&resource, &one, &other, partners).await;
}

/// Tokens of `other` must use EdDSA, the audience `partners` and the RFC 9068 profile; those of `one`
/// need not.
async fn check_partner(
    resource: &ProtectedResource,
    one: &TestIssuer,
    other: &TestIssuer,
    partners: &str,
) {
    let with = |issuer: &TestIssuer, algorithm, audience: &str| {
        let token = issuer.token_with(&issuer.key_for(algorithm)).audience(audience);
        token.subject("somebody").client_id("client")
    };
    let plain = |token: TokenMaker| token.header("typ", "JWT");
    let table = [
        (with(one, Algorithm::Es256, AUDIENCE), true),
        (with(one, Algorithm::EdDsa, AUDIENCE), true),
        (plain(with(one, Algorithm::Es256, AUDIENCE)), true),
        (with(one, Algorithm::Es256, partners), false),
        (with(other, Algorithm::EdDsa, partners), true),
        (plain(with(other, Algorithm::EdDsa, partners)), false),
        (with(other, Algorithm::Es256, partners), false),
        (with(other, Algorithm::EdDsa, AUDIENCE), false),
    ];
    for (place, (token, is_good)) in table.into_iter().enumerate() {
        let verdict = resource.verifier().verify(&token.encode()).await.map(drop);
        assert_eq!(verdict.is_ok(), is_good, "row {place}: {verdict:?}");
    }
}
