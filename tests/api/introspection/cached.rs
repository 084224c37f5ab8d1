//! Cached answers: single flight, revocation, outages, and floods of unknown tokens.

use std::time::Duration;

use actix_resource_server::issuer::{
    Clock, Introspection, IntrospectionClient, IntrospectionMode, TrustedIssuer,
};
use actix_resource_server::service::configure;
use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer, TokenMaker};
use actix_resource_server::token::Audiences;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{AnyOf, Authorized, Claims, Fresh, ProtectedResource, Routes};
use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, try_call_service};
use futures_util::future::join_all;

use super::OpaqueApp;
use crate::test_app::AUDIENCE;

#[actix_web::test]
async fn ten_thousand_concurrent_requests_with_one_token_make_one_call() {
    let app = OpaqueApp::start().await;
    let token = app.opaque();
    let response = serde_json::json!({
        "active": true, "iss": app.app.issuer.url(), "aud": AUDIENCE,
        "exp": super::judged::seconds_now() + 600,
    });
    // Slow enough that all requests wait for it.
    let slow = Behavior::json(&response).with_byte_interval(Duration::from_millis(20));
    app.app.issuer.respond(Endpoint::Introspection, slow);
    let verifier = app.app.resource.verifier();
    let verdicts = join_all((0..10_000).map(|_| verifier.verify(&token))).await;
    assert!(verdicts.iter().all(Result::is_ok));
    assert_eq!(app.calls(), 1);
    // The same over HTTP, on all workers.
    let token = app.opaque();
    let statuses = join_all((0..200).map(|_| app.status_of(&token))).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(app.calls(), 2);
}

#[actix_web::test]
async fn a_revoked_token_is_rejected_within_the_cache_time() {
    let app = OpaqueApp::start().await;
    let token = app.opaque();
    assert_eq!(app.status_of(&token).await, 200);
    app.app.issuer.revoke(&token);
    app.advance(29);
    assert_eq!(app.status_of(&token).await, 200, "still cached");
    app.advance(1);
    assert_eq!(app.status_of(&token).await, 401, "INTROSPECTION_CACHE has passed");
}

#[actix_web::test]
async fn an_answer_is_never_used_past_the_expiry_of_the_token() {
    let app = OpaqueApp::start().await;
    let now = i64::try_from(app.clock.now().milliseconds() / 1000).expect("a time");
    let token = app.app.issuer.opaque(&app.app.token().at(now).expires_in(10));
    assert_eq!(app.status_of(&token).await, 200);
    app.advance(9);
    assert_eq!(app.status_of(&token).await, 200);
    assert_eq!(app.calls(), 1);
    app.advance(1);
    app.status_of(&token).await;
    assert_eq!(app.calls(), 2, "RFC 7662 4: asked again at exp");
}

#[actix_web::test]
async fn an_inactive_token_is_not_asked_about_for_five_seconds() {
    let app = OpaqueApp::start().await;
    for _ in 0..10 {
        assert_eq!(app.status_of("unknown").await, 401);
    }
    assert_eq!(app.calls(), 1);
    app.advance(5);
    assert_eq!(app.status_of("unknown").await, 401);
    assert_eq!(app.calls(), 2);
}

#[actix_web::test]
async fn a_revoked_jwt_is_not_asked_about_for_five_seconds() {
    let app = OpaqueApp::with(|settings| settings.mode = IntrospectionMode::Always).await;
    let token = app.app.token().encode();
    assert_eq!(app.status_of(&token).await, 200);
    app.app.issuer.revoke(&token);
    app.advance(30);
    for _ in 0..10 {
        assert_eq!(app.status_of(&token).await, 401, "RFC 7662 2.2");
    }
    assert_eq!(app.calls(), 2);
    app.advance(5);
    assert_eq!(app.status_of(&token).await, 401);
    assert_eq!(app.calls(), 3);
    let other = app.app.token().encode();
    assert_eq!(app.status_of(&other).await, 200, "the answer is about one token");
}

#[actix_web::test]
async fn a_fresh_request_asks_whatever_was_answered_before() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        let app = OpaqueApp::with(|settings| settings.mode = mode).await;
        let verifier = app.app.resource.verifier();
        let tokens = [app.opaque(), app.app.token().encode(), "unknown".to_owned()];
        tokens.iter().for_each(|token| app.app.issuer.revoke(token));
        for token in &tokens {
            let before = app.calls();
            for _ in 0..10 {
                assert!(verifier.verify_fresh(token).await.is_err(), "RFC 7662 2.2");
            }
            assert_eq!(app.calls() - before, 10, "{mode}");
        }
        // Other requests use what those learned, if their JWTs are asked about at all.
        let before = app.calls();
        assert!(verifier.verify(&tokens[0]).await.is_err());
        let is_rejected = verifier.verify(&tokens[1]).await.is_err();
        assert_eq!(is_rejected, mode == IntrospectionMode::Always, "{mode}");
        assert_eq!(app.calls(), before, "{mode}");
    }
}

