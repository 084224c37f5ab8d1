//! Settings of fetching, refreshing and expiring issuer keys.

use super::Setting;

super::group! {
    ALLOW_HTTP_ISSUERS = Setting::new("allow_http_issuers", "allow-http-issuers", &["ALLOW_HTTP_ISSUERS"])
        .value_name("HOSTS")
        .description("Hosts and networks, comma-separated, whose metadata and keys may be fetched over plain http")
        .default_text("none");
    KEY_LIFETIME = Setting::new("key_lifetime", "key-lifetime", &["KEY_LIFETIME"])
        .value_name("SECONDS")
        .description("Key lifetime if the issuer sends no Cache-Control, 1 to 86400 seconds")
        .default_text("600");
    KEY_MIN_LIFETIME = Setting::new("key_min_lifetime", "key-min-lifetime", &["KEY_MIN_LIFETIME"])
        .value_name("SECONDS")
        .description("Minimum key lifetime, whatever the issuer says, 1 to 86400 seconds")
        .default_text("60");
    KEY_MAX_LIFETIME = Setting::new("key_max_lifetime", "key-max-lifetime", &["KEY_MAX_LIFETIME"])
        .value_name("SECONDS")
        .description("Maximum key lifetime, whatever the issuer says, 1 to 86400 seconds")
        .default_text("3600");
    KEY_MAX_AGE = Setting::new("key_max_age", "key-max-age", &["KEY_MAX_AGE"])
        .value_name("SECONDS")
        .description("How long keys stay in use while the issuer is down, 60 to 86400 seconds")
        .default_text("3600");
    KEY_METADATA_LIFETIME = Setting::new("key_metadata_lifetime", "key-metadata-lifetime", &["KEY_METADATA_LIFETIME"])
        .value_name("SECONDS")
        .description("Lifetime of an issuer's metadata, 60 to 86400 seconds")
        .default_text("3600");
    KEY_ATTEMPT_GAP = Setting::new("key_attempt_gap", "key-attempt-gap", &["KEY_ATTEMPT_GAP"])
        .value_name("SECONDS")
        .description("Minimum time between two key fetches, 1 to 60 seconds; doubles while fetches for unknown keys bring nothing new")
        .default_text("1");
    KEY_MAX_ATTEMPT_GAP = Setting::new("key_max_attempt_gap", "key-max-attempt-gap", &["KEY_MAX_ATTEMPT_GAP"])
        .value_name("SECONDS")
        .description("Maximum of KEY_ATTEMPT_GAP, 1 to 300 seconds; a flood of unknown keys delays a rotation by this long at most")
        .default_text("15");
    KEY_MIN_RETRY = Setting::new("key_min_retry", "key-min-retry", &["KEY_MIN_RETRY"])
        .value_name("SECONDS")
        .description("First retry delay after a failed key fetch, 1 to 300 seconds; doubles each time")
        .default_text("3");
    KEY_MAX_RETRY = Setting::new("key_max_retry", "key-max-retry", &["KEY_MAX_RETRY"])
        .value_name("SECONDS")
        .description("Maximum retry delay, 1 to 300 seconds")
        .default_text("15");
    KEY_MAX_RETRY_AFTER = Setting::new("key_max_retry_after", "key-max-retry-after", &["KEY_MAX_RETRY_AFTER"])
        .value_name("SECONDS")
        .description("Maximum Retry-After of an issuer that is obeyed, 0 to 3600 seconds")
        .default_text("300");
    KEY_FETCH_CA_FILE = Setting::new("key_fetch_ca_file", "key-fetch-ca-file", &["KEY_FETCH_CA_FILE"])
        .value_name("PATH")
        .description("PEM file of additional root certificates for fetching metadata and keys")
        .default_text("none");
    KEY_FETCH_TOKEN_FILE = Setting::new("key_fetch_token_file", "key-fetch-token-file", &["KEY_FETCH_TOKEN_FILE"])
        .value_name("PATH")
        .description("File with a bearer token for fetching metadata and keys, read each time; sent only to the origin of the issuer or of JWKS_URI")
        .default_text("none");
    HTTPS_PROXY = Setting::new("https_proxy", "", &["HTTPS_PROXY", "https_proxy"])
        .value_name("URL")
        .description("HTTP proxy on the way to https issuers, with its credentials if it needs any; never for loopback hosts")
        .default_text("none")
        .secret();
    HTTP_PROXY = Setting::new("http_proxy", "", &["HTTP_PROXY", "http_proxy"])
        .value_name("URL")
        .description("HTTP proxy on the way to the hosts of ALLOW_HTTP_ISSUERS")
        .default_text("none")
        .secret();
    NO_PROXY = Setting::new("no_proxy", "no-proxy", &["NO_PROXY", "no_proxy"])
        .value_name("HOSTS")
        .description("Hosts, domains and networks that are reached without a proxy, comma-separated")
        .default_text("none")
        .list();
    KEY_FETCH_TIMEOUT = Setting::new("key_fetch_timeout", "key-fetch-timeout", &["KEY_FETCH_TIMEOUT"])
        .value_name("SECONDS")
        .description("Timeout for fetching an issuer's metadata and keys, 1 to 60 seconds")
        .default_text("5");
    KEY_MAX_BYTES = Setting::new("key_max_bytes", "key-max-bytes", &["KEY_MAX_BYTES"])
        .value_name("BYTES")
        .description("Maximum size of metadata or a key set, 1024 to 16777216 bytes")
        .default_text("524288");
    KEY_MAX_COUNT = Setting::new("key_max_count", "key-max-count", &["KEY_MAX_COUNT"])
        .value_name("NUMBER")
        .description("How many usable keys are read from a key set, 1 to 1024; later ones are skipped")
        .default_text("64");
    KEY_LARGE_RSA = Setting::new("key_large_rsa", "key-large-rsa", &["KEY_LARGE_RSA"])
        .value_name("on|off")
        .description("Accept RSA keys of up to 8192 instead of 4096 bits and exponents above 65537, which makes forged signatures slower to reject")
        .default_text("off");
}
