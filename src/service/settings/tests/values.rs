//! Valid values of single settings.

use super::*;
use crate::sender::DpopMode;
use crate::service::ReadyIssuers;
use crate::token::{GrantClaims, RsaLimits};

#[test]
fn an_issuer_and_an_audience_are_enough() {
    let settings = load(&BASE, &[]).unwrap();
    let issuer = "https://a.example/".parse().unwrap();
    assert_eq!(
        settings,
        Settings {
            issuers: vec![IssuerSettings {
                issuer,
                keys: vec![KeyOrigin::Discovered],
                audiences: vec!["https://api.example/".to_owned()],
                client_ids: Vec::new(),
                grants: GrantClaims::default(),
                tenants: None,
                algorithms: Algorithms::DEFAULT,
                profile: Profile::Any,
                dpop: DpopMode::Allowed,
                introspection: None,
            }],
            audiences: vec!["https://api.example/".to_owned()],
            clock_tolerance: Duration::from_secs(5),
            max_token_age: None,
            resource: Some("https://api.example/".parse().unwrap()),
            realm: "api".parse().unwrap(),
            cors_origins: Vec::new(),
            token_header: None,
            forward_auth: None,
            keys: KeyRefresh::default(),
            key_fetch: KeyFetchSettings::default(),
            token_cache: CacheLimits::default(),
            sender: SenderSettings {
                dpop: DpopMode::Allowed,
                public_urls: [
                    "https://api.example",
                    "http://127.0.0.1:3010",
                    "http://localhost:3010"
                ]
                .map(|url| url.parse().unwrap())
                .to_vec(),
                algorithms: Algorithms::DEFAULT,
                max_age: Duration::from_secs(60),
                tolerance: Duration::from_secs(10),
                nonces: None,
                proof_entries: 1_000_000,
                shared_memory: None,
                certificates: None,
            },
            introspection: IntrospectionLimits {
                cache: Duration::from_secs(30),
                stale: Duration::ZERO,
                rate: 100,
            },
            server: ServerSettings {
                listen: "127.0.0.1:3010".parse().unwrap(),
                management: Some("127.0.0.1:3012".parse().unwrap()),
                ready_issuers: ReadyIssuers::Any,
                workers: std::thread::available_parallelism().unwrap(),
                tls: None,
                reload_interval: Duration::from_secs(60),
                limits: Limits {
                    connections: 2048,
                    connections_per_address: None,
                    head_size: 32_768,
                    body_size: 1_048_576,
                    head_timeout: Duration::from_secs(5),
                    body_timeout: Duration::from_secs(30),
                    stall_timeout: Duration::from_secs(30),
                    keep_alive: Duration::from_secs(75),
                },
                shutdown_delay: Duration::ZERO,
                shutdown_timeout: Duration::from_secs(30),
            },
            rate_limits: RateLimits {
                per_address: None,
                per_subject: None,
                burst: 60.try_into().unwrap(),
                callers: 65_536,
                trusted_proxies: Vec::new(),
            },
            log: LogSettings {
                filter: "info".to_owned(),
                format: LogFormat::Text,
                rejection_interval: Duration::from_secs(10),
                access: true
            },
        }
    );
}

