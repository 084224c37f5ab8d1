//! How many requests a caller may make.

use super::Setting;

super::group! {
    RATE_LIMIT_PER_ADDRESS =
        Setting::new("rate_limit_per_address", "rate-limit-per-address", &["RATE_LIMIT_PER_ADDRESS"])
            .takes("NUMBER")
            .means("Requests a minute from one address; more are answered 429")
            .otherwise("no limit");
    RATE_LIMIT_PER_SUBJECT =
        Setting::new("rate_limit_per_subject", "rate-limit-per-subject", &["RATE_LIMIT_PER_SUBJECT"])
            .takes("NUMBER")
            .means("Requests a minute with tokens of one subject; more are answered 429")
            .otherwise("no limit");
    RATE_LIMIT_BURST = Setting::new("rate_limit_burst", "rate-limit-burst", &["RATE_LIMIT_BURST"])
        .takes("NUMBER")
        .means("How many requests may come at once, within either limit")
        .otherwise("60");
    RATE_LIMIT_CALLERS =
        Setting::new("rate_limit_callers", "rate-limit-callers", &["RATE_LIMIT_CALLERS"])
            .takes("NUMBER")
            .means("How many callers of either kind are remembered")
            .otherwise("65536");
    TRUSTED_PROXIES = Setting::new("trusted_proxies", "trusted-proxies", &["TRUSTED_PROXIES"])
        .takes("NETWORKS")
        .means("Proxies whose X-Forwarded-For tells the client's address")
        .otherwise("none")
        .list();
}