#[actix_web::test]
async fn old_answers_are_used_only_as_long_as_the_settings_allow() {
    let app = OpaqueApp::with(|settings| settings.stale = Duration::from_secs(60)).await;
    let token = app.opaque();
    assert_eq!(app.status_of(&token).await, 200);
    app.app.issuer.respond(Endpoint::Introspection, Behavior::status(500));
    app.advance(31);
    assert_eq!(app.status_of(&token).await, 200, "INTROSPECTION_STALE");
    assert_eq!(app.status().stale, 1);
    app.advance(60);
    assert_eq!(app.status_of(&token).await, 503);
    let strict = OpaqueApp::start().await;
    let token = strict.opaque();
    assert_eq!(strict.status_of(&token).await, 200);
    strict.app.issuer.respond(Endpoint::Introspection, Behavior::status(500));
    strict.advance(31);
    assert_eq!(strict.status_of(&token).await, 503, "the default is zero");
}

#[actix_web::test]
async fn a_flood_of_unknown_tokens_stays_within_the_limit_and_spares_known_tokens() {
    let app = OpaqueApp::with(|settings| settings.rate = 40).await;
    let known: Vec<_> = (0..8).map(|_| app.opaque()).collect();
    for token in &known {
        assert_eq!(app.status_of(token).await, 200);
    }
    let mut unavailable = 0;
    for second in 0..3 {
        let before = app.calls();
        app.advance(31);
        let verifier = app.app.resource.verifier();
        let junk: Vec<_> = (0..1000).map(|number| format!("junk_{second}_{number}")).collect();
        let verdicts = join_all(junk.iter().map(|token| verifier.verify(token))).await;
        unavailable += verdicts
            .iter()
            .filter(|verdict| {
                verdict.as_ref().is_err_and(|error| error.to_string().contains("asked"))
            })
            .count();
        assert!(verdicts.iter().all(Result::is_err));
        // Their answers have expired, so each needs a call.
        for token in &known {
            assert_eq!(app.status_of(token).await, 200, "second {second}");
        }
        assert!(app.calls() - before <= 40, "INTROSPECTION_RATE: {}", app.calls() - before);
    }
    assert_eq!(unavailable, 3 * (1000 - 30), "503, not 401, past the limit");
    assert_eq!(usize::try_from(app.status().rate_limited).expect("small"), unavailable);
}

#[actix_web::test]
async fn a_fresh_answer_ignores_the_cache() {
    let app = OpaqueApp::start().await;
    let verifier = app.app.resource.verifier();
    for token in [app.opaque(), app.app.token().encode()] {
        assert!(verifier.verify(&token).await.is_ok());
        assert!(verifier.verify_fresh(&token).await.is_ok());
        app.app.issuer.revoke(&token);
        assert!(verifier.verify(&token).await.is_ok(), "still cached");
        assert!(verifier.verify_fresh(&token).await.is_err(), "revoked");
    }
}

#[actix_web::test]
async fn a_fresh_request_does_not_join_a_call_that_started_before_it() {
    let app = OpaqueApp::start().await;
    let token = app.opaque();
    let verifier = app.app.resource.verifier();
    let response = serde_json::json!({
        "active": true, "iss": app.app.issuer.url(), "aud": AUDIENCE,
        "exp": super::judged::seconds_now() + 600,
    });
    // Slow enough that all are there before the first call ends.
    let slow = Behavior::json(&response).with_byte_interval(Duration::from_millis(10));
    app.app.issuer.respond(Endpoint::Introspection, slow);
    let fresh = join_all((0..100).map(|_| verifier.verify_fresh(&token))).await;
    assert!(fresh.iter().all(Result::is_ok));
    // All are there at once: the first one's call, and one for those that arrived meanwhile.
    assert!((1..=2).contains(&app.calls()), "{}", app.calls());
}

