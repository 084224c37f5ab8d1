//! Alert rules and dashboard: they load and query only existing metrics. docs/monitoring.md has all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::promtool;
use crate::test_app::TestApp;

const PROMETHEUS_OWN: [&str; 1] = ["up"];

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// A file of this repository.
fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

fn dashboard() -> Value {
    let text = fs::read_to_string(deploy("grafana/dashboard.json")).expect("the dashboard");
    serde_json::from_str(&text).expect("JSON")
}

/// Every query of the dashboard, with its variables replaced by values.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let queries = targets.map(|target| target["expr"].as_str().expect("a query"));
    queries.map(|query| query.replace("$__rate_interval", "5m").replace('$', "")).collect()
}

/// Words of a query that look like names of this project's metrics.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let prefixes = ["http_", "access_token_", "issuer_", "process_", "resource_server_"];
    words.filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix))).collect()
}

#[actix_web::test]
async fn rules_and_dashboard_query_existing_metrics() {
    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    app.get("/api/private").await;
    let text = app.metrics.exposition().expect("text");
    let series = text.lines().filter(|line| !line.starts_with('#'));
    let known: BTreeSet<&str> =
        series.filter_map(|line| line.split([' ', '{']).next()).chain(PROMETHEUS_OWN).collect();
    let rules = fs::read_to_string(deploy("prometheus/alerts.yaml")).expect("the rules");
    let queries = queries(&dashboard()).join("\n");
    for asked_for in [&rules, &queries] {
        let asked_for = metrics_in(asked_for);
        assert!(asked_for.len() > 5, "{asked_for:?}");
        let unknown: Vec<_> = asked_for.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

#[actix_web::test]
async fn the_document_has_every_metric_alert_and_reason() {
    let document = file("docs/monitoring.md");
    let is_missing =
        |name: &&str| !["`", "{"].iter().any(|end| document.contains(&format!("`{name}{end}")));

    let app = TestApp::start().await;
    app.resource.verifier().first_attempts().await;
    app.get("/api/private").await;
    let text = app.metrics.exposition().expect("text");
    let metrics = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let metrics: Vec<_> = metrics.collect();
    assert!(metrics.len() > 10, "{metrics:?}");
    assert_eq!(metrics.into_iter().filter(is_missing).collect::<Vec<_>>(), [""; 0]);

    let rules = file("deploy/prometheus/alerts.yaml");
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: Vec<_> = alerts.collect();
    assert!(alerts.len() > 5, "{alerts:?}");
    assert_eq!(alerts.into_iter().filter(is_missing).collect::<Vec<_>>(), [""; 0]);

    let sources = [
        "src/token/invalid_token.rs",
        "src/sender/invalid_proof.rs",
        "src/access/rejection/reason.rs",
    ];
    let sources = sources.map(file).concat();
    let codes =
        sources.lines().filter_map(|line| line.trim().strip_suffix("\",")?.split_once("=> \""));
    let is_code = |text: &&str| {
        !text.contains(|c: char| !(c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit()))
    };
    let codes: Vec<_> = codes.map(|(_, code)| code).filter(is_code).collect();
    assert!(codes.len() > 50, "{codes:?}");
    assert_eq!(codes.into_iter().filter(is_missing).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn panels_do_not_overlap_and_use_the_data_source_variable() {
    let dashboard = dashboard();
    let mut places = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        assert!(!panel["description"].as_str().unwrap_or_default().is_empty(), "{title}");
        let place = |name: &str| panel["gridPos"][name].as_u64().expect("a number");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && places.insert((x, y)), "{title} overlaps");
            }
        }
        for target in panel["targets"].as_array().expect("targets") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
}

#[test]
fn prometheus_accepts_rules_and_queries() {
    let rules = deploy("prometheus/alerts.yaml");
    let Some(()) = promtool::run(&["check", "rules", &rules.display().to_string()], "") else {
        return;
    };
    let tests = deploy("prometheus/alerts_test.yaml");
    promtool::run(&["test", "rules", &tests.display().to_string()], "");

    let mut recorded = "groups:\n- name: dashboard\n  rules:\n".to_owned();
    for (number, query) in queries(&dashboard()).iter().enumerate() {
        let query = serde_json::to_string(query).expect("a text");
        recorded.push_str(&format!("  - record: query_{number}\n    expr: {query}\n"));
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard-queries.yaml");
    fs::write(&file, recorded).expect("written");
    promtool::run(&["check", "rules", &file.display().to_string()], "");
}
