//! Settings of the log.

use super::Setting;

super::group! {
    LOG = Setting::new("log", "log", &["RUST_LOG"])
        .value_name("FILTER")
        .description("Log filter: off, error, warn, info, debug or trace, for all or by module=level")
        .default_text("info");
    LOG_FORMAT = Setting::new("log_format", "log-format", &["LOG_FORMAT"])
        .value_name("FORMAT")
        .description("Log format: text, or json with one object per line")
        .default_text("text");
    REFUSAL_LOG_INTERVAL = Setting::new(
        "refusal_log_interval",
        "refusal-log-interval",
        &["REFUSAL_LOG_INTERVAL"],
    )
        .value_name("SECONDS")
        .description("Minimum time between log lines about rejections of one kind, 0 to 3600 seconds")
        .default_text("10");
    ACCESS_LOG = Setting::new("access_log", "access-log", &["ACCESS_LOG"])
        .value_name("SWITCH")
        .description("Whether to log each request and answer it with X-Request-Id: on or off")
        .default_text("on");
}