#[actix_web::test]
async fn a_route_that_needs_a_fresh_answer_rejects_a_revoked_token_at_once() {
    async fn fresh(_: Authorized<Fresh>) -> &'static str {
        "fresh"
    }
    async fn cached(_: Claims) -> &'static str {
        "cached"
    }
    let routes = Routes::new().get("/fresh", fresh).get("/cached", cached);
    assert!(routes.table().to_string().contains("fresh"), "{}", routes.table());
    let app = OpaqueApp::with_routes(routes, |_| {}).await;
    for token in [app.opaque(), app.app.token().encode()] {
        let status = async |path: &str| app.app.get_with_token(path, &token).await.status;
        assert_eq!((status("/cached").await, status("/fresh").await), (200, 200));
        app.app.issuer.revoke(&token);
        assert_eq!(status("/cached").await, 200, "INTROSPECTION_CACHE");
        assert_eq!(status("/fresh").await, 401, "at once");
    }
    // The same without a request.
    for token in [app.opaque(), app.app.token().encode()] {
        let resource = &app.app.resource;
        assert!(resource.admit::<Claims>(&token).await.is_ok());
        assert!(resource.admit::<Authorized<Fresh>>(&token).await.is_ok());
        app.app.issuer.revoke(&token);
        assert!(resource.admit::<Authorized<Fresh>>(&token).await.is_err(), "RFC 7662 2.2");
    }
    app.app.issuer.respond(Endpoint::Introspection, Behavior::status(500));
    let token = app.opaque();
    assert_eq!(app.app.get_with_token("/fresh", &token).await.status, 503);
}

#[actix_web::test]
async fn a_token_whose_issuer_cannot_be_asked_is_not_fresh() {
    actix_resource_server::scopes! { Read = "read"; }
    async fn fresh(_: Authorized<Fresh>) -> &'static str {
        "fresh"
    }
    async fn either(_: Authorized<AnyOf<(Fresh, Read)>>) -> &'static str {
        "either"
    }
    let (asked, other) = (TestIssuer::start(), TestIssuer::start());
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let mut trusted = TrustedIssuer::discovered(asked.url().parse().expect("a URL"), audiences);
    let client = IntrospectionClient::with_secret(TestIssuer::CLIENT_ID, TestIssuer::CLIENT_SECRET);
    trusted.introspection = Some(Introspection::new(client));
    let builder = Verifier::builder().trust(trusted).issuer(other.url()).audience(AUDIENCE);
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    let routes = Routes::new().get("/fresh", fresh).get("/either", either);
    let resource = ProtectedResource::new(verifier);
    let unconfirmed = other.token().scope("read").audience(AUDIENCE).encode();
    assert!(resource.admit::<Authorized<Fresh>>(&unconfirmed).await.is_err());
    assert!(resource.admit::<Authorized<AnyOf<(Fresh, Read)>>>(&unconfirmed).await.is_ok());
    let app = init_service(App::new().app_data(resource).service(routes)).await;
    let table = [
        ("/fresh", asked.token(), 200),
        ("/fresh", other.token().scope("read"), 403),
        ("/either", asked.token(), 200),
        ("/either", other.token().scope("read"), 200),
        ("/either", other.token(), 403),
    ];
    for (path, maker, expected) in table {
        let token = maker.audience(AUDIENCE).encode();
        let request = TestRequest::get().uri(path);
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        let status = call_service(&app, request.to_request()).await.status();
        assert_eq!(status, expected, "RFC 6750 3.1: {path}");
    }
}

#[actix_web::test]
async fn a_route_that_needs_a_fresh_answer_fails_closed_without_introspection() {
    async fn fresh(_: Authorized<Fresh>) -> &'static str {
        "fresh"
    }
    async fn cached(_: Claims) -> &'static str {
        "cached"
    }
    let issuer = TestIssuer::start();
    let builder = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE);
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    let resource = ProtectedResource::new(verifier);
    let routes = Routes::new().get("/fresh", fresh).put("/fresh", fresh).get("/cached", cached);
    let fault = routes.table().check(&resource).expect_err("no introspection");
    assert_eq!(fault.routes, ["GET /fresh", "PUT /fresh"]);
    assert!(fault.to_string().contains("TrustedIssuer::introspection"), "{fault}");
    assert_eq!(Routes::new().get("/cached", cached).table().check(&resource), Ok(()));
    let configured = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(App::new().configure(|config| configure(config, &resource, &routes)));
    }));
    let panic = configured.expect_err("refused at start");
    let panic = panic.downcast_ref::<String>().expect("a text");
    assert!(panic.contains("GET /fresh, PUT /fresh"), "{panic}");

    // An application that does not check.
    let app = init_service(App::new().app_data(resource).service(routes)).await;
    let status = async |maker: TokenMaker| {
        let token = maker.audience(AUDIENCE).encode();
        let request = TestRequest::get().uri("/fresh");
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        match try_call_service(&app, request.to_request()).await {
            Ok(response) => response.status().as_u16(),
            Err(rejection) => rejection.as_response_error().status_code().as_u16(),
        }
    };
    assert_eq!(status(issuer.token()).await, 500);
    assert_eq!(status(issuer.token().expires_in(-60)).await, 401);
}
