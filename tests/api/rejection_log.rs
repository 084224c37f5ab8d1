//! Log lines about rejections: rate-limited per kind, useful to operators, without secrets.

use std::sync::Arc;
use std::time::Duration;

use actix_resource_server::testing::{ManualClock, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use awc::http::Method;

use crate::captured_log;
use crate::test_app::TestApp;

/// Lines about one kind of rejection of one issuer's tokens. The issuer's port is unique per test.
fn lines(app: &TestApp, reason: &str) -> Vec<String> {
    let issuer = format!(" issuer={}", app.issuer.url());
    let mut lines = captured_log::lines_with(&format!("reason={reason}{issuer}"));
    lines.retain(|line| line.contains("access::rejection_log:"));
    lines
}

#[actix_web::test]
async fn flood_of_rejections_is_logged_at_intervals() {
    captured_log::start();
    let clock = Arc::new(ManualClock::now());
    let for_verifier = clock.clone();
    let app =
        TestApp::with_verifier(TestIssuer::start(), |builder| builder.clock(for_verifier)).await;
    let expired = app.token().expires_in(-60).encode();
    let foreign = app.token().audience("https://other.example").encode();
    for _ in 0..100 {
        assert_eq!(app.get_with_token("/api/private", &expired).await.status, 401);
    }
    assert_eq!(app.get_with_token("/api/private", &foreign).await.status, 401);
    let first = lines(&app, "expired");
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(!first[0].contains("unlogged="), "{first:?}");
    assert_eq!(lines(&app, "audience_mismatch").len(), 1, "each kind has its own turn");

    clock.advance(Duration::from_secs(10));
    assert_eq!(app.get_with_token("/api/private", &expired).await.status, 401);
    let both = lines(&app, "expired");
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both[1].ends_with(" unlogged=99"), "{both:?}");
}

#[actix_web::test]
async fn line_has_details_but_no_secrets() {
    captured_log::start();
    let app = TestApp::start().await;
    let marker = "MARKER-in-a-claim";
    let stranger = SigningKey::generate(Algorithm::Rs256).with_id(app.issuer.signing_key().id());
    let long_kid = format!("k\r\n\u{1b}[2J{}", "k".repeat(500));
    let token = || app.token().claim("name", marker).claim("sub", marker);
    type Row = (&'static str, String, &'static str, &'static str);
    let table: Vec<Row> = vec![
        ("expired", token().expires_in(-60).encode(), "/api/private", "INFO"),
        ("insufficient_scope", token().scope(marker).encode(), "/api/private-scoped", "INFO"),
        ("unknown_key", token().header("kid", long_kid).encode(), "/api/private", "INFO"),
        ("signature_invalid", token().signed_by(&stranger).encode(), "/api/private", "INFO"),
    ];
    for (reason, token, path, level) in table {
        let status = app.get_with_token(path, &token).await.status;
        assert!(matches!(status, 401 | 403), "{reason}: {status}");
        let lines = lines(&app, reason);
        assert_eq!(lines.len(), 1, "{reason}: {lines:?}");
        let line = &lines[0];
        assert!(line.starts_with(level), "{line}");
        assert!(!line.contains(marker) && !line.contains(&token), "{line}");
        assert!(!line.contains(char::is_control) && line.len() < 500, "{line:?}");
        assert_eq!(line.contains(" kid="), reason.contains("key") || reason.contains("sig"));
        assert_eq!(line.contains(" policy=scope read:messages"), status == 403, "{line}");
    }
    // The issuer of an untrusted token is not logged.
    let foreign = format!("https://{marker}.example/");
    let token = app.token().claim("iss", foreign).encode();
    assert_eq!(app.get_with_token("/api/private", &token).await.status, 401);
    let credentials = [("authorization", "Bearer")];
    assert_eq!(app.send(Method::GET, "/api/private", &credentials).await.status, 400);
    assert_eq!(captured_log::lines_with(marker), Vec::<String>::new());
    assert!(!captured_log::lines_with(" reason=issuer_mismatch").is_empty());
    assert!(!captured_log::lines_with(" reason=malformed_credentials").is_empty());
}
