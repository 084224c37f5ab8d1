//! Settings of the development server: its own issuer alone, and never in production.

use super::*;

const BOX: &str = "http://127.0.0.1:3011/";

fn load(
    variables: &[(&str, &str)],
    flags: &[&str],
) -> Result<(Settings, Vec<String>), SettingsError> {
    let (flags, variable) = (matches(flags), |name: &str| value(variables, name));
    let (settings, ignored) = Settings::load_for_development(&flags, variable, BOX, None)?;
    Ok((settings, ignored.iter().map(ToString::to_string).collect()))
}

#[test]
fn it_trusts_its_own_issuer_whatever_names_another() {
    let file = "
issuer = 'https://c.example/'
jwks_uri = 'https://c.example/jwks'
[[issuers]]
issuer = 'https://d.example/'
audience = 'd'
";
    let files = Directory::new(&[("default.toml", file)]);
    let directory = files.path("");
    let name = |key: &str| format!("{}: {key}", files.path("default.toml"));
    let variables = [
        ("CONFIG_DIR", directory.as_str()),
        ("ISSUER_BASE_URL", "https://a.example/"),
        ("SECRET", SECRET_OF_32),
    ];
    let (settings, removed) = load(&variables, &["--auth0-domain", "tenant.auth0.com"]).unwrap();
    assert_eq!(issuer_names(&settings), [BOX]);
    assert_eq!(settings.audiences, ["http://localhost:3010"]);
    let expected = [
        "ISSUER_BASE_URL".to_owned(),
        "--auth0-domain".to_owned(),
        name("issuer"),
        name("jwks_uri"),
        "SECRET".to_owned(),
        name("issuers"),
    ];
    let reason = "is ignored: the development server trusts its own issuer alone";
    assert_eq!(removed, expected.map(|name| format!("{name} {reason}")));
}

#[test]
fn it_takes_tokens_from_authorization_whatever_names_another_field() {
    let files = Directory::new(&[("default.toml", "token_header = 'X-Token'")]);
    let directory = files.path("");
    let proxies = ("TRUSTED_PROXIES", "127.0.0.0/8");
    let in_file = format!("{}: token_header", files.path("default.toml"));
    let table = [
        (vec![("TOKEN_HEADER", "X-Token"), proxies], vec![], "TOKEN_HEADER"),
        // It is not read, so it conflicts with nothing.
        (vec![("TOKEN_HEADER", "X-Token")], vec![], "TOKEN_HEADER"),
        (vec![("TOKEN_HEADER", "X-Token"), ("DPOP", "required")], vec![], "TOKEN_HEADER"),
        (vec![("TOKEN_HEADER", "no header field")], vec![], "TOKEN_HEADER"),
        (vec![], vec!["--token-header", "X-Token"], "--token-header"),
        (vec![("CONFIG_DIR", directory.as_str())], vec![], in_file.as_str()),
    ];
    let reason =
        "is ignored: the playground and the commands below send the token in Authorization";
    for (variables, flags, name) in table {
        let (settings, ignored) = load(&variables, &flags).unwrap();
        assert_eq!(settings.token_header, None, "{variables:?} {flags:?}");
        assert_ne!(settings.sender.dpop, DpopMode::Off, "{variables:?} {flags:?}");
        assert_eq!(ignored, [format!("{name} {reason}")]);
    }
    for variables in [vec![], vec![proxies], vec![("TOKEN_HEADER", "")]] {
        let (settings, ignored) = load(&variables, &[]).unwrap();
        assert_eq!((settings.token_header, ignored), (None, Vec::new()), "{variables:?}");
    }
}

#[test]
fn an_issuer_known_by_another_name_has_its_key_set_here() {
    let flags = matches(&[]);
    let jwks_uri = "http://127.0.0.1:3011/.well-known/jwks.json";
    let name = "http://issuer:3011/";
    let loaded = Settings::load_for_development(&flags, |_| None, name, Some(jwks_uri));
    let (settings, _) = loaded.unwrap();
    let [issuer] = settings.issuers.as_slice() else { panic!("{settings:?}") };
    assert_eq!(issuer.issuer.as_str(), name);
    assert_eq!(issuer.keys, [KeyOrigin::KeySetUrl(jwks_uri.parse().unwrap())]);
}

#[test]
fn an_audience_of_the_settings_is_kept() {
    for (variables, flags) in [
        (vec![("AUDIENCE", "api")], vec![]),
        (vec![("AUTH0_AUDIENCE", "api")], vec![]),
        (vec![], vec!["--audience", "api"]),
    ] {
        let (settings, removed) = load(&variables, &flags).unwrap();
        assert_eq!((settings.audiences, removed), (vec!["api".to_owned()], Vec::new()));
    }
}

#[test]
fn the_default_audience_is_the_address_of_the_api() {
    let tls = [("TLS_CERT_FILE", "certificate.pem"), ("TLS_KEY_FILE", "key.pem")];
    let tls = [tls.as_slice(), &[("PORT", "8443")]].concat();
    let table = [
        (vec![], "http://localhost:3010"),
        (vec![("PORT", "4010")], "http://localhost:4010"),
        (vec![("PORT", "0")], "http://localhost:3010"),
        (tls, "https://localhost:8443"),
    ];
    for (variables, audience) in table {
        let (settings, _) = load(&variables, &[]).unwrap();
        assert_eq!(settings.audiences, [audience], "{variables:?}");
    }
    let error = load(&[("PORT", "x")], &[]).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
}

#[test]
fn it_does_not_run_in_production() {
    let named = [
        (vec![("ENVIRONMENT", "production")], vec![]),
        (vec![("ENVIRONMENT", " Production")], vec![]),
        (vec![("ENVIRONMENT", "development")], vec!["--environment", "production"]),
    ];
    for (variables, flags) in named {
        let error = load(&variables, &flags).unwrap_err().to_string();
        assert!(error.contains("does not run in production; use the command serve"), "{error}");
    }
    for name in ["development", ""] {
        assert!(load(&[("ENVIRONMENT", name)], &[]).is_ok(), "{name}");
    }
}
