//! Settings of the server.

use super::Setting;

super::group! {
    HOST = Setting::new("host", "host", &["HOST"])
        .value_name("ADDRESS")
        .description("IP address to listen on; 0.0.0.0 or :: for all")
        .default_text("127.0.0.1");
    PORT = Setting::new("port", "port", &["PORT"])
        .value_name("PORT")
        .description("TCP port to listen on; 0 for any free one")
        .default_text("3010");
    MANAGEMENT_ADDR = Setting::new("management_addr", "management-addr", &["MANAGEMENT_ADDR"])
        .value_name("ADDRESS")
        .description("IP address and port of /metrics and the probes, separate from the API; or off")
        .default_text("127.0.0.1:3012");
    READY_ISSUERS = Setting::new("ready_issuers", "ready-issuers", &["READY_ISSUERS"])
        .value_name("any|all")
        .description("Issuers that must have keys for /readyz: any of them, or all")
        .default_text("any");
    WORKERS = Setting::new("workers", "workers", &["WORKERS"])
        .value_name("NUMBER")
        .description("Worker threads, 1 to 512")
        .default_text("one per core");
    TLS_CERT_FILE = Setting::new("tls_cert_file", "tls-cert-file", &["TLS_CERT_FILE"])
        .value_name("PATH")
        .description("Certificate chain file of the server, PEM; reloaded when it changes")
        .default_text("none: no TLS");
    TLS_KEY_FILE = Setting::new("tls_key_file", "tls-key-file", &["TLS_KEY_FILE"])
        .value_name("PATH")
        .description("Private key file of the certificate, PEM; reloaded when it changes")
        .default_text("none: no TLS");
    RELOAD_INTERVAL = Setting::new("reload_interval", "reload-interval", &["RELOAD_INTERVAL"])
        .value_name("SECONDS")
        .description("Interval of checking TLS, key and secret files for changes; SIGHUP checks at once")
        .default_text("60");
    MAX_CONNECTIONS = Setting::new("max_connections", "max-connections", &["MAX_CONNECTIONS"])
        .value_name("NUMBER")
        .description("Maximum open connections of all workers; at the limit, idle ones are closed")
        .default_text("2048");
    MAX_CONNECTIONS_PER_ADDRESS = Setting::new(
            "max_connections_per_address",
            "max-connections-per-address",
            &["MAX_CONNECTIONS_PER_ADDRESS"],
        )
        .value_name("NUMBER")
        .description("Maximum open connections from one address; a proxy is one address")
        .default_text("no limit");
    MAX_HEAD_SIZE = Setting::new("max_head_size", "max-head-size", &["MAX_HEAD_SIZE"])
        .value_name("BYTES")
        .description("Maximum size of a request head in bytes; a larger one is answered 431")
        .default_text("32768");
    MAX_BODY_SIZE = Setting::new("max_body_size", "max-body-size", &["MAX_BODY_SIZE"])
        .value_name("BYTES")
        .description("Maximum size of a request body in bytes; a larger one is answered 413")
        .default_text("1048576");
    HEAD_TIMEOUT = Setting::new("head_timeout", "head-timeout", &["HEAD_TIMEOUT"])
        .value_name("SECONDS")
        .description("Time to receive the first request head of a connection, in seconds")
        .default_text("5");
    BODY_TIMEOUT = Setting::new("body_timeout", "body-timeout", &["BODY_TIMEOUT"])
        .value_name("SECONDS")
        .description("Time to receive a request body, in seconds; answered 408 after that")
        .default_text("30");
    STALL_TIMEOUT = Setting::new("stall_timeout", "stall-timeout", &["STALL_TIMEOUT"])
        .value_name("SECONDS")
        .description("Time a client may read nothing of a response before its connection is closed, in seconds")
        .default_text("30");
    KEEP_ALIVE = Setting::new("keep_alive", "keep-alive", &["KEEP_ALIVE"])
        .value_name("SECONDS")
        .description("Minimum time an idle connection is kept open, in seconds; at most twice that")
        .default_text("75");
    SHUTDOWN_DELAY = Setting::new("shutdown_delay", "shutdown-delay", &["SHUTDOWN_DELAY"])
        .value_name("SECONDS")
        .description("Time to keep serving, as not ready, after SIGTERM, in seconds")
        .default_text("0");
    SHUTDOWN_TIMEOUT = Setting::new("shutdown_timeout", "shutdown-timeout", &["SHUTDOWN_TIMEOUT"])
        .value_name("SECONDS")
        .description("Time for requests in progress to finish on shutdown, 0 to 3600 seconds")
        .default_text("30");
}