#[test]
fn every_setting_is_read_from_its_variable() {
    let settings = with_base(&[
        ("ISSUER_BASE_URL", "https://a.example/, https://b.example/tenant"),
        ("AUTH0_DOMAIN", "Tenant.eu.auth0.com"),
        ("AUDIENCE", "my-api, https://api.example/,my-api"),
        ("ISSUER", "https://c.example/"),
        ("JWKS_URI", "https://c.example/jwks?v=1"),
        ("TOKEN_SIGNING_ALG", "RS256,Ed25519"),
        ("TOKEN_PROFILE", "rfc9068"),
        ("SCOPE_CLAIM", "scp"),
        ("ROLES_CLAIM", "realm_access.roles,/https:~1~1acme.example~1roles"),
        ("PERMISSIONS_CLAIM", "cognito:groups"),
        ("CLIENT_IDS", "app, other,app"),
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
        ("REFUSAL_LOG_INTERVAL", "0"),
        ("ACCESS_LOG", "off"),
        ("TLS_CERT_FILE", "/run/tls.crt"),
        ("TLS_KEY_FILE", "/run/tls.key"),
        ("RELOAD_INTERVAL", "1"),
        ("MAX_CONNECTIONS", "10000"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "100"),
        ("MAX_HEAD_SIZE", "131072"),
        ("MAX_BODY_SIZE", "0"),
        ("HEAD_TIMEOUT", "1"),
        ("BODY_TIMEOUT", "2"),
        ("STALL_TIMEOUT", "3"),
        ("KEEP_ALIVE", "4"),
        ("SHUTDOWN_DELAY", "15"),
        ("MANAGEMENT_ADDR", "[::]:9000"),
        ("READY_ISSUERS", "all"),
        ("FORWARD_AUTH", "/run/policy.toml"),
        ("IDENTITY_HEADER_PREFIX", "Remote-"),
        ("FORWARD_AUTHORIZATION", "remove"),
        ("RATE_LIMIT_PER_ADDRESS", "600"),
        ("RATE_LIMIT_PER_SUBJECT", "300"),
        ("RATE_LIMIT_BURST", "10"),
        ("RATE_LIMIT_CALLERS", "1024"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("SHUTDOWN_TIMEOUT", "0"),
        ("TOKEN_CACHE_ENTRIES", "0"),
        ("TOKEN_CACHE_BYTES", "1048576"),
        ("KEY_LIFETIME", "120"),
        ("KEY_MIN_LIFETIME", "30"),
        ("KEY_MAX_LIFETIME", "240"),
        ("KEY_MAX_AGE", "60"),
        ("KEY_METADATA_LIFETIME", "61"),
        ("KEY_ATTEMPT_GAP", "4"),
        ("HTTPS_PROXY", "http://me:hush@proxy.example:3128"),
        ("http_proxy", "plain.example"),
        ("NO_PROXY", "issuer.internal, 10.0.0.0/8"),
        ("KEY_FETCH_CA_FILE", "Cargo.toml"),
        ("KEY_FETCH_TOKEN_FILE", "Cargo.lock"),
        ("ALLOW_HTTP_ISSUERS", "keycloak, 10.0.0.0/8"),
        ("KEY_MAX_ATTEMPT_GAP", "8"),
        ("KEY_MIN_RETRY", "5"),
        ("KEY_MAX_RETRY", "6"),
        ("KEY_MAX_RETRY_AFTER", "0"),
        ("KEY_FETCH_TIMEOUT", "1"),
        ("KEY_MAX_BYTES", "1024"),
        ("KEY_MAX_COUNT", "7"),
        ("KEY_LARGE_RSA", "on"),
    ])
    .unwrap();
    let expected = [
        "https://a.example/",
        "https://b.example/tenant",
        "https://tenant.eu.auth0.com/",
        "https://c.example/",
    ];
    assert_eq!(issuer_names(&settings), expected);
    assert_eq!(settings.issuers.last().map(key_kinds).as_deref(), Some("url"));
    assert_eq!(settings.audiences, ["my-api", "https://api.example/"]);
    let algorithms = Algorithms::only([Algorithm::Rs256, Algorithm::EdDsa]);
    for issuer in &settings.issuers {
        assert_eq!(issuer.audiences, settings.audiences);
        assert_eq!((issuer.algorithms, issuer.profile), (algorithms, Profile::Rfc9068));
        assert_eq!(issuer.client_ids, ["app", "other"]);
        assert_eq!(issuer.grants.scopes, ["scp"]);
        let roles = ["realm_access.roles", "/https:~1~1acme.example~1roles"];
        assert_eq!(issuer.grants.roles, roles);
        assert_eq!(issuer.grants.permissions, ["cognito:groups"]);
    }
    assert_eq!(settings.clock_tolerance.as_secs(), 300);
    assert_eq!(settings.max_token_age, Some(Duration::from_secs(86_400)));
    assert_eq!(settings.resource.unwrap().as_str(), "https://api.example/v1");
    assert_eq!(settings.realm.as_str(), "my api");
    assert_eq!(settings.server.listen.to_string(), "[::1]:0");
    let origins: Vec<_> = settings.cors_origins.iter().map(Origin::as_str).collect();
    assert_eq!(origins, ["https://app.example", "http://localhost:3000"]);
    assert_eq!(settings.server.workers.get(), 3);
    assert_eq!(settings.log.filter, "warn,awc=debug");
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.log.rejection_interval, Duration::ZERO);
    assert!(!settings.log.access);
    let tls = TlsSettings { certificate: "/run/tls.crt".into(), key: "/run/tls.key".into() };
    assert_eq!(settings.server.tls, Some(tls));
    assert_eq!(settings.server.reload_interval, Duration::from_secs(1));
    let limits = settings.server.limits;
    assert_eq!(limits.connections, 10_000);
    assert_eq!((limits.head_size, limits.body_size), (131_072, 0));
    let times = [
        limits.head_timeout,
        limits.body_timeout,
        limits.stall_timeout,
        limits.keep_alive,
        settings.server.shutdown_delay,
    ];
    assert_eq!(times.map(|time| time.as_secs()), [1, 2, 3, 4, 15]);
    assert_eq!(settings.server.ready_issuers, ReadyIssuers::All);
    let forward_auth = ForwardAuthSettings {
        policy_file: "/run/policy.toml".into(),
        identity_headers: "remote-".parse().unwrap(),
        authorization: ForwardAuthorization::Remove,
    };
    assert_eq!(settings.forward_auth, Some(forward_auth));
    assert_eq!(settings.server.management, Some("[::]:9000".parse().unwrap()));
    assert_eq!(settings.server.shutdown_timeout, Duration::ZERO);
    let rate_limits = RateLimits {
        per_address: Some(600.try_into().unwrap()),
        per_subject: Some(300.try_into().unwrap()),
        burst: 10.try_into().unwrap(),
        callers: 1024,
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
    };
    assert_eq!(settings.rate_limits, rate_limits);
    assert_eq!(settings.token_cache, CacheLimits { entries: 0, bytes: 1 << 20 });
    let mut proxies = crate::issuer::Proxies::default();
    proxies.https = Some("http://me:hush@proxy.example:3128".parse().unwrap());
    proxies.http = Some("http://plain.example".parse().unwrap());
    proxies.except("issuer.internal");
    proxies.except("10.0.0.0/8");
    let key_fetch = KeyFetchSettings {
        ca_file: Some("Cargo.toml".into()),
        token_file: Some("Cargo.lock".into()),
        proxies,
    };
    assert_eq!(settings.key_fetch, key_fetch);
    let keys = KeyRefresh {
        default_lifetime: Duration::from_secs(120),
        min_lifetime: Duration::from_secs(30),
        max_lifetime: Duration::from_secs(240),
        max_key_age: Duration::from_secs(60),
        metadata_lifetime: Duration::from_secs(61),
        attempt_gap: Duration::from_secs(4),
        max_attempt_gap: Duration::from_secs(8),
        min_retry: Duration::from_secs(5),
        max_retry: Duration::from_secs(6),
        max_retry_after: Duration::ZERO,
        fetch_timeout: Duration::from_secs(1),
        max_response_bytes: 1024,
        max_keys: 7,
        plain_http: "keycloak,10.0.0.0/8".parse().unwrap(),
        rsa: RsaLimits::Large,
    };
    assert_eq!(settings.keys, keys);
}

#[test]
fn the_management_address_can_be_off_or_elsewhere() {
    let management = |value| {
        let settings = with_base(&[("HOST", "127.0.0.2"), ("MANAGEMENT_ADDR", value)]).unwrap();
        settings.server.management.map(|address| address.to_string())
    };
    let table = [
        ("off", None),
        ("127.0.0.1:3010", Some("127.0.0.1:3010")),
        ("localhost:3013", Some("127.0.0.1:3013")),
        ("[::1]:0", Some("[::1]:0")),
        // An empty variable is not set.
        ("", Some("127.0.0.1:3012")),
    ];
    for (value, expected) in table {
        assert_eq!(management(value).as_deref(), expected, "{value:?}");
    }
    let any = with_base(&[("PORT", "0"), ("MANAGEMENT_ADDR", "127.0.0.1:0")]);
    assert!(any.is_ok(), "two free ports are never the same");
}
