//! Issuers, keys and algorithms that do or do not go together.

use super::*;

#[test]
fn issuers_that_do_not_go_together_are_refused_in_these_words() {
    let megabyte = " ".repeat(1024 * 1024 + 1);
    let keys = Directory::new(&[("key.pem", "a key"), ("short", "hush"), ("large", &megabyte)]);
    let key = keys.path("key.pem");
    let short = keys.path("short");
    let large = keys.path("large");
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
            vec![issuer, ("PUBLIC_KEY_FILE", &large)],
            format!(
                "PUBLIC_KEY_FILE = {large:?}: it has more than 1048576 bytes, so it holds \
                 something else"
            ),
        ),
        (
            vec![issuer, ("SECRET_FILE", "/dev/zero")],
            "SECRET_FILE = \"/dev/zero\": it has more than 65536 bytes, so it holds something else"
                .to_owned(),
        ),
        (
            vec![issuer, ("PUBLIC_KEY_FILE", "/no/such/file")],
            "PUBLIC_KEY_FILE = \"/no/such/file\": it cannot be read: No such file or directory (os \
             error 2)"
                .to_owned(),
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
fn numbers_for_keys_that_contradict_each_other_are_refused_together() {
    let problems = problems(with_base(&[
        ("KEY_MIN_LIFETIME", "4000"),
        ("KEY_ATTEMPT_WINDOW", "10"),
        ("KEY_ATTEMPT_GAP", "11"),
        ("KEY_MIN_RETRY", "20"),
    ]));
    let expected = [
        "KEY_MIN_LIFETIME = \"4000\": it is more than KEY_MAX_LIFETIME; make it less",
        "config/default.toml: key_max_age = \"3600\": keys would be too old to be used before \
         KEY_MIN_LIFETIME lets them be refreshed; make it more than that",
        "KEY_ATTEMPT_GAP = \"11\": it is more than KEY_ATTEMPT_WINDOW; make it less",
        "KEY_MIN_RETRY = \"20\": it is more than KEY_MAX_RETRY; make it less",
    ];
    assert_eq!(problems, expected);
    let few = with_base(&[("KEY_ATTEMPT_WINDOW", "301")]);
    assert_eq!(
        self::problems(few),
        ["config/default.toml: key_max_attempts = \"5\": too few to refresh keys every \
          KEY_MIN_LIFETIME; raise it, or lower KEY_ATTEMPT_WINDOW"]
    );
}

#[test]
fn https_matters_only_for_an_issuer_that_is_fetched_from() {
    let keys = Directory::new(&[("key.pem", "a key")]);
    let file = keys.path("key.pem");
    let names =
        ["accounts.google.com", "http://sts.example/adfs/services/trust", "supabase", "urn:a:b"];
    let ways = [
        ("JWKS_URI", "https://keys.example/jwks"),
        ("PUBLIC_KEY_FILE", &file),
        ("SECRET", SECRET_OF_32),
    ];
    for name in names {
        for way in ways {
            let settings = load(&[("AUDIENCE", "api"), ("ISSUER", name), way], &[]).unwrap();
            let issuers: Vec<_> = settings.issuers.iter().map(|i| i.issuer.as_str()).collect();
            assert_eq!(issuers, [name]);
        }
        let fetched = problems(load(&[("AUDIENCE", "api"), ("ISSUER_BASE_URL", name)], &[]));
        assert_eq!(fetched.len(), 1, "{fetched:?}");
        let http = ("JWKS_URI", "http://keys.example/jwks");
        let fetched = problems(load(&[("AUDIENCE", "api"), ("ISSUER", name), http], &[]));
        assert_eq!(fetched.len(), 1, "{fetched:?}");
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
One setting must be changed:

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
fn a_secret_is_read_from_a_file_without_its_newline() {
    let files = Directory::new(&[("secret", &format!("{SECRET_OF_32} \r\n"))]);
    let path = files.path("secret");
    let settings =
        load(&[("ISSUER", "https://c.example/"), ("SECRET_FILE", &path), ("AUDIENCE", "api")], &[])
            .unwrap();
    let [IssuerSettings { keys: KeyOrigin::Secret(secret), .. }] = settings.issuers.as_slice()
    else {
        panic!("{settings:?}");
    };
    assert_eq!(secret.as_bytes(), format!("{SECRET_OF_32} ").as_bytes());
    assert_eq!(settings.resource, None, "an audience that is no URL is no resource identifier");
}
