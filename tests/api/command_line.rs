//! Command line: output and exit status.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use actix_resource_server::service::settings::catalog;
use actix_resource_server::testing::{Behavior, Endpoint, TestIssuer};
use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use crate::test_app::AUDIENCE;

/// Runs the program with these arguments and an empty environment.
pub(crate) fn run(arguments: &[&str]) -> (i32, String) {
    run_in(&[], arguments)
}

/// Runs the program with these arguments and environment variables alone.
pub(crate) fn run_in(variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(std::env::temp_dir())
            .output()
            .expect("a program that runs");
    let text = String::from_utf8([stdout, stderr].concat()).expect("text");
    (status.code().expect("an exit status"), text)
}

/// Runs the program with this text on standard input.
fn run_with_input(arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
        .args(arguments)
        .env_clear()
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program that runs");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(input.as_bytes()).expect("a program that reads");
    drop(stdin);
    let output = child.wait_with_output().expect("a program that ends");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code().expect("an exit status"), text)
}

fn check(issuer: &str, more: &[&str]) -> (i32, String) {
    run(&[&["check", "--issuer-base-url", issuer, "--audience", AUDIENCE], more].concat())
}

/// The text without line breaks, because these depend on the length of names.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn check_reads_the_files_that_serve_reads() {
    let issuer = TestIssuer::start();
    let table: [&[&str]; 2] = [
        &["--tls-cert-file", "/nowhere/certificate.pem", "--tls-key-file", "/nowhere/key.pem"],
        &["--forward-auth", "/nowhere/policy.toml", "--trusted-proxies", "127.0.0.1"],
    ];
    for files in table {
        let (code, printed) = check(issuer.url(), files);
        assert_eq!((code, printed.contains(files[1])), (2, true), "{printed}");
    }
}

#[test]
fn check_explains_issuer_faults_and_solutions() {
    let healthy = Behavior::Healthy;
    let other = json!({"issuer": "https://other.example/", "jwks_uri": "https://other.example/k"});
    let table = [
        (Endpoint::Discovery, healthy, 0, "ok", "names itself exactly like this"),
        (
            Endpoint::Discovery,
            Behavior::json(&other),
            1,
            "error",
            "fix: if the tokens name https://other.example/ in iss, set \
             ISSUER=https://other.example/ and JWKS_URI=https://other.example/k",
        ),
        (
            Endpoint::Discovery,
            Behavior::redirect("https://www.example/"),
            1,
            "error",
            "redirects are not followed",
        ),
        (Endpoint::Discovery, Behavior::status(404), 1, "error", "no such issuer"),
        (Endpoint::KeySet, Behavior::status(404), 1, "error", "the key set is not at this address"),
        (Endpoint::KeySet, Behavior::status(500), 1, "error", "a fault of its own"),
        (
            Endpoint::KeySet,
            Behavior::json(&json!({"keys": []})),
            1,
            "error",
            "the key set has no usable key",
        ),
        (
            Endpoint::Discovery,
            Behavior::body("text/html", "<html>"),
            1,
            "error",
            "not the address of an OAuth 2 or OpenID Connect issuer",
        ),
    ];
    for (endpoint, behavior, status, level, text) in table {
        let issuer = TestIssuer::start();
        issuer.respond(endpoint, behavior);
        let (code, printed) = check(issuer.url(), &[]);
        assert_eq!(code, status, "{printed}");
        assert!(flat(&printed).contains(text), "{printed}");
        let (code, printed) = check(issuer.url(), &["--json"]);
        assert_eq!(code, status, "{printed}");
        let printed: Value = serde_json::from_str(&printed).expect("JSON");
        assert_eq!(printed["level"], level, "{printed}");
    }
}

#[test]
fn check_reports_skipped_keys_and_clock_difference() {
    let issuer = TestIssuer::start();
    let good = issuer.signing_key().public_jwk();
    let mut for_encryption = good.clone();
    for_encryption["use"] = "enc".into();
    for_encryption["kid"] = "for-encryption".into();
    let secret = json!({"kty": "oct", "kid": "published-secret", "k": "AAAA"});
    let set = json!({"keys": [good, for_encryption, secret]});
    let answer = Behavior::json(&set).with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    issuer.respond(Endpoint::KeySet, answer);
    let (code, printed) = check(issuer.url(), &[]);
    assert_eq!(code, 0, "{printed}");
    for text in [
        "1 usable",
        "ok key for-encryption",
        "not meant for verifying signatures",
        "warning key published-secret",
        "it publishes a shared secret",
        "s behind ours, more than the tolerance of 5 s",
        "usable; warnings: 2",
    ] {
        assert!(flat(&printed).contains(text), "{text}: {printed}");
    }
}

