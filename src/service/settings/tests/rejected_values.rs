//! Invalid values of single settings, and their messages.

use super::*;

/// Variable, value and advice.
const INVALID: &str = r#"
ISSUER_BASE_URL | a.example | not an absolute URL; it should look like https://issuer.example/
ISSUER_BASE_URL | http://a.example/ | not https (http is accepted only for loopback hosts, and for those in ALLOW_HTTP_ISSUERS)
ISSUER_BASE_URL | https://a.example/?b | an issuer has no query, fragment, user name or password
ISSUER_BASE_URL | https://a.example/.well-known/openid-configuration | this is the URL of the issuer's metadata; the issuer is the same without .well-known/openid-configuration
AUTH0_DOMAIN | https://tenant.eu.auth0.com | write only the domain: tenant.eu.auth0.com
AUTH0_DOMAIN | tenant.eu.auth0.com/ | write only the domain: tenant.eu.auth0.com
AUTH0_DOMAIN | tenant | not a full domain; it should look like tenant.eu.auth0.com
AUTH0_DOMAIN | tenant.eu.auth0.com:443 | not a domain; it should look like tenant.eu.auth0.com
AUDIENCE | api one | an audience contains no spaces; separate several with commas
AUDIENCE | {yourApiIdentifier} | this is a placeholder; write the audience that the issuer has for this API
AUDIENCE | "api" | remove the quotes; they are part of the value
AUDIENCE | ["api"] | brackets are for files; separate values with commas here
TENANTS | any,72f988bf-86f1-41af-91ab-2d7cd011db47 | any accepts every tenant; write it alone, or the IDs without it
TENANTS | * | write any to accept every tenant
TENANTS | shop/a | a tenant ID consists of letters, digits, dots, hyphens and underscores
ISSUER_BASE_URL | https://login.microsoftonline.com/{tenantid}/v2.0 | this is a template, not an address; write common or organizations in place of {tenantid}, and set TENANTS, or write the ID of one tenant
TOKEN_SIGNING_ALG | none | unsigned tokens are never accepted
TOKEN_SIGNING_ALG | rs256 | algorithm names are case-sensitive; did you mean RS256?
TOKEN_SIGNING_ALG | Ed448 | not supported; supported are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, ES256K, ML-DSA-44, ML-DSA-65, ML-DSA-87, HS256, HS384, HS512
ROLES_CLAIM | realm_access. | part of the path is empty; write a claim such as roles, realm_access.roles, or the JSON pointer /realm_access/roles
SCOPE_CLAIM | / | part of the path is empty; write a claim such as roles, realm_access.roles, or the JSON pointer /realm_access/roles
CLIENT_IDS | <client> | this is a placeholder; write the client id that the issuer has for the client
TOKEN_PROFILE | strict | not a token profile; it is `any` or `rfc9068`
TOKEN_PROFILE | RFC9068 | not a token profile; it is `any` or `rfc9068`
CLOCK_TOLERANCE | 301 | it must be a whole number of seconds from 0 to 300
CLOCK_TOLERANCE | -1 | it must be a whole number of seconds from 0 to 300
CLOCK_TOLERANCE | 5s | it must be a whole number of seconds from 0 to 300
MAX_TOKEN_AGE | 0 | it must be a whole number of seconds from 1 to 31536000; leave it unset for no limit
RESOURCE | my-api | not an absolute URL; it should look like https://api.example/
RESOURCE | http://api.example/ | not https (http is accepted only for loopback hosts)
RESOURCE | https://api.example/#a | a resource identifier has no fragment, user name or password
REALM | a\b | a realm is printable ASCII without double quote and backslash
HOST | api.example | it must be an IP address such as 127.0.0.1 or ::, or localhost
PORT | 65536 | it must be a whole number from 0 to 65535
PORT | +80 | it must be a whole number from 0 to 65535
PORT | 99999999999999999999999 | it must be a whole number from 0 to 65535
CORS_ORIGINS | * | it would let any web page call this API; list each origin instead
CORS_ORIGINS | https://app.example/ | browsers send this origin as https://app.example; write it like that
CORS_ORIGINS | app.example | not an origin; it should look like https://app.example
WORKERS | 513 | it must be a whole number from 1 to 512
TLS_CERT_FILE | /run/tls.crt | TLS also requires the key: set TLS_KEY_FILE
TLS_KEY_FILE | /run/tls.key | TLS also requires the certificate: set TLS_CERT_FILE
RELOAD_INTERVAL | 0 | it must be a whole number of seconds from 1 to 86400
MAX_CONNECTIONS | 0 | it must be a whole number from 1 to 1000000
MAX_CONNECTIONS_PER_ADDRESS | 0 | it must be a whole number from 1 to 1000000
MAX_HEAD_SIZE | 131073 | it must be a whole number of bytes from 1024 to 131072
MAX_BODY_SIZE | 1 MiB | it must be a whole number of bytes from 0 to 1073741824
HEAD_TIMEOUT | 0 | it must be a whole number of seconds from 1 to 3600
BODY_TIMEOUT | 0 | it must be a whole number of seconds from 1 to 3600
STALL_TIMEOUT | 0 | it must be a whole number of seconds from 1 to 3600
KEEP_ALIVE | 0 | it must be a whole number of seconds from 1 to 3600
TOKEN_CACHE_ENTRIES | many | it must be a whole number from 0 to 1000000000
TOKEN_CACHE_BYTES | 64MiB | it must be a whole number of bytes from 0 to 1099511627776
RATE_LIMIT_PER_ADDRESS | 0 | it must be a whole number from 1 to 1000000
RATE_LIMIT_PER_SUBJECT | 10/s | it must be a whole number from 1 to 1000000
RATE_LIMIT_BURST | 0 | it must be a whole number from 1 to 1000000
RATE_LIMIT_CALLERS | 1000 | it must be a whole number from 1024 to 10000000
TRUSTED_PROXIES | proxy.example | not a network; it should look like 10.0.0.0/8 or 192.0.2.1
TRUSTED_PROXIES | 10.0.0.1/8 | the address is not the first of its block; leave the prefix length out for one address
ALLOW_HTTP_ISSUERS | keycloak:8080 | it must be a host name without a port, an IP address or a network such as 10.0.0.0/8
KEY_FETCH_CA_FILE | /no/such/file | cannot be read: No such file or directory (os error 2)
KEY_FETCH_TOKEN_FILE | /no/such/file | cannot be read: No such file or directory (os error 2)
READY_ISSUERS | ALL | it must be any or all
IDENTITY_HEADER_PREFIX | X-Auth | it must be letters, digits and hyphens, and end with a hyphen, such as X-Auth-
IDENTITY_HEADER_PREFIX | Proxy- | other fields begin with it, which proxies would strip; take one of its own, such as X-Auth-
FORWARD_AUTHORIZATION | strip | it must be keep or remove
SHUTDOWN_DELAY | 3601 | it must be a whole number of seconds from 0 to 3600
RUST_LOG | a=b | "b" is not a level; the levels are off, error, warn, info, debug, trace
LOG_FORMAT | xml | not a log format; use `text` or `json`
ACCESS_LOG | 1 | it must be on or off
REFUSAL_LOG_INTERVAL | 3601 | it must be a whole number of seconds from 0 to 3600
MANAGEMENT_ADDR | 3012 | it must be an IP address and a port, such as 127.0.0.1:3012, or off
MANAGEMENT_ADDR | 127.0.0.1:3010 | the API listens on 127.0.0.1:3010 (HOST and PORT); use another port
MANAGEMENT_ADDR | 0.0.0.0:3010 | the API listens on 127.0.0.1:3010 (HOST and PORT); use another port
SHUTDOWN_TIMEOUT | 3601 | it must be a whole number of seconds from 0 to 3600
KEY_MAX_AGE | 59 | it must be a whole number of seconds from 60 to 86400
KEY_LIFETIME | 0 | it must be a whole number of seconds from 1 to 86400
KEY_LIFETIME | 59 | it must be between KEY_MIN_LIFETIME and KEY_MAX_LIFETIME
KEY_MIN_LIFETIME | 86401 | it must be a whole number of seconds from 1 to 86400
KEY_MAX_LIFETIME | 1h | it must be a whole number of seconds from 1 to 86400
KEY_METADATA_LIFETIME | 59 | it must be a whole number of seconds from 60 to 86400
KEY_MAX_ATTEMPT_GAP | 0 | it must be a whole number of seconds from 1 to 300
KEY_ATTEMPT_GAP | 61 | it must be a whole number of seconds from 1 to 60
KEY_MIN_RETRY | 0 | it must be a whole number of seconds from 1 to 300
KEY_MIN_RETRY | 16 | greater than KEY_MAX_RETRY; lower it
KEY_MAX_RETRY | 301 | it must be a whole number of seconds from 1 to 300
KEY_MAX_RETRY_AFTER | 3601 | it must be a whole number of seconds from 0 to 3600
KEY_MAX_BYTES | 1023 | it must be a whole number from 1024 to 16777216
KEY_MAX_COUNT | 1025 | it must be a whole number from 1 to 1024
KEY_FETCH_TIMEOUT | 61 | it must be a whole number of seconds from 1 to 60
CONFIG_DIR | /no/such/directory | there is no such directory
ENVIRONMENT | nowhere | there is no file config/nowhere.toml
ENVIRONMENT | ../default | a name contains only letters, digits, - and _
"#;

#[test]
fn each_invalid_value_is_rejected_with_advice() {
    for row in INVALID.trim().lines() {
        let [variable, value, advice] = row.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let shown = value.replace("?b", "?(redacted)");
        let expected = format!("{variable} = {shown:?}: {advice}");
        assert_eq!(problems(with_base(&[(variable, value)])), [expected]);
    }
}

#[test]
fn an_invalid_proxy_is_rejected_without_its_credentials() {
    let table = [
        ("socks5://me:hush@proxy.example", "only http and https proxies are supported"),
        ("http://me:hush@proxy.example/x", "the address of a proxy ends with its port"),
    ];
    for (value, advice) in table {
        for variable in ["HTTPS_PROXY", "http_proxy"] {
            let problems = with_base(&[(variable, value)]).expect_err(value);
            assert!(!problems.to_string().contains("hush"), "{problems}");
            let problem = format!("{variable} = (redacted): {advice}");
            assert!(problems.to_string().contains(&problem), "{problems}");
        }
    }
}
