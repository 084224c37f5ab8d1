//! Settings as a whole: which are taken, which are refused and in what words, and which layer wins.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Command;

use super::*;
use crate::token::Algorithm;

/// An issuer and an audience, so that a test can be about something else.
const BASE: [(&str, &str); 2] =
    [("ISSUER_BASE_URL", "https://a.example/"), ("AUDIENCE", "https://api.example/")];

const SECRET_OF_32: &str = "0123456789abcdef0123456789abcdef";

fn load(variables: &[(&str, &str)], flags: &[&str]) -> Result<Settings, SettingsError> {
    let line = std::iter::once("serve").chain(flags.iter().copied());
    let flags = Command::new("serve").args(arguments()).try_get_matches_from(line).unwrap();
    Settings::load(&flags, |name| {
        let found = variables.iter().rev().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn with_base(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    load(&[&BASE, variables].concat(), &[])
}

fn problems(result: Result<Settings, SettingsError>) -> Vec<String> {
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(Problem::to_string).collect(),
    }
}

/// A directory of the test's own, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("actix-resource-server-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn an_issuer_and_an_audience_are_enough() {
    let settings = load(&BASE, &[]).unwrap();
    let issuer = "https://a.example/".parse().unwrap();
    assert_eq!(
        settings,
        Settings {
            issuers: vec![IssuerSettings::Discovered(issuer)],
            audiences: vec!["https://api.example/".to_owned()],
            algorithms: None,
            profile: Profile::Any,
            clock_tolerance: Duration::from_secs(5),
            max_token_age: None,
            resource: Some("https://api.example/".parse().unwrap()),
            realm: "api".parse().unwrap(),
            listen: "127.0.0.1:3010".parse().unwrap(),
            cors_origins: Vec::new(),
            workers: std::thread::available_parallelism().unwrap(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            shutdown_timeout: Duration::from_secs(30),
            key_max_age: Duration::from_secs(3600),
            key_fetch_timeout: Duration::from_secs(5),
        }
    );
}

#[test]
fn every_setting_is_taken_from_its_variable() {
    let settings = with_base(&[
        ("ISSUER_BASE_URL", "https://a.example/, https://b.example/tenant"),
        ("AUTH0_DOMAIN", "Tenant.eu.auth0.com"),
        ("AUDIENCE", "my-api, https://api.example/,my-api"),
        ("ISSUER", "https://c.example/"),
        ("JWKS_URI", "https://c.example/jwks?v=1"),
        ("TOKEN_SIGNING_ALG", "RS256,Ed25519"),
        ("TOKEN_PROFILE", "rfc9068"),
        ("CLOCK_TOLERANCE", "300"),
        ("MAX_TOKEN_AGE", "86400"),
        ("RESOURCE", "https://api.example/v1"),
        ("REALM", "my api"),
        ("HOST", "[::1]"),
        ("PORT", " 0 "),
        ("CORS_ORIGINS", "https://app.example,http://localhost:3000"),
        ("WORKERS", "3"),
        ("RUST_LOG", "warn,awc=debug"),
        ("LOG_FORMAT", "json"),
        ("SHUTDOWN_TIMEOUT", "0"),
        ("KEY_MAX_AGE", "60"),
        ("KEY_FETCH_TIMEOUT", "1"),
    ])
    .unwrap();
    let issuers: Vec<_> = settings.issuers.iter().map(|issuer| issuer.issuer().as_str()).collect();
    let expected = [
        "https://a.example/",
        "https://b.example/tenant",
        "https://tenant.eu.auth0.com/",
        "https://c.example/",
    ];
    assert_eq!(issuers, expected);
    assert!(matches!(settings.issuers.last(), Some(IssuerSettings::KeySetUrl { .. })));
    assert_eq!(settings.audiences, ["my-api", "https://api.example/"]);
    let algorithms = Algorithms::only([Algorithm::Rs256, Algorithm::EdDsa]);
    assert_eq!(settings.algorithms, Some(algorithms));
    assert_eq!(settings.profile, Profile::Rfc9068);
    assert_eq!(settings.clock_tolerance.as_secs(), 300);
    assert_eq!(settings.max_token_age, Some(Duration::from_secs(86_400)));
    assert_eq!(settings.resource.unwrap().as_str(), "https://api.example/v1");
    assert_eq!(settings.realm.as_str(), "my api");
    assert_eq!(settings.listen.to_string(), "[::1]:0");
    let origins: Vec<_> = settings.cors_origins.iter().map(Origin::as_str).collect();
    assert_eq!(origins, ["https://app.example", "http://localhost:3000"]);
    assert_eq!(settings.workers.get(), 3);
    assert_eq!(settings.log_filter, "warn,awc=debug");
    assert_eq!(settings.log_format, LogFormat::Json);
    assert_eq!(settings.shutdown_timeout, Duration::ZERO);
    assert_eq!(settings.key_max_age.as_secs(), 60);
    assert_eq!(settings.key_fetch_timeout.as_secs(), 1);
}

#[test]
fn a_value_that_is_wrong_is_refused_in_these_words() {
    let table: &[(&str, &str, &str)] = &[
        (
            "ISSUER_BASE_URL",
            "a.example",
            "not an absolute URL; it should look like https://issuer.example/",
        ),
        (
            "ISSUER_BASE_URL",
            "http://a.example/",
            "not https (http is accepted for loopback hosts alone)",
        ),
        (
            "ISSUER_BASE_URL",
            "https://a.example/?b",
            "an issuer has no query, fragment, user name or password",
        ),
        (
            "ISSUER_BASE_URL",
            "https://a.example/.well-known/openid-configuration",
            "it is the address of the issuer's metadata; the issuer is the same without .well-known/openid-configuration",
        ),
        (
            "AUTH0_DOMAIN",
            "https://tenant.eu.auth0.com",
            "the domain alone is wanted: tenant.eu.auth0.com",
        ),
        ("AUTH0_DOMAIN", "tenant.eu.auth0.com/", "the domain alone is wanted: tenant.eu.auth0.com"),
        ("AUTH0_DOMAIN", "tenant", "not a whole domain; it should look like tenant.eu.auth0.com"),
        (
            "AUTH0_DOMAIN",
            "tenant.eu.auth0.com:443",
            "not a domain; it should look like tenant.eu.auth0.com",
        ),
        ("AUDIENCE", "api one", "an audience has no blanks; put commas between several"),
        (
            "AUDIENCE",
            "{yourApiIdentifier}",
            "it looks like a placeholder; write the name the issuer knows this API by",
        ),
        ("AUDIENCE", "\"api\"", "the quotes are part of the value; leave them out"),
        ("AUDIENCE", "[\"api\"]", "brackets are for files; here write values with commas"),
        (
            "TOKEN_SIGNING_ALG",
            "none",
            "a token without a signature is never accepted, whatever the settings",
        ),
        (
            "TOKEN_SIGNING_ALG",
            "rs256",
            "names of algorithms are case-sensitive; did you mean RS256?",
        ),
        (
            "TOKEN_SIGNING_ALG",
            "ES512",
            "not supported; the algorithms are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256, HS384, HS512",
        ),
        ("TOKEN_PROFILE", "strict", "not a token profile; it is `any` or `rfc9068`"),
        ("CLOCK_TOLERANCE", "301", "it must be a whole number of seconds from 0 to 300"),
        ("CLOCK_TOLERANCE", "-1", "it must be a whole number of seconds from 0 to 300"),
        ("CLOCK_TOLERANCE", "5s", "it must be a whole number of seconds from 0 to 300"),
        (
            "MAX_TOKEN_AGE",
            "0",
            "it must be a whole number of seconds from 1 to 31536000; leave it out to have no limit",
        ),
        ("RESOURCE", "my-api", "not an absolute URL; it should look like https://api.example/"),
        (
            "RESOURCE",
            "http://api.example/",
            "not https (http is accepted for loopback hosts alone)",
        ),
        (
            "RESOURCE",
            "https://api.example/#a",
            "a resource identifier has no fragment, user name or password",
        ),
        ("REALM", "a\\b", "a realm is printable ASCII text without \" and \\"),
        ("HOST", "api.example", "it must be an IP address such as 127.0.0.1 or ::, or localhost"),
        ("PORT", "65536", "it must be a whole number from 0 to 65535"),
        ("PORT", "+80", "it must be a whole number from 0 to 65535"),
        ("PORT", "99999999999999999999999", "it must be a whole number from 0 to 65535"),
        (
            "CORS_ORIGINS",
            "*",
            "it would let every web page call this API; name each origin that may",
        ),
        (
            "CORS_ORIGINS",
            "https://app.example/",
            "browsers send this origin as https://app.example; write it so",
        ),
        ("CORS_ORIGINS", "app.example", "not an origin; it should look like https://app.example"),
        ("WORKERS", "0", "it must be a whole number from 1 to 1024"),
        (
            "RUST_LOG",
            "a=b",
            "\"b\" is not a level; the levels are off, error, warn, info, debug, trace",
        ),
        ("LOG_FORMAT", "xml", "not a form of log; it is `text` or `json`"),
        ("SHUTDOWN_TIMEOUT", "3601", "it must be a whole number of seconds from 0 to 3600"),
        ("KEY_MAX_AGE", "59", "it must be a whole number of seconds from 60 to 86400"),
        ("KEY_FETCH_TIMEOUT", "61", "it must be a whole number of seconds from 1 to 60"),
        ("CONFIG_DIR", "/no/such/directory", "there is no such directory"),
        ("ENVIRONMENT", "nowhere", "there is no file config/nowhere.toml"),
        ("ENVIRONMENT", "../default", "a name has only letters, digits, - and _"),
    ];
    for (variable, value, advice) in table {
        let expected = format!("{variable} = {value:?}: {advice}");
        assert_eq!(problems(with_base(&[(variable, value)])), [expected]);
    }
}

#[test]
fn issuers_that_do_not_go_together_are_refused_in_these_words() {
    let keys = Directory::new(&[("key.pem", "a key"), ("short", "hush")]);
    let key = keys.path("key.pem");
    let short = keys.path("short");
    let api = ("AUDIENCE", "api");
    let issuer = ("ISSUER", "https://c.example/");
    let base = ("ISSUER_BASE_URL", "https://a.example/");
    let jwks = ("JWKS_URI", "https://c.example/jwks");
    let secret = ("SECRET", SECRET_OF_32);
    let table: Vec<(Vec<(&str, &str)>, String)> = vec![
        (
            vec![issuer],
            "ISSUER = \"https://c.example/\": nothing says how to verify its tokens; add JWKS_URI, \
             PUBLIC_KEY_FILE, SECRET or SECRET_FILE, or use ISSUER_BASE_URL instead to have the \
             keys discovered"
                .to_owned(),
        ),
        (
            vec![jwks],
            "JWKS_URI = \"https://c.example/jwks\": it needs ISSUER beside it: the exact `iss` of \
             the tokens it verifies"
                .to_owned(),
        ),
        (
            vec![secret, base],
            "SECRET = (redacted): it needs ISSUER beside it: the exact `iss` of the tokens it \
             verifies"
                .to_owned(),
        ),
        (
            vec![issuer, jwks, ("PUBLIC_KEY_FILE", &key)],
            format!("PUBLIC_KEY_FILE = {key:?}: JWKS_URI is set too; keep one of them"),
        ),
        (
            vec![issuer, jwks, secret],
            "SECRET = (redacted): JWKS_URI is set too; keep one of them".to_owned(),
        ),
        (
            vec![issuer, ("SECRET", "hush")],
            "SECRET = (redacted): it has 4 bytes; an HMAC secret must have at least 32".to_owned(),
        ),
        (
            vec![issuer, ("SECRET_FILE", &short)],
            format!("SECRET_FILE = {short:?}: it has 4 bytes; an HMAC secret must have at least 32"),
        ),
        (
            vec![issuer, ("PUBLIC_KEY_FILE", "-----BEGIN PUBLIC KEY-----")],
            "PUBLIC_KEY_FILE = (redacted): it holds a key; put the key in a file and set the \
             file's path"
                .to_owned(),
        ),
        (
            vec![issuer, ("PUBLIC_KEY_FILE", "/")],
            "PUBLIC_KEY_FILE = \"/\": it is not a file".to_owned(),
        ),
        (
            vec![("ISSUER_BASE_URL", "https://a.example,https://a.example/")],
            "ISSUER_BASE_URL = \"https://a.example/\": it is listed twice".to_owned(),
        ),
        (
            vec![base, ("ISSUER", "https://a.example"), jwks],
            "ISSUER = \"https://a.example\": the same issuer is discovered already; configure it \
             in one way only"
                .to_owned(),
        ),
        (
            vec![base, ("AUTH0_AUDIENCE", "other")],
            "AUTH0_AUDIENCE = \"other\": AUDIENCE has another value; set only one of them".to_owned(),
        ),
        (
            vec![base, ("TOKEN_SIGNING_ALG", "RS256,HS256")],
            "TOKEN_SIGNING_ALG = \"HS256\": it needs a shared secret, and none is configured; \
             issuers with public keys use algorithms such as RS256 or ES256"
                .to_owned(),
        ),
        (
            vec![issuer, secret, ("TOKEN_SIGNING_ALG", "RS256,HS256")],
            "TOKEN_SIGNING_ALG = \"RS256\": it needs public keys, and the only issuer has a \
             secret, which goes with HS256, HS384 or HS512"
                .to_owned(),
        ),
        (
            vec![issuer, secret, ("TOKEN_SIGNING_ALG", "HS256,HS384")],
            "TOKEN_SIGNING_ALG = \"HS384\": it needs a secret of at least 48 bytes, and this one \
             has 32"
                .to_owned(),
        ),
        (
            vec![issuer, secret, ("TOKEN_SIGNING_ALG", "HS512")],
            "TOKEN_SIGNING_ALG = \"HS512\": it needs a secret of at least 64 bytes, and this one \
             has 32"
                .to_owned(),
        ),
        (
            vec![base, issuer, secret, ("TOKEN_SIGNING_ALG", "RS256")],
            "TOKEN_SIGNING_ALG = \"RS256\": it lists no HMAC algorithm (HS256, HS384, HS512), so no \
             token of the issuer with a secret could pass"
                .to_owned(),
        ),
        (
            vec![base, issuer, secret, ("TOKEN_SIGNING_ALG", "HS256")],
            "TOKEN_SIGNING_ALG = \"HS256\": it lists only HMAC algorithms, so no token of the \
             issuers with public keys could pass"
                .to_owned(),
        ),
    ];
    for (variables, expected) in table {
        let result = load(&[&[api], variables.as_slice()].concat(), &[]);
        assert_eq!(problems(result), [expected]);
    }
}

#[test]
fn one_issuer_named_in_two_ways_is_one_issuer() {
    let tenant = ("ISSUER_BASE_URL", "https://tenant.eu.auth0.com");
    let settings = with_base(&[tenant, ("AUTH0_DOMAIN", "tenant.eu.auth0.com")]).unwrap();
    assert_eq!(settings.issuers.len(), 1);
    let same = ("AUTH0_AUDIENCE", "https://api.example/");
    assert_eq!(with_base(&[same]).unwrap().audiences, ["https://api.example/"]);
}

#[test]
fn nothing_configured_is_answered_with_what_to_do() {
    let both = "\
One setting has to be changed:

  ISSUER_BASE_URL and AUDIENCE: not set, so no token could be accepted. Set the issuer whose tokens \
  to trust and the name it knows this API by:
  
    ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)
    AUDIENCE=https://api.example/
  
  To try the service with nothing configured, run: actix-resource-server dev";
    assert_eq!(load(&[], &[]).unwrap_err().to_string(), both);
    let dev = "run: actix-resource-server dev";
    for given in BASE {
        let problems = problems(load(&[given], &[]));
        assert_eq!(problems.len(), 1);
        assert!(problems.iter().all(|problem| problem.ends_with(dev)), "{problems:?}");
    }
}

#[test]
fn every_problem_is_told_at_once_under_the_name_it_was_set_by() {
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
        format!("{default}: audiance: there is no such key; did you mean audience?"),
        format!("{test}: server: there is no such key; default.toml has them all"),
        "--issuer-base-url = \"a.example\": not an absolute URL; it should look like \
         https://issuer.example/"
            .to_owned(),
        "--clock-tolerance = \"9999\": it must be a whole number of seconds from 0 to 300"
            .to_owned(),
        format!("{default}: realm = \"a\\\"b\": a realm is printable ASCII text without \" and \\"),
        format!("{default}: host: it takes one value, not a list or a table"),
        "PORT = \"x\": it must be a whole number from 0 to 65535".to_owned(),
        format!("{test}: cors_origins: it takes a list of texts"),
        format!("{test}: workers = \"1.5\": it must be a whole number from 1 to 1024"),
    ];
    let mut found = problems(result);
    found.retain(|problem| !problem.starts_with("AUDIENCE: not set"));
    assert_eq!(found, expected);
}