#[test]
fn check_reports_invalid_settings() {
    let (code, printed) = run(&["check"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("AUTH0_DOMAIN"), "{printed}");
    let (code, printed) = run(&["check", "--auth0-domain", "https://tenant.eu.auth0.com/"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("write only the domain: tenant.eu.auth0.com"), "{printed}");
}

#[test]
fn check_recognizes_common_auth0_mistakes() {
    let issuer = TestIssuer::start();
    let userinfo = format!("{}/userinfo", issuer.url().trim_end_matches('/'));
    let (code, printed) =
        run(&["check", "--issuer-base-url", issuer.url(), "--audience", &userinfo]);
    assert_eq!(code, 0, "{printed}");
    assert!(flat(&printed).contains("warning audience:"), "{printed}");
    assert!(flat(&printed).contains("userinfo endpoint"), "{printed}");

    let key = issuer.key_for(Algorithm::Rs256).public_key_pem();
    let file = std::env::temp_dir().join(format!("check-{}.pem", std::process::id()));
    std::fs::write(&file, key).expect("a file");
    let path = file.to_str().expect("a path");
    let (code, printed) = run(&[
        "check",
        "--issuer",
        "https://tenant.eu.auth0.com",
        "--public-key-file",
        path,
        "--audience",
        AUDIENCE,
    ]);
    let _ = std::fs::remove_file(&file);
    assert_eq!(code, 0, "{printed}");
    let advice = "fix: set ISSUER=https://tenant.eu.auth0.com/";
    assert!(flat(&printed).contains(advice), "{printed}");
}

#[test]
fn explain_exit_status_matches_the_verdict() {
    let issuer = TestIssuer::start();
    let good = issuer.token().audience(AUDIENCE).encode();
    let expired = issuer.token().audience(AUDIENCE).expires_in(-60).encode();
    let forged = issuer.token().audience(AUDIENCE).broken_signature().encode();
    let header = format!("Authorization: Bearer {good}");
    let settings = ["--issuer-base-url", issuer.url(), "--audience", AUDIENCE];
    let nobody = ["--issuer-base-url", "http://127.0.0.1:1/", "--audience", AUDIENCE];
    let of_nobody = issuer.token().claim("iss", "http://127.0.0.1:1/").audience(AUDIENCE).encode();
    let table: [(&[&str], &[&str], i32, &str); 9] = [
        (&[&good], &settings, 0, "ACCEPTED"),
        (&["--request", &header], &settings, 0, "ACCEPTED"),
        (&[&expired], &settings, 1, "the token expired 1 min"),
        (&[&forged], &settings, 1, "does not verify"),
        (&["--request", "Authorization: Bearer"], &settings, 1, "REJECTED, 400"),
        (&[&good], &[], 2, "NOT JUDGED"),
        (&[], &settings, 2, "required"),
        (&[&good, "--request", &header], &settings, 2, "cannot be used with"),
        (&[&of_nobody], &nobody, 3, "KEYS UNAVAILABLE"),
    ];
    for (given, settings, status, text) in table {
        let (code, printed) = run(&[&["explain"], given, settings].concat());
        assert_eq!(code, status, "{printed}");
        assert!(flat(&printed).contains(text), "{text}: {printed}");
    }
}

#[test]
fn explain_reads_standard_input_and_prints_json() {
    let issuer = TestIssuer::start();
    let good = issuer.token().audience(AUDIENCE).encode();
    let settings = ["--json", "--issuer-base-url", issuer.url(), "--audience", AUDIENCE];
    let token = run_with_input(&[&["explain", "-"], &settings[..]].concat(), &format!("{good}\n"));
    let request = format!("> GET /api/private HTTP/1.1\n> Authorization: Bearer {good}\n");
    let request =
        run_with_input(&[&["explain", "--request", "-"], &settings[..]].concat(), &request);
    for (code, printed) in [token, request] {
        assert_eq!(code, 0, "{printed}");
        let report: Value = serde_json::from_str(&printed).expect("JSON");
        assert_eq!(report["verdict"], "accepted");
        assert_eq!(report["claims"]["aud"], AUDIENCE);
    }
}

#[test]
fn the_help_names_the_settings_without_a_flag() {
    let (status, help) = run(&["--help"]);
    assert_eq!(status, 0);
    for setting in catalog().filter(|setting| setting.flag.is_none()) {
        assert!(help.contains(setting.variable()), "{}", setting.variable());
    }
}

#[test]
fn a_reader_that_has_gone_causes_no_panic() {
    for command in [&["openapi"][..], &["routes"], &["--help"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .args(command)
            .env_clear()
            .current_dir(std::env::temp_dir())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("a program that runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains("panicked"), "{command:?}: {text}");
    }
}
