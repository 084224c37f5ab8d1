//! Metrics: counts, labels, and the address that serves them.

use std::sync::Arc;
use std::time::Duration;

use actix_resource_server::service::{Metrics, Telemetry, configure, management_routes};
use actix_resource_server::testing::{Behavior, Endpoint, ManualClock, TestIssuer};
use actix_resource_server::verifier::CacheLimits;
use actix_resource_server::{Claims, Maybe, Public, Routes, Scoped};
use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};
use actix_web::{App, web};
use awc::http::Method;

use crate::promtool;
use crate::test_app::TestApp;

actix_resource_server::scopes! {
    /// Read the metrics.
    ReadCounts = "read:counts";
}

fn all_guards() -> Routes {
    Routes::new()
        .get("/open", async |_: Public| "")
        .get("/maybe", async |_: Maybe<Claims>| "")
        .get("/closed", async |_: Claims| "")
        .get("/scoped/{id}", async |_: Scoped<ReadCounts>| "")
}

/// Value of the series with this name and these labels; 0 if it does not exist.
fn value(metrics: &Metrics, series: &str) -> f64 {
    let text = metrics.exposition().expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

#[actix_web::test]
async fn requests_and_checks_are_counted_by_label() {
    let app = TestApp::with_routes(TestIssuer::start(), all_guards(), |builder| builder).await;
    let good = app.token().claim("name", "MARKER").encode();
    let scoped = app.token().scope("read:counts").encode();
    let expired = app.token().expires_in(-60).encode();
    let table: &[(&str, &str, Option<&str>, u16)] = &[
        ("GET", "/open", None, 200),
        ("GET", "/open?MARKER", Some(&expired), 200),
        ("HEAD", "/open", None, 200),
        ("GET", "/maybe", None, 200),
        ("GET", "/maybe", Some(&good), 200),
        ("GET", "/closed", None, 401),
        ("GET", "/closed", Some("MARKER"), 401),
        ("GET", "/closed", Some(&good), 200),
        ("GET", "/closed", Some(&expired), 401),
        ("GET", "/scoped/MARKER", Some(&good), 403),
        ("GET", "/scoped/MARKER2", Some(&scoped), 200),
        ("MARKER", "/closed", None, 405),
        ("MARKER2", "/closed", None, 405),
        ("GET", "/MARKER", None, 404),
        ("GET", "/MARKER2", None, 404),
    ];
    for (method, path, token, status) in table {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let credentials = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> =
            credentials.iter().map(|text| ("authorization", text.as_str())).collect();
        assert_eq!(app.send(method, path, &headers).await.status, *status, "{path}");
    }
    let counted: &[(&str, f64)] = &[
        (r#"http_requests_total{method="GET",route="/open",status="200"}"#, 2.0),
        (r#"http_requests_total{method="HEAD",route="/open",status="200"}"#, 1.0),
        (r#"http_requests_total{method="GET",route="/maybe",status="200"}"#, 2.0),
        (r#"http_requests_total{method="GET",route="/closed",status="401"}"#, 3.0),
        (r#"http_requests_total{method="GET",route="/closed",status="200"}"#, 1.0),
        (r#"http_requests_total{method="GET",route="/scoped/{id}",status="403"}"#, 1.0),
        (r#"http_requests_total{method="GET",route="/scoped/{id}",status="200"}"#, 1.0),
        (r#"http_requests_total{method="other",route="/closed",status="405"}"#, 2.0),
        (r#"http_requests_total{method="GET",route="unmatched",status="404"}"#, 2.0),
        (r#"http_request_duration_seconds_count{method="GET",route="/closed"}"#, 4.0),
        (r#"http_request_duration_seconds_bucket{method="GET",route="/closed",le="+Inf"}"#, 4.0),
        (r#"access_token_checks_total{outcome="accepted",reason="accepted"}"#, 3.0),
        (r#"access_token_checks_total{outcome="no_credentials",reason="no_credentials"}"#, 1.0),
        (r#"access_token_checks_total{outcome="invalid_token",reason="expired"}"#, 1.0),
        (r#"access_token_checks_total{outcome="invalid_token",reason="opaque"}"#, 1.0),
        (
            r#"access_token_checks_total{outcome="insufficient_scope",reason="insufficient_scope"}"#,
            1.0,
        ),
        ("http_requests_in_flight", 0.0),
    ];
    for (series, expected) in counted {
        let found = value(&app.metrics, series);
        assert!((found - expected).abs() < f64::EPSILON, "{series}: {found}");
    }
    let text = app.metrics.exposition().expect("text");
    for secret in ["MARKER", &good, &scoped, &expired] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[actix_web::test]
async fn token_cache_is_measured() {
    let app = TestApp::start().await;
    // A check that waits for the first keys would look into the cache twice.
    app.resource.verifier().first_attempts().await;
    let good = app.token().encode();
    for token in [&good, &good, &good, &app.token().expires_in(-60).encode()] {
        app.get_with_token("/api/private", token).await;
    }
    let counted = [
        ("access_token_cache_entries", 1.0),
        ("access_token_cache_hits_total", 2.0),
        ("access_token_cache_misses_total", 2.0),
    ];
    for (series, expected) in counted {
        let found = value(&app.metrics, series);
        assert!((found - expected).abs() < f64::EPSILON, "{series}: {found}");
    }
    assert!(value(&app.metrics, "access_token_cache_bytes") > 0.0);

    let issuer = TestIssuer::start();
    let off = CacheLimits { entries: 0, bytes: 0 };
    let without = TestApp::with_verifier(issuer, |builder| builder.cache(off)).await;
    let text = without.metrics.exposition().expect("text");
    assert!(!text.contains("access_token_cache"), "{text}");
}

#[actix_web::test]
async fn issuer_status_is_measured() {
    let clock = Arc::new(ManualClock::now());
    let for_verifier = clock.clone();
    let app =
        TestApp::with_verifier(TestIssuer::start(), |builder| builder.clock(for_verifier)).await;
    app.resource.verifier().first_attempts().await;
    let series = |name: &str| format!("{name}{{issuer=\"{}\"}}", app.issuer.url());
    let is = |name: &str, expected: f64| {
        let found = value(&app.metrics, &series(name));
        assert!((found - expected).abs() < f64::EPSILON, "{name}: {found}, not {expected}");
    };
    is("issuer_keys", 1.0);
    is("issuer_key_set_age_seconds", 0.0);
    is("issuer_key_set_stale", 0.0);
    is("issuer_key_set_failing", 0.0);
    is("issuer_key_set_attempts_total", 1.0);
    is("issuer_key_set_failures_total", 0.0);

    app.issuer.respond(Endpoint::KeySet, Behavior::status(500));
    clock.advance(Duration::from_secs(700));
    let failures = series("issuer_key_set_failures_total");
    for _ in 0..2000 {
        if value(&app.metrics, &failures) > 0.0 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    is("issuer_keys", 1.0);
    is("issuer_key_set_age_seconds", 700.0);
    is("issuer_key_set_stale", 1.0);
    is("issuer_key_set_failing", 1.0);
    is("issuer_key_set_attempts_total", 2.0);
    is("issuer_key_set_failures_total", 1.0);
}

#[actix_web::test]
async fn request_is_in_progress_until_answered_or_aborted() {
    let app = TestApp::start().await;
    let routes = Routes::new().get("/slow", async |_: Public| std::future::pending::<&str>().await);
    let metrics = Metrics::new(&routes.table(), app.resource.verifier());
    let telemetry = Telemetry::new(&routes.table()).metrics(Some(metrics.clone()));
    let slow =
        App::new().configure(|config| configure(config, &app.resource, &routes)).wrap(telemetry);
    let slow = init_service(slow).await;
    let under_way = || value(&metrics, "http_requests_in_flight");
    let request = TestRequest::get().uri("/slow").to_request();
    let mut call = Box::pin(call_service(&slow, request));
    let pending = actix_web::rt::time::timeout(Duration::from_millis(1), &mut call).await;
    assert!(pending.is_err());
    assert!((under_way() - 1.0).abs() < f64::EPSILON);
    drop(call);
    assert!(under_way().abs() < f64::EPSILON);
}

#[actix_web::test]
async fn metrics_are_served_only_on_the_management_address() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/metrics").await.status, 404);

    let routes = management_routes();
    let paths: Vec<String> = routes.table().iter().map(|entry| entry.path.clone()).collect();
    assert_eq!(paths, ["/healthz", "/metrics", "/readyz"]);
    let management = App::new()
        .app_data(web::Data::new(app.metrics.clone()))
        .app_data(app.resource.clone())
        .service(routes);
    let management = init_service(management).await;
    let request = TestRequest::get().uri("/metrics").to_request();
    let response = call_service(&management, request).await;
    let content_type = response.headers().get("content-type").and_then(|text| text.to_str().ok());
    assert_eq!(content_type, Some("text/plain; version=0.0.4; charset=utf-8"));
    let request = TestRequest::get().uri("/metrics").to_request();
    let text = call_and_read_body(&management, request).await;
    let build =
        format!("resource_server_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    let text = String::from_utf8(text.to_vec()).expect("text");
    assert!(text.contains(&build), "{text}");
    assert!(text.contains("\nprocess_start_time_seconds "), "{text}");
    for path in ["/healthz", "/readyz"] {
        app.resource.verifier().first_attempts().await;
        let request = TestRequest::get().uri(path).to_request();
        assert_eq!(call_service(&management, request).await.status().as_u16(), 200);
    }
}

#[actix_web::test]
async fn prometheus_accepts_the_exposition() {
    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    let token = app.token().encode();
    for path in ["/api/public", "/api/private", "/api/private-scoped", "/nowhere"] {
        app.get(path).await;
        app.get_with_token(path, &token).await;
    }
    let text = app.metrics.exposition().expect("text");
    promtool::run(&["check", "metrics"], &text);
}
