//! Advice of rejected settings, followed: the case then passes.

mod conflicts;

use std::process::{Command, Output};

use actix_resource_server::service::settings::{Settings, SettingsError, arguments};
use actix_resource_server::testing::TestIssuer;

use crate::process::Process;
use crate::test_app::AUDIENCE;

/// A variable and its value.
type Variable = (&'static str, &'static str);

fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let flags = clap::Command::new("serve").args(arguments()).get_matches_from(["serve"]);
    Settings::load(&flags, |name| {
        let found = variables.iter().rev().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn each_advised_value_is_accepted() {
    const ISSUER: Variable = ("ISSUER_BASE_URL", "https://issuer.example/");
    const API: Variable = ("AUDIENCE", "https://api.example/");
    const PROXIES: Variable = ("TRUSTED_PROXIES", "10.0.0.0/8");
    const POLICY: Variable = ("FORWARD_AUTH", "policy.toml");
    const HS512: Variable = ("TOKEN_SIGNING_ALG", "HS512");
    const SECRET: &str = "a secret of sixty-four bytes, which is as many as HS512 has to have";
    // What is set, what of the advice is followed, and the settings after that.
    let table: &[(&[Variable], &[&str], &[Variable])] = &[
        (
            &[],
            &["ISSUER_BASE_URL=https://issuer.example/", "AUDIENCE=https://api.example/"],
            &[ISSUER, API],
        ),
        (
            &[],
            &["AUTH0_DOMAIN=tenant.eu.auth0.com"],
            &[("AUTH0_DOMAIN", "tenant.eu.auth0.com"), API],
        ),
        (&[API], &["ISSUER_BASE_URL=https://issuer.example/"], &[ISSUER, API]),
        (&[ISSUER], &["AUDIENCE=https://api.example/"], &[ISSUER, API]),
        (
            &[API, ("ISSUER_BASE_URL", "issuer.example")],
            &["https://issuer.example/"],
            &[API, ISSUER],
        ),
        (
            &[API, ("ISSUER_BASE_URL", "https://issuer.example/.well-known/openid-configuration")],
            &["without", ".well-known/openid-configuration"],
            &[API, ISSUER],
        ),
        (
            &[API, ("AUTH0_DOMAIN", "https://tenant.eu.auth0.com/")],
            &["tenant.eu.auth0.com"],
            &[API, ("AUTH0_DOMAIN", "tenant.eu.auth0.com")],
        ),
        (
            &[API, ("ISSUER", "accounts.google.com")],
            &["JWKS_URI"],
            &[API, ("ISSUER", "accounts.google.com"), ("JWKS_URI", "https://keys.example/jwks")],
        ),
        (
            &[API, ("JWKS_URI", "https://keys.example/jwks")],
            &["ISSUER"],
            &[API, ("JWKS_URI", "https://keys.example/jwks"), ("ISSUER", "urn:example:issuer")],
        ),
        (
            &[ISSUER, API, ("TOKEN_SIGNING_ALG", "rs256")],
            &["RS256"],
            &[ISSUER, API, ("TOKEN_SIGNING_ALG", "RS256")],
        ),
        (
            &[API, HS512, ("ISSUER", "supabase"), ("SECRET", "thirty-two bytes are not enough!")],
            &["at least 64 bytes"],
            &[API, HS512, ("ISSUER", "supabase"), ("SECRET", SECRET)],
        ),
        (
            &[ISSUER, API, ("CORS_ORIGINS", "https://app.example/")],
            &["https://app.example"],
            &[ISSUER, API, ("CORS_ORIGINS", "https://app.example")],
        ),
        (
            &[ISSUER, API, ("CLOCK_TOLERANCE", "5s")],
            &["0 to 300"],
            &[ISSUER, API, ("CLOCK_TOLERANCE", "300")],
        ),
        (
            &[ISSUER, API, ("HOST", "api.example")],
            &["127.0.0.1"],
            &[ISSUER, API, ("HOST", "127.0.0.1")],
        ),
        (
            &[ISSUER, API, ("MANAGEMENT_ADDR", "3012")],
            &["127.0.0.1:3012", "off"],
            &[ISSUER, API, ("MANAGEMENT_ADDR", "off")],
        ),
        (
            &[API, ("ISSUER_BASE_URL", "http://keycloak:8080")],
            &["ALLOW_HTTP_ISSUERS"],
            &[API, ("ISSUER_BASE_URL", "http://keycloak:8080"), ("ALLOW_HTTP_ISSUERS", "keycloak")],
        ),
        (
            &[ISSUER, API, ("TOKEN_HEADER", "X-Token")],
            &["set TRUSTED_PROXIES"],
            &[ISSUER, API, ("TOKEN_HEADER", "X-Token"), PROXIES],
        ),
        (
            &[ISSUER, API, ("TOKEN_HEADER", "Authorization"), PROXIES],
            &["leave it unset"],
            &[ISSUER, API, PROXIES],
        ),
        (
            &[ISSUER, API, ("TOKEN_HEADER", "X-Token"), PROXIES, ("DPOP", "required")],
            &["unset TOKEN_HEADER, or set DPOP=off"],
            &[ISSUER, API, ("TOKEN_HEADER", "X-Token"), PROXIES, ("DPOP", "off")],
        ),
        (
            &[ISSUER, API, ("FORWARD_AUTH", "policy.toml")],
            &["set TRUSTED_PROXIES"],
            &[ISSUER, API, ("FORWARD_AUTH", "policy.toml"), PROXIES],
        ),
        (
            &[ISSUER, API, POLICY, PROXIES, ("TOKEN_HEADER", "X-Auth-Token")],
            &["set another prefix, such as X-Identity-"],
            &[
                ISSUER,
                API,
                POLICY,
                PROXIES,
                ("TOKEN_HEADER", "X-Auth-Token"),
                ("IDENTITY_HEADER_PREFIX", "X-Identity-"),
            ],
        ),
        (
            &[ISSUER, ("AUDIENCE", "my-api"), ("HOST", "0.0.0.0"), ("DPOP", "required")],
            &["set PUBLIC_URL"],
            &[
                ISSUER,
                ("AUDIENCE", "my-api"),
                ("HOST", "0.0.0.0"),
                ("DPOP", "required"),
                ("PUBLIC_URL", "https://api.example"),
            ],
        ),
        (
            &[ISSUER, API, ("CLIENT_CERTIFICATE", "header")],
            &["set TRUSTED_PROXIES"],
            &[ISSUER, API, ("CLIENT_CERTIFICATE", "header"), PROXIES],
        ),
        (
            &[ISSUER, API, PROXIES, ("CLIENT_CERTIFICATE", "tls")],
            &["CLIENT_CERTIFICATE=header"],
            &[ISSUER, API, PROXIES, ("CLIENT_CERTIFICATE", "header")],
        ),
        (&[ISSUER, API, ("RUST_LOG", "inof")], &["info"], &[ISSUER, API, ("RUST_LOG", "info")]),
    ];
    for (set, advised, followed) in table {
        let error = load(set).expect_err("rejected settings").to_string();
        for advice in *advised {
            assert!(error.contains(advice), "{advice}: {error}");
        }
        assert!(load(followed).is_ok(), "{followed:?}");
    }
}

#[test]
fn start_and_check_name_variables_that_are_nearly_settings() {
    let issuer = TestIssuer::start();
    let wrong: [(&str, &str); 2] = [("ISUER_BASE_URL", issuer.url()), ("audience", AUDIENCE)];
    for command in ["serve", "check"] {
        let (status, printed) = run(command, &wrong);
        assert_ne!(status, 0, "{printed}");
        for text in [
            "ISUER_BASE_URL is not a setting; did you mean ISSUER_BASE_URL?",
            "audience is not a setting; did you mean AUDIENCE?",
        ] {
            assert!(printed.contains(text), "{printed}");
        }
    }
    let right = [("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)];
    let (status, printed) = run("check", &right);
    assert_eq!(status, 0, "{printed}");
    assert!(!printed.contains("is not a setting"), "{printed}");
    // A slip that the start survives is a warning.
    let (status, printed) = run("check", &[right.as_slice(), &[("CLOCK_TOLERENCE", "9")]].concat());
    assert_eq!(status, 0, "{printed}");
    let flat = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    let warning =
        "warning environment: CLOCK_TOLERENCE is not a setting; did you mean CLOCK_TOLERANCE?";
    assert!(flat.contains(warning), "{printed}");
    let process = Process::start(&[("CLOCK_TOLERENCE", "9")]);
    let warning = "CLOCK_TOLERENCE is not a setting; did you mean CLOCK_TOLERANCE? It is ignored";
    assert!(process.start_log().contains(warning), "{}", process.start_log());
}

#[test]
fn no_secret_of_an_address_is_printed() {
    let variables = [
        ("ISSUER", "https://issuer.example/"),
        ("AUDIENCE", AUDIENCE),
        ("JWKS_URI", "http://127.0.0.1:9/jwks?key=hush"),
        ("RUST_LOG", "trace"),
    ];
    let (status, printed) = run("check", &variables);
    assert_eq!(status, 1, "{printed}");
    assert!(printed.contains("http://127.0.0.1:9/jwks?(redacted) cannot be reached"), "{printed}");
    assert!(!printed.contains("hush"), "{printed}");
}

/// Runs a command with this environment and no other.
fn run(command: &str, environment: &[(&str, &str)]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .arg(command)
            .env_clear()
            .envs(environment.iter().copied())
            .current_dir(std::env::temp_dir())
            .output()
            .expect("a program that runs");
    let text = String::from_utf8([stdout, stderr].concat()).expect("text");
    (status.code().expect("an exit status"), text)
}