#[test]
fn each_layer_overrides_the_one_below() {
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
    assert_eq!(settings.key_max_age.as_secs(), 3600, "built in");
    assert_eq!(settings.listen.port(), 1, "default.toml");
    assert_eq!(settings.realm.as_str(), "test", "test.toml");
    assert_eq!(settings.audiences, ["z"], "a list is replaced, not joined");
    assert_eq!(settings.workers.get(), 3, "variable");
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
    let port = format!("{}: port: it is empty; its default is 3010", files.path("test.toml"));
    assert_eq!(problems(with_base(&place)), [port]);
    let settings = with_base(&[place.as_slice(), &[("PORT", "1")]].concat()).unwrap();
    assert_eq!((settings.max_token_age, settings.cors_origins), (None, Vec::new()));
}

#[test]
fn the_shipped_environments_are_right() {
    let development = with_base(&[("ENVIRONMENT", "development")]).unwrap();
    assert_eq!(development.log_format, LogFormat::Text);
    let production = with_base(&[("ENVIRONMENT", "production")]).unwrap();
    assert_eq!(production.log_format, LogFormat::Json);
    assert_eq!(production.listen.to_string(), "0.0.0.0:3010");
}

#[test]
fn a_secret_is_read_from_a_file_without_its_newline() {
    let files = Directory::new(&[("secret", &format!("{SECRET_OF_32} \r\n"))]);
    let path = files.path("secret");
    let settings =
        load(&[("ISSUER", "https://c.example/"), ("SECRET_FILE", &path), ("AUDIENCE", "api")], &[])
            .unwrap();
    let [IssuerSettings::Secret { secret, .. }] = settings.issuers.as_slice() else {
        panic!("{settings:?}");
    };
    assert_eq!(secret.as_bytes(), format!("{SECRET_OF_32} ").as_bytes());
    assert_eq!(settings.resource, None, "an audience that is no URL is no resource identifier");
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
        with_base(&[("ISSUER_BASE_URL", "https://me:hush-hush@a.example/.well-known/x")]),
        with_base(&[("AUTH0_DOMAIN", "https://me:hush-hush@a.example/")]),
        with_base(&[("CORS_ORIGINS", "https://me:hush-hush@a.example")]),
        in_environment("test"),
        in_environment("broken"),
    ];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results {
        let text = match result {
            Ok(settings) => format!("{settings:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!text.contains("hush"), "{text}");
    }
}
