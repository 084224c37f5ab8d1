//! Settings of the log.

super::group! {
    LOG("log", "log", "FILTER", "info")
        .description("Log filter: off, error, warn, info, debug or trace, for all or by module=level")
        .variables(&["RUST_LOG"]);
    LOG_FORMAT("log_format", "log-format", "FORMAT", "text")
        .description("Log format: text, or json with one object per line");
    REFUSAL_LOG_INTERVAL("refusal_log_interval", "refusal-log-interval", "SECONDS", "10")
        .description("Minimum time between log lines about rejections of one kind, 0 to 3600 seconds");
    ACCESS_LOG("access_log", "access-log", "SWITCH", "on")
        .description("Whether to log each request and answer it with X-Request-Id: on or off");
}
