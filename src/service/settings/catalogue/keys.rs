//! How issuers' keys are obtained and how long they are used.

use super::Setting;

super::group! {
    KEY_MAX_AGE = Setting::new("key_max_age", "key-max-age", &["KEY_MAX_AGE"])
        .takes("SECONDS")
        .means("How long keys are used while their issuer is down, 60 to 86400 seconds")
        .otherwise("3600");
    KEY_FETCH_TIMEOUT = Setting::new("key_fetch_timeout", "key-fetch-timeout", &["KEY_FETCH_TIMEOUT"])
        .takes("SECONDS")
        .means("How long fetching an issuer's metadata or keys may take, 1 to 60 seconds")
        .otherwise("5");
}
