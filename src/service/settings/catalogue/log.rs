//! What the service says while it runs.

use super::Setting;

super::group! {
    LOG = Setting::new("log", "log", &["RUST_LOG"])
        .takes("FILTER")
        .means("What is logged: off, error, warn, info, debug or trace, for all or by module=level")
        .otherwise("info");
    LOG_FORMAT = Setting::new("log_format", "log-format", &["LOG_FORMAT"])
        .takes("FORMAT")
        .means("Form of the log: text, or json with one object a line")
        .otherwise("text");
    REFUSAL_LOG_INTERVAL = Setting::new(
        "refusal_log_interval",
        "refusal-log-interval",
        &["REFUSAL_LOG_INTERVAL"],
    )
        .takes("SECONDS")
        .means("How long a kind of refusal is not logged again, 0 to 3600 seconds")
        .otherwise("10");
    ACCESS_LOG = Setting::new("access_log", "access-log", &["ACCESS_LOG"])
        .takes("SWITCH")
        .means("Whether each request is logged, and answered with its X-Request-Id: on or off")
        .otherwise("on");
}
