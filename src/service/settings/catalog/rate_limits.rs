//! Settings of the rate limits.

super::group! {
    RATE_LIMIT_PER_ADDRESS("rate_limit_per_address", "rate-limit-per-address", "NUMBER", "no limit")
        .description("Requests per minute and client address; more are answered 429");
    RATE_LIMIT_PER_SUBJECT("rate_limit_per_subject", "rate-limit-per-subject", "NUMBER", "no limit")
        .description("Requests per minute and token subject; more are answered 429");
    RATE_LIMIT_BURST("rate_limit_burst", "rate-limit-burst", "NUMBER", "60")
        .description("Requests allowed at once, within either limit");
    RATE_LIMIT_CALLERS("rate_limit_callers", "rate-limit-callers", "NUMBER", "65536")
        .description("Maximum number of callers remembered per limit");
    TRUSTED_PROXIES("trusted_proxies", "trusted-proxies", "NETWORKS", "none")
        .description("Proxies whose X-Forwarded-For gives the client address, and whose headers count")
        .list();
}
