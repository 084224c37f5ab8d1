//! Combinations of issuers, keys and algorithms.

use super::*;

#[test]
fn conflicting_settings_are_rejected_with_advice() {
    let megabyte = " ".repeat(1024 * 1024 + 1);
    let keys = Directory::new(&[
        ("key.pem", "a key"),
        ("secret", SECRET_OF_32),
        ("short", "hush"),
        ("large", &megabyte),
    ]);
    let key_of_32 = keys.path("secret");
    let short = keys.path("short");
    let large = keys.path("large");
    let api = ("AUDIENCE", "api");
    let issuer = ("ISSUER", "https://c.example/");
    let base = ("ISSUER_BASE_URL", "https://a.example/");
    let jwks = ("JWKS_URI", "https://c.example/jwks");
    let secret = ("SECRET", SECRET_OF_32);
    let table: [(&[(&str, &str)], &str); 20] = [
        (
            &[issuer],
            "ISSUER = \"https://c.example/\": no keys are configured; add JWKS_URI, \
             PUBLIC_KEY_FILE, SECRET or SECRET_FILE, or use ISSUER_BASE_URL instead to discover the \
             keys",
        ),
        (
            &[jwks],
            "JWKS_URI = \"https://c.example/jwks\": requires ISSUER: the exact `iss` of \
             the tokens it verifies",
        ),
        (
            &[secret, base],
            "SECRET = (redacted): requires ISSUER: the exact `iss` of the tokens it \
             verifies",
        ),
        (
            &[issuer, secret, ("SECRET_FILE", &key_of_32)],
            &format!("SECRET_FILE = {key_of_32:?}: SECRET is set too; keep one of them"),
        ),
        (
            &[issuer, ("SECRET", "hush")],
            "SECRET = (redacted): it has 4 bytes; an HMAC secret must have at least 32",
        ),
        (
            &[issuer, ("SECRET_FILE", &short)],
            &format!(
                "SECRET_FILE = {short:?}: it has 4 bytes; an HMAC secret must have at least 32"
            ),
        ),
        (
            &[issuer, ("PUBLIC_KEY_FILE", "-----BEGIN PUBLIC KEY-----")],
            "PUBLIC_KEY_FILE = (redacted): this is a key; put it in a file and set the \
             path",
        ),
        (&[issuer, ("PUBLIC_KEY_FILE", "/")], "PUBLIC_KEY_FILE = \"/\": not a file"),
        (
            &[issuer, ("PUBLIC_KEY_FILE", &large)],
            &format!("PUBLIC_KEY_FILE = {large:?}: larger than 1048576 bytes, so not a key file"),
        ),
        (
            &[issuer, ("SECRET_FILE", "/dev/zero")],
            "SECRET_FILE = \"/dev/zero\": larger than 65536 bytes, so not a secret",
        ),
        (
            &[issuer, ("PUBLIC_KEY_FILE", "/no/such/file")],
            "PUBLIC_KEY_FILE = \"/no/such/file\": cannot be read: No such file or directory (os \
             error 2)",
        ),
        (
            &[("ISSUER_BASE_URL", "https://a.example,https://a.example/")],
            "ISSUER_BASE_URL = \"https://a.example/\": listed twice",
        ),
        (
            &[base, ("ISSUER", "https://a.example"), jwks],
            "ISSUER = \"https://a.example\": this issuer is also discovered, as \
             https://a.example/; write it alike in both settings",
        ),
        (
            &[base, ("AUTH0_AUDIENCE", "other")],
            "AUTH0_AUDIENCE = \"other\": AUDIENCE has another value; set only one of them",
        ),
        (
            &[base, ("TOKEN_SIGNING_ALG", "RS256,HS256")],
            "TOKEN_SIGNING_ALG = \"HS256\": requires a shared secret, and none is configured; \
             issuers with public keys use algorithms such as RS256 or ES256",
        ),
        (
            &[issuer, secret, ("TOKEN_SIGNING_ALG", "RS256,HS256")],
            "TOKEN_SIGNING_ALG = \"RS256\": requires public keys, and only a secret is \
             configured, which fits HS256, HS384 or HS512",
        ),
        (
            &[issuer, secret, ("TOKEN_SIGNING_ALG", "HS256,HS384")],
            "TOKEN_SIGNING_ALG = \"HS384\": requires a secret of at least 48 bytes; this one \
             has 32",
        ),
        (
            &[issuer, secret, ("TOKEN_SIGNING_ALG", "HS512")],
            "TOKEN_SIGNING_ALG = \"HS512\": requires a secret of at least 64 bytes; this one \
             has 32",
        ),
        (
            &[base, issuer, secret, ("TOKEN_SIGNING_ALG", "RS256")],
            "TOKEN_SIGNING_ALG = \"RS256\": lists no HMAC algorithm (HS256, HS384, HS512), so \
             the secret would never be used",
        ),
        (
            &[base, issuer, secret, ("TOKEN_SIGNING_ALG", "HS256")],
            "TOKEN_SIGNING_ALG = \"HS256\": lists only HMAC algorithms, so the public keys \
             would never be used",
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(problems(load(&[&[api], variables].concat(), &[])), [expected]);
    }
}

#[test]
fn contradictory_key_settings_are_all_reported() {
    let problems = problems(with_base(&[
        ("KEY_MIN_LIFETIME", "4000"),
        ("KEY_MAX_ATTEMPT_GAP", "10"),
        ("KEY_ATTEMPT_GAP", "11"),
        ("KEY_MIN_RETRY", "20"),
    ]));
    let expected = [
        "KEY_MIN_LIFETIME = \"4000\": greater than KEY_MAX_LIFETIME; lower it",
        "config/default.toml: key_max_age = \"3600\": keys would expire before \
         KEY_MIN_LIFETIME allows a refresh; raise it above that",
        "KEY_ATTEMPT_GAP = \"11\": greater than KEY_MAX_ATTEMPT_GAP; lower it",
        "KEY_MIN_RETRY = \"20\": greater than KEY_MAX_RETRY; lower it",
    ];
    assert_eq!(problems, expected);
    let apart = with_base(&[("KEY_MIN_LIFETIME", "5"), ("KEY_ATTEMPT_GAP", "6")]);
    assert_eq!(
        self::problems(apart),
        ["KEY_ATTEMPT_GAP = \"6\": keys could not be refreshed every KEY_MIN_LIFETIME; lower it \
          below that"]
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
            assert_eq!(issuer_names(&settings), [name]);
        }
        let fetched = problems(load(&[("AUDIENCE", "api"), ("ISSUER_BASE_URL", name)], &[]));
        assert_eq!(fetched.len(), 1, "{fetched:?}");
        let http = ("JWKS_URI", "http://keys.example/jwks");
        let fetched = problems(load(&[("AUDIENCE", "api"), ("ISSUER", name), http], &[]));
        assert_eq!(fetched.len(), 1, "{fetched:?}");
    }
}

