//! Settings of the rate limits.

use super::Setting;

super::group! {
    RATE_LIMIT_PER_ADDRESS =
        Setting::new("rate_limit_per_address", "rate-limit-per-address", &["RATE_LIMIT_PER_ADDRESS"])
            .value_name("NUMBER")
            .description("Requests per minute and client address; more are answered 429")
            .default_text("no limit");
    RATE_LIMIT_PER_SUBJECT =
        Setting::new("rate_limit_per_subject", "rate-limit-per-subject", &["RATE_LIMIT_PER_SUBJECT"])
            .value_name("NUMBER")
            .description("Requests per minute and token subject; more are answered 429")
            .default_text("no limit");
    RATE_LIMIT_BURST = Setting::new("rate_limit_burst", "rate-limit-burst", &["RATE_LIMIT_BURST"])
        .value_name("NUMBER")
        .description("Requests allowed at once, within either limit")
        .default_text("60");
    RATE_LIMIT_CALLERS =
        Setting::new("rate_limit_callers", "rate-limit-callers", &["RATE_LIMIT_CALLERS"])
            .value_name("NUMBER")
            .description("Callers remembered per limit")
            .default_text("65536");
    TRUSTED_PROXIES = Setting::new("trusted_proxies", "trusted-proxies", &["TRUSTED_PROXIES"])
        .value_name("NETWORKS")
        .description("Proxies whose X-Forwarded-For gives the client address, and whose headers count")
        .default_text("none")
        .list();
}
