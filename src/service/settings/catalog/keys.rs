//! How issuers' keys are obtained and how long they are used.

use super::Setting;

super::group! {
    KEY_LIFETIME = Setting::new("key_lifetime", "key-lifetime", &["KEY_LIFETIME"])
        .value_name("SECONDS")
        .description("How long keys are fresh if their issuer does not say, 1 to 86400 seconds")
        .default_text("600");
    KEY_MIN_LIFETIME = Setting::new("key_min_lifetime", "key-min-lifetime", &["KEY_MIN_LIFETIME"])
        .value_name("SECONDS")
        .description("How long keys are fresh at least, whatever their issuer says, 1 to 86400 seconds")
        .default_text("60");
    KEY_MAX_LIFETIME = Setting::new("key_max_lifetime", "key-max-lifetime", &["KEY_MAX_LIFETIME"])
        .value_name("SECONDS")
        .description("How long keys are fresh at most, whatever their issuer says, 1 to 86400 seconds")
        .default_text("3600");
    KEY_MAX_AGE = Setting::new("key_max_age", "key-max-age", &["KEY_MAX_AGE"])
        .value_name("SECONDS")
        .description("How long keys are used while their issuer is down, 60 to 86400 seconds")
        .default_text("3600");
    KEY_METADATA_LIFETIME = Setting::new("key_metadata_lifetime", "key-metadata-lifetime", &["KEY_METADATA_LIFETIME"])
        .value_name("SECONDS")
        .description("How long an issuer's metadata is believed, 60 to 86400 seconds")
        .default_text("3600");
    KEY_MAX_ATTEMPTS = Setting::new("key_max_attempts", "key-max-attempts", &["KEY_MAX_ATTEMPTS"])
        .value_name("NUMBER")
        .description("How often an issuer is asked for keys at most in any KEY_ATTEMPT_WINDOW, 1 to 60 times")
        .default_text("5");
    KEY_ATTEMPT_WINDOW = Setting::new("key_attempt_window", "key-attempt-window", &["KEY_ATTEMPT_WINDOW"])
        .value_name("SECONDS")
        .description("The time in which KEY_MAX_ATTEMPTS counts, 10 to 3600 seconds")
        .default_text("60");
    KEY_ATTEMPT_GAP = Setting::new("key_attempt_gap", "key-attempt-gap", &["KEY_ATTEMPT_GAP"])
        .value_name("SECONDS")
        .description("How far two attempts to obtain keys are apart at least, 1 to 60 seconds")
        .default_text("1");
    KEY_MIN_RETRY = Setting::new("key_min_retry", "key-min-retry", &["KEY_MIN_RETRY"])
        .value_name("SECONDS")
        .description("How soon keys are asked for again after a failure, 1 to 300 seconds; doubled each time")
        .default_text("3");
    KEY_MAX_RETRY = Setting::new("key_max_retry", "key-max-retry", &["KEY_MAX_RETRY"])
        .value_name("SECONDS")
        .description("What that wait grows to at most, 1 to 300 seconds")
        .default_text("15");
    KEY_MAX_RETRY_AFTER = Setting::new("key_max_retry_after", "key-max-retry-after", &["KEY_MAX_RETRY_AFTER"])
        .value_name("SECONDS")
        .description("How long an issuer's Retry-After is heeded at most, 0 to 3600 seconds")
        .default_text("300");
    KEY_FETCH_TIMEOUT = Setting::new("key_fetch_timeout", "key-fetch-timeout", &["KEY_FETCH_TIMEOUT"])
        .value_name("SECONDS")
        .description("How long fetching an issuer's metadata or keys may take, 1 to 60 seconds")
        .default_text("5");
    KEY_MAX_BYTES = Setting::new("key_max_bytes", "key-max-bytes", &["KEY_MAX_BYTES"])
        .value_name("BYTES")
        .description("How large metadata or a key set may be, 1024 to 16777216 bytes")
        .default_text("524288");
    KEY_MAX_COUNT = Setting::new("key_max_count", "key-max-count", &["KEY_MAX_COUNT"])
        .value_name("NUMBER")
        .description("How many keys a key set may hold, 1 to 1024")
        .default_text("64");
}