#[test]
fn the_keys_of_one_issuer_add_up() {
    let keys = Directory::new(&[("key.pem", "a key")]);
    let file = keys.path("key.pem");
    let name = "https://project.supabase.example/auth/v1";
    let (api, issuer) = (("AUDIENCE", "authenticated"), ("ISSUER", name));
    let secret = ("SECRET", SECRET_OF_32);
    let two_sets = ("JWKS_URI", "https://a.example/jwks,https://b.example/jwks");
    let one_set = ("JWKS_URI", "https://a.example/jwks");
    let asymmetric = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA";
    let with_hs256 = format!("{asymmetric} HS256");
    let table = [
        (vec![secret, one_set], "secret url", with_hs256.as_str()),
        (vec![two_sets], "url url", asymmetric),
        (vec![one_set, ("PUBLIC_KEY_FILE", &file)], "file url", asymmetric),
        (vec![("ISSUER_BASE_URL", name), secret], "discovered secret", &with_hs256),
        (vec![secret, one_set, ("TOKEN_SIGNING_ALG", "ES256,HS256")], "secret url", "ES256 HS256"),
    ];
    for (variables, expected, algorithms) in table {
        let settings = load(&[&[api, issuer], variables.as_slice()].concat(), &[]).unwrap();
        let [issuer] = settings.issuers.as_slice() else { panic!("{settings:?}") };
        assert_eq!(key_kinds(issuer), expected);
        assert_eq!(algorithm_names(issuer), algorithms);
        for keys in &issuer.keys {
            let is_secret = matches!(keys, KeyOrigin::Secret(_));
            let fits = |a: Algorithm| a.to_string().starts_with("HS") == is_secret;
            assert!(issuer.algorithms_of(keys).iter().all(fits), "RFC 8725 3.1");
        }
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
fn missing_settings_are_reported_with_instructions() {
    let both = "\
One setting must be changed:

  ISSUER_BASE_URL and AUDIENCE: not set. Set the issuer to trust and the audience of this API, which \
  is its name in tokens:

    ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)
    AUDIENCE=https://api.example/

  To try the service without configuration, run: actix-resource-server dev";
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
    let [issuer] = settings.issuers.as_slice() else { panic!("{settings:?}") };
    let [KeyOrigin::SecretFile(_, secret)] = issuer.keys.as_slice() else {
        panic!("{settings:?}");
    };
    assert_eq!(secret.as_bytes(), format!("{SECRET_OF_32} ").as_bytes());
    assert_eq!(settings.resource, None, "an audience that is no URL is no resource identifier");
}
