//! Settings that contradict each other or have another form than they should, changed as advised.

use super::load;
use crate::check_advice::file as temporary;

/// What is set, the advice, and the settings after it.
type Conflict<'a> = (Vec<(&'a str, &'a str)>, &'a str, Vec<(&'a str, &'a str)>);

#[test]
fn each_conflict_ends_as_advised() {
    let api = ("AUDIENCE", "my-api");
    let base = ("ISSUER_BASE_URL", "https://issuer.example/");
    let name = ("ISSUER", "https://issuer.example/");
    let keys = ("JWKS_URI", "https://keys.example/jwks");
    let secret = ("SECRET", "a secret of thirty-two bytes or more");
    let algorithm = |list| ("TOKEN_SIGNING_ALG", list);
    let (file, text) = (temporary("a secret of thirty-two bytes or more"), temporary("any text"));
    let pem = temporary("a key");
    let in_file = ("SECRET_FILE", file.path());
    let key_file = ("PUBLIC_KEY_FILE", pem.path());
    let [certificate, key] = [("TLS_CERT_FILE", text.path()), ("TLS_KEY_FILE", text.path())];
    let tls = ("CLIENT_CERTIFICATE", "tls");
    let nonces = temporary(&"A".repeat(43));
    let nonce = ("DPOP_NONCE_KEY_FILE", nonces.path());
    let introspection = ("INTROSPECTION", "opaque");
    let client = ("INTROSPECTION_CLIENT_ID", "my-api");
    let password = ("INTROSPECTION_CLIENT_SECRET", "secret");
    let endpoint = ("INTROSPECTION_URL", "https://issuer.example/introspect");
    let proxies = ("TRUSTED_PROXIES", "10.0.0.0/8");
    let table: Vec<Conflict<'_>> = vec![
        // Issuers and keys.
        (vec![name, api], "add JWKS_URI, PUBLIC_KEY_FILE, SECRET", vec![name, api, key_file]),
        (vec![name, api], "SECRET or SECRET_FILE", vec![name, api, in_file]),
        (vec![name, api], "use ISSUER_BASE_URL instead", vec![base, api]),
        (vec![name, api, secret, in_file], "keep one of them", vec![name, api, in_file]),
        (
            vec![base, ("ISSUER", "https://issuer.example"), keys, api],
            "write it alike in both settings",
            vec![base, name, keys, api],
        ),
        (
            vec![("ISSUER_BASE_URL", "https://issuer.example/,https://issuer.example"), api],
            "listed twice",
            vec![base, api],
        ),
        (
            vec![base, api, ("AUTH0_AUDIENCE", "another")],
            "set only one of them",
            vec![base, ("AUTH0_AUDIENCE", "another")],
        ),
        (
            vec![name, api, ("PUBLIC_KEY_FILE", "-----BEGIN PUBLIC KEY-----")],
            "put it in a file and set the path",
            vec![name, api, key_file],
        ),
        (
            vec![("ISSUER_BASE_URL", "https://issuer.example/{tenantid}/v2.0"), api],
            "write common or organizations in place of {tenantid}, and set TENANTS",
            vec![
                ("ISSUER_BASE_URL", "https://issuer.example/common/v2.0"),
                api,
                ("TENANTS", "t-1"),
            ],
        ),
        (
            vec![("ISSUER", "https://issuer.example/{tenantid}/v2.0"), keys, api],
            "list the tenant IDs to accept, or any",
            vec![
                ("ISSUER", "https://issuer.example/{tenantid}/v2.0"),
                keys,
                api,
                ("TENANTS", "any"),
            ],
        ),
        (
            vec![base, api, ("TENANTS", "*")],
            "write any to accept every tenant",
            vec![base, api, ("TENANTS", "any")],
        ),
        (
            vec![base, api, ("TENANTS", "any,t-1")],
            "write it alone, or the IDs without it",
            vec![base, api, ("TENANTS", "t-1")],
        ),
        // Algorithms.
        (
            vec![base, api, algorithm("HS256")],
            "issuers with public keys use algorithms such as RS256 or ES256",
            vec![base, api, algorithm("RS256,ES256")],
        ),
        (
            vec![name, api, secret, algorithm("RS256")],
            "which fits HS256, HS384 or HS512",
            vec![name, api, secret, algorithm("HS256")],
        ),
        (
            vec![base, name, api, secret, algorithm("RS256")],
            "lists no HMAC algorithm (HS256, HS384, HS512)",
            vec![base, name, api, secret, algorithm("RS256,HS256")],
        ),
        (
            vec![base, name, api, secret, algorithm("HS256")],
            "lists only HMAC algorithms",
            vec![base, name, api, secret, algorithm("RS256,HS256")],
        ),
        // Times of key fetching.
        (
            vec![base, api, ("KEY_ATTEMPT_GAP", "20"), ("KEY_MAX_ATTEMPT_GAP", "15")],
            "greater than KEY_MAX_ATTEMPT_GAP; lower it",
            vec![base, api, ("KEY_ATTEMPT_GAP", "10"), ("KEY_MAX_ATTEMPT_GAP", "15")],
        ),
        (
            vec![base, api, ("KEY_MIN_LIFETIME", "600"), ("KEY_MAX_AGE", "300")],
            "raise it above that",
            vec![base, api, ("KEY_MIN_LIFETIME", "600"), ("KEY_MAX_AGE", "900")],
        ),
        (
            vec![base, api, ("KEY_MIN_LIFETIME", "1200")],
            "it must be between KEY_MIN_LIFETIME and KEY_MAX_LIFETIME",
            vec![base, api, ("KEY_MIN_LIFETIME", "1200"), ("KEY_LIFETIME", "1800")],
        ),
        // The server.
        (vec![base, api, certificate], "set TLS_KEY_FILE", vec![base, api, certificate, key]),
        (vec![base, api, key], "set TLS_CERT_FILE", vec![base, api, certificate, key]),
        (
            vec![base, api, tls],
            "set TLS_CERT_FILE and TLS_KEY_FILE",
            vec![base, api, tls, certificate, key],
        ),
        (
            vec![base, api, ("CLIENT_CA_FILE", text.path()), certificate, key],
            "set CLIENT_CERTIFICATE=tls",
            vec![base, api, ("CLIENT_CA_FILE", text.path()), certificate, key, tls],
        ),
        (
            vec![base, api, ("MANAGEMENT_ADDR", "127.0.0.1:3010")],
            "use another port",
            vec![base, api, ("MANAGEMENT_ADDR", "127.0.0.1:3011")],
        ),
        (
            vec![base, api, nonce],
            "set DPOP_NONCE=required",
            vec![base, api, nonce, ("DPOP_NONCE", "required")],
        ),
        (
            vec![
                base,
                api,
                proxies,
                ("FORWARD_AUTH", "policy.toml"),
                ("TOKEN_HEADER", "X-Auth-Token"),
            ],
            "set another prefix, such as X-Identity-",
            vec![
                base,
                api,
                proxies,
                ("FORWARD_AUTH", "policy.toml"),
                ("TOKEN_HEADER", "X-Auth-Token"),
                ("IDENTITY_HEADER_PREFIX", "X-Identity-"),
            ],
        ),
        // Introspection.
        (
            vec![base, api, client, password],
            "unless INTROSPECTION is opaque or always",
            vec![base, api, client, password, introspection],
        ),
        (
            vec![base, api, introspection, password],
            "register this API as a client of the issuer and set its client id",
            vec![base, api, introspection, password, client],
        ),
        (
            vec![base, api, introspection, client],
            "set it, or INTROSPECTION_CLIENT_SECRET",
            vec![base, api, introspection, client, password],
        ),
        (
            vec![base, api, introspection, client],
            "set it, or INTROSPECTION_CLIENT_SECRET",
            vec![base, api, introspection, client, ("INTROSPECTION_SECRET_FILE", file.path())],
        ),
        (
            vec![name, keys, api, introspection, client, password],
            "INTROSPECTION_URL: missing",
            vec![name, keys, api, introspection, client, password, endpoint],
        ),
        // Forms of values.
        (vec![base, ("AUDIENCE", "\"my-api\"")], "remove the quotes", vec![base, api]),
        (
            vec![base, ("AUDIENCE", "[my-api,other]")],
            "separate values with commas here",
            vec![base, ("AUDIENCE", "my-api,other")],
        ),
        (
            vec![base, ("AUDIENCE", "my-api other")],
            "separate several with commas",
            vec![base, ("AUDIENCE", "my-api,other")],
        ),
        (
            vec![base, api, ("ROLES_CLAIM", "realm_access..roles")],
            "write a claim such as roles, realm_access.roles",
            vec![base, api, ("ROLES_CLAIM", "realm_access.roles")],
        ),
        (
            vec![base, api, ("ROLES_CLAIM", "//realm_access/roles")],
            "the JSON pointer /realm_access/roles",
            vec![base, api, ("ROLES_CLAIM", "/realm_access/roles")],
        ),
        (vec![base, api, ("MAX_TOKEN_AGE", "0")], "leave it unset for no limit", vec![base, api]),
        (
            vec![base, api, ("TRUSTED_PROXIES", "10.0.0.1/8")],
            "leave the prefix length out for one address",
            vec![base, api, ("TRUSTED_PROXIES", "10.0.0.1")],
        ),
    ];
    for (set, advice, followed) in table {
        let error = load(&set).expect_err(advice).to_string();
        assert!(error.contains(advice), "{advice}: {error}");
        let loaded = load(&followed).map(drop).map_err(|error| error.to_string());
        assert_eq!(loaded, Ok(()), "{followed:?}");
    }
}
