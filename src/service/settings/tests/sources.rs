//! Precedence of files, variables and flags, and the names in problems.

use super::*;

#[test]
fn all_problems_are_reported_under_the_names_that_were_used() {
    let files = Directory::new(&[
        ("default.toml", "audiance = 'x'\nrealm = 'a\"b'\nhost = ['a']"),
        ("test.toml", "workers = 1.5\n[cors_origins]\na = 1\n[server]\nport = 1"),
    ]);
    let result = load(
        &[("CONFIG_DIR", &files.path("")), ("ENVIRONMENT", "test"), ("PORT", "x")],
        &["--clock-tolerance", "9999", "--issuer-base-url", "a.example"],
    );
    let (default, test) = (files.path("default.toml"), files.path("test.toml"));
    let expected = [
        format!("{default}: audiance: unknown key; did you mean audience?"),
        format!("{test}: cors_origins: no key takes a table"),
        format!("{test}: server: unknown key; default.toml lists all keys"),
        "--issuer-base-url = \"a.example\": not an absolute URL; it should look like \
         https://issuer.example/"
            .to_owned(),
        "--clock-tolerance = \"9999\": it must be a whole number of seconds from 0 to 300"
            .to_owned(),
        format!(
            "{default}: realm = \"a\\\"b\": a realm is printable ASCII without double quote and backslash"
        ),
        format!("{default}: host: takes one value, not a list"),
        "PORT = \"x\": it must be a whole number from 0 to 65535".to_owned(),
        format!("{test}: workers = \"1.5\": it must be a whole number from 1 to 512"),
    ];
    let mut found = problems(result);
    found.retain(|problem| !problem.starts_with("AUDIENCE: not set"));
    assert_eq!(found, expected);
}

#[test]
fn each_source_overrides_the_lower_ones() {
    let files = Directory::new(&[
        (
            "default.toml",
            "port = 1\nrealm = 'default'\nworkers = 1\nclock_tolerance = 1\naudience = ['x', 'y']",
        ),
        (
            "test.toml",
            "realm = 'test'\nworkers = 2\nclock_tolerance = 2\naudience = 'z'\nmax_token_age = 7",
        ),
    ]);
    let directory = files.path("");
    let variables = [
        ("ISSUER_BASE_URL", "https://a.example/"),
        ("CONFIG_DIR", directory.as_str()),
        ("ENVIRONMENT", "test"),
        ("WORKERS", "3"),
        ("CLOCK_TOLERANCE", "3"),
        ("MAX_TOKEN_AGE", " "),
    ];
    let settings = load(&variables, &["--clock-tolerance", "4"]).unwrap();
    assert_eq!(settings.keys.max_key_age.as_secs(), 3600, "built in");
    assert_eq!(settings.server.listen.port(), 1, "default.toml");
    assert_eq!(settings.realm.as_str(), "test", "test.toml");
    assert_eq!(settings.audiences, ["z"], "a list is replaced, not joined");
    assert_eq!(settings.server.workers.get(), 3, "variable");
    assert_eq!(settings.clock_tolerance.as_secs(), 4, "flag");
    assert_eq!(
        settings.max_token_age,
        Some(Duration::from_secs(7)),
        "an empty variable is not set"
    );

    let flags = ["--config-dir", &directory, "--environment", "test", "--audience", "a"];
    let settings = load(&BASE[..1], &flags).unwrap();
    assert_eq!(settings.audiences, ["a"]);
    assert_eq!(settings.realm.as_str(), "test");
}

#[test]
fn an_empty_text_in_a_file_unsets_what_is_below() {
    let files = Directory::new(&[
        ("default.toml", "max_token_age = 7\ncors_origins = ['https://a.example']"),
        ("test.toml", "max_token_age = ''\ncors_origins = []\nport = ''"),
    ]);
    let place = [("CONFIG_DIR", files.path("")), ("ENVIRONMENT", "test".to_owned())];
    let place: Vec<_> = place.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let port = format!("{}: port: empty; the default is 3010", files.path("test.toml"));
    assert_eq!(problems(with_base(&place)), [port]);
    let settings = with_base(&[place.as_slice(), &[("PORT", "1")]].concat()).unwrap();
    assert_eq!((settings.max_token_age, settings.cors_origins), (None, Vec::new()));
}

#[test]
fn the_shipped_environments_are_valid() {
    let development = with_base(&[("ENVIRONMENT", "development")]).unwrap();
    assert_eq!(development.log.format, LogFormat::Text);
    let production = with_base(&[("ENVIRONMENT", "production")]).unwrap();
    assert_eq!(production.log.format, LogFormat::Json);
    assert_eq!(production.server.listen.to_string(), "0.0.0.0:3010");
}

#[test]
fn a_secret_is_never_shown() {
    let files = Directory::new(&[
        ("test.toml", "secret = ['hush-hush']\nsecrt = 'hush-hush'"),
        ("broken.toml", "secret = 'hush-hush"),
    ]);
    let directory = files.path("");
    let in_environment =
        |name| with_base(&[("CONFIG_DIR", directory.as_str()), ("ENVIRONMENT", name)]);
    let issuer = ("ISSUER", "https://c.example/");
    let long = format!("hush-hush{SECRET_OF_32}");
    let results = [
        with_base(&[issuer, ("SECRET", &long)]),
        with_base(&[issuer, ("SECRET", &long), ("PORT", "x")]),
        with_base(&[("SECRET", &long)]),
        with_base(&[issuer, ("SECRET", "hush-hush")]),
        with_base(&[issuer, ("SECRET", &long), ("TOKEN_SIGNING_ALG", "HS512")]),
        with_base(&[issuer, ("SECRET", "hush-hush\u{fffd}")]),
        with_base(&[issuer, ("SECRET_FILE", "hush-hush")]),
        with_base(&[("ISSUER_BASE_URL", "https://me:hush-hush@a.example/.well-known/x")]),
        with_base(&[("AUTH0_DOMAIN", "https://me:hush-hush@a.example/")]),
        with_base(&[("CORS_ORIGINS", "https://me:hush-hush@a.example")]),
        with_base(&[issuer, ("JWKS_URI", "https://c.example/?key=hush-hush")]),
        with_base(&[issuer, ("JWKS_URI", "http://c.example/?key=hush-hush")]),
        with_base(&[("JWKS_URI", "https://c.example/?key=hush-hush")]),
        in_environment("test"),
        in_environment("broken"),
    ];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
    for result in results {
        let text = match result {
            Ok(settings) => format!("{settings:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!text.contains("hush"), "{text}");
    }
}
