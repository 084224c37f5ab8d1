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
}
