//! Labels of decisions in the access log and metrics.

use super::{Directory, POLICY, ask, exchange, free_address, status};
use crate::process::{Process, wait_until};

#[test]
fn the_row_of_the_policy_file_is_the_label() {
    let directory = Directory::new();
    let (policy, management) = (directory.path("policy.toml"), free_address());
    let address = management.to_string();
    let process = Process::start(&[
        ("FORWARD_AUTH", &policy),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("MANAGEMENT_ADDR", &address),
        ("LOG_FORMAT", "text"),
    ]);
    let bearer = |token: String| format!("\r\nAuthorization: Bearer {token}");
    let token = bearer(process.token().scope("read:notes").claim("org_id", "acme").encode());
    let table = [
        ("GET", "/tenants/acme/notes", &*token, "/tenants/{tenant}/notes", "200", "accepted"),
        (
            "GET",
            "/tenants/other/notes",
            &token,
            "/tenants/{tenant}/notes",
            "403",
            "insufficient_scope",
        ),
        ("GET", "/notes", "", "/notes", "401", "no_credentials"),
        ("GET", "/open", &token, "/open", "200", "none"),
        ("DELETE", "/private", &token, "/private", "403", "none"),
        ("GET", "/MARKER", &token, "unmatched", "403", "none"),
        ("GET", "/open//MARKER", &token, "unmatched", "400", "none"),
    ];
    for (method, uri, fields, route, expected, outcome) in table {
        assert_eq!(status(&ask(&process, method, uri, fields)), expected, "{method} {uri}");
        let line = format!("method={method} route={route} status={expected} ");
        wait_until(&line, || process.log().lines().any(|row| row.contains(&line)));
        let log = process.log();
        let row = log.lines().rfind(|row| row.contains(&line)).expect("a line");
        let code = row.split("outcome=").nth(1).unwrap_or_default();
        assert!(code.contains(outcome), "{row}");
    }
    // A path of the file is none of the service's own.
    assert_eq!(status(&process.get("/notes")), "404");
    let metrics = || exchange(management, "GET /metrics HTTP/1.1");
    let seen = metrics();
    for series in [
        r#"http_requests_total{method="GET",route="/tenants/{tenant}/notes",status="200"} 1"#,
        r#"http_requests_total{method="GET",route="/tenants/{tenant}/notes",status="403"} 1"#,
        r#"http_requests_total{method="GET",route="/notes",status="401"} 1"#,
        r#"http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
    ] {
        assert!(seen.contains(series), "{series}: {seen}");
    }
    assert!(!seen.contains("MARKER") && !process.log().contains("MARKER"), "made-up labels");

    // A row that is new in the file has no series until a restart.
    directory.write("policy.toml", &POLICY.replace("\"/open\"", "\"/opened\""));
    process.signal("HUP");
    wait_until("it is reloaded", || process.log().contains("FORWARD_AUTH reloaded"));
    assert_eq!(status(&ask(&process, "GET", "/opened", "")), "200");
    wait_until("it is logged", || process.log().contains("route=/opened status=200 "));
    let unmatched = r#"http_requests_total{method="GET",route="unmatched",status="200"} 1"#;
    assert!(metrics().contains(unmatched));
}
