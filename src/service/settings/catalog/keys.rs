//! Settings of fetching, refreshing and expiring issuer keys.

super::group! {
    ALLOW_HTTP_ISSUERS("allow_http_issuers", "allow-http-issuers", "HOSTS", "none")
        .description("Hosts and networks, comma-separated, whose metadata and keys may be fetched over plain http");
    KEY_LIFETIME("key_lifetime", "key-lifetime", "SECONDS", "600")
        .description("Key lifetime if the issuer sends no Cache-Control, 1 to 86400 seconds");
    KEY_MIN_LIFETIME("key_min_lifetime", "key-min-lifetime", "SECONDS", "60")
        .description("Minimum key lifetime, whatever the issuer says, 1 to 86400 seconds");
    KEY_MAX_LIFETIME("key_max_lifetime", "key-max-lifetime", "SECONDS", "3600")
        .description("Maximum key lifetime, whatever the issuer says, 1 to 86400 seconds");
    KEY_MAX_AGE("key_max_age", "key-max-age", "SECONDS", "3600")
        .description("How long keys stay in use while the issuer is down, 60 to 86400 seconds");
    KEY_METADATA_LIFETIME("key_metadata_lifetime", "key-metadata-lifetime", "SECONDS", "3600")
        .description("Lifetime of an issuer's metadata, 60 to 86400 seconds");
    KEY_ATTEMPT_GAP("key_attempt_gap", "key-attempt-gap", "SECONDS", "1")
        .description("Minimum time between two key fetches, 1 to 60 seconds; doubles while fetches for unknown keys bring nothing new");
    KEY_MAX_ATTEMPT_GAP("key_max_attempt_gap", "key-max-attempt-gap", "SECONDS", "15")
        .description("Maximum of KEY_ATTEMPT_GAP, 1 to 300 seconds; a flood of unknown keys delays a rotation by this long at most");
    KEY_MIN_RETRY("key_min_retry", "key-min-retry", "SECONDS", "3")
        .description("First retry delay after a failed key fetch, 1 to 300 seconds; doubles each time");
    KEY_MAX_RETRY("key_max_retry", "key-max-retry", "SECONDS", "15")
        .description("Maximum retry delay, 1 to 300 seconds");
    KEY_MAX_RETRY_AFTER("key_max_retry_after", "key-max-retry-after", "SECONDS", "300")
        .description("Maximum Retry-After of an issuer that is honored, 0 to 3600 seconds");
    KEY_FETCH_CA_FILE("key_fetch_ca_file", "key-fetch-ca-file", "PATH", "none")
        .description("PEM file of additional root certificates for fetching metadata and keys");
    KEY_FETCH_TOKEN_FILE("key_fetch_token_file", "key-fetch-token-file", "PATH", "none")
        .description("File with a bearer token for fetching metadata and keys, read each time; sent only to the origin of the issuer or of JWKS_URI");
    HTTPS_PROXY("https_proxy", "", "URL", "none")
        .description("HTTP proxy on the way to https issuers, with its credentials if it needs any; never for loopback hosts")
        .variables(&["HTTPS_PROXY", "https_proxy"]).secret();
    HTTP_PROXY("http_proxy", "", "URL", "none")
        .description("HTTP proxy on the way to the hosts of ALLOW_HTTP_ISSUERS")
        .variables(&["HTTP_PROXY", "http_proxy"]).secret();
    NO_PROXY("no_proxy", "no-proxy", "HOSTS", "none")
        .description("Hosts, domains and networks that are reached without a proxy, comma-separated")
        .variables(&["NO_PROXY", "no_proxy"]).list();
    KEY_FETCH_TIMEOUT("key_fetch_timeout", "key-fetch-timeout", "SECONDS", "5")
        .description("Timeout for fetching an issuer's metadata and keys, 1 to 60 seconds");
    KEY_MAX_BYTES("key_max_bytes", "key-max-bytes", "BYTES", "524288")
        .description("Maximum size of metadata or a key set, 1024 to 16777216 bytes");
    KEY_MAX_COUNT("key_max_count", "key-max-count", "NUMBER", "64")
        .description("Maximum number of usable keys that are read from a key set, 1 to 1024; further ones are skipped");
    KEY_LARGE_RSA("key_large_rsa", "key-large-rsa", "on|off", "off")
        .description("Accept RSA keys of up to 8192 instead of 4096 bits and exponents above 65537, which makes forged signatures slower to reject");
}
