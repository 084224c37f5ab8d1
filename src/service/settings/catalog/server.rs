//! Settings of the server.

super::group! {
    HOST("host", "host", "ADDRESS", "127.0.0.1")
        .description("IP address to listen on; 0.0.0.0 or :: for all");
    PORT("port", "port", "PORT", "3010")
        .description("TCP port to listen on; 0 for any free one");
    MANAGEMENT_ADDR("management_addr", "management-addr", "ADDRESS", "127.0.0.1:3012")
        .description("IP address and port of /metrics and the probes, separate from the API; or off");
    READY_ISSUERS("ready_issuers", "ready-issuers", "any|all", "any")
        .description("Issuers that must have keys for /readyz: any of them, or all");
    WORKERS("workers", "workers", "NUMBER", "one per core")
        .description("Worker threads, 1 to 512");
    TLS_CERT_FILE("tls_cert_file", "tls-cert-file", "PATH", "none: no TLS")
        .description("Certificate chain file of the server, PEM; reloaded when it changes");
    TLS_KEY_FILE("tls_key_file", "tls-key-file", "PATH", "none: no TLS")
        .description("Private key file of the certificate, PEM; reloaded when it changes");
    RELOAD_INTERVAL("reload_interval", "reload-interval", "SECONDS", "60")
        .description("Interval of checking TLS, key, secret, introspection credential and policy files for changes, 1 to 86400 seconds; SIGHUP checks at once");
    MAX_CONNECTIONS("max_connections", "max-connections", "NUMBER", "2048")
        .description("Maximum number of open connections of all workers; at the limit, idle ones are closed");
    MAX_CONNECTIONS_PER_ADDRESS("max_connections_per_address", "max-connections-per-address",
        "NUMBER", "no limit")
        .description("Maximum number of open connections from one address; a proxy is one address");
    MAX_HEAD_SIZE("max_head_size", "max-head-size", "BYTES", "32768")
        .description("Maximum size of a request head, 1024 to 131072 bytes; a larger one is answered 431");
    MAX_BODY_SIZE("max_body_size", "max-body-size", "BYTES", "1048576")
        .description("Maximum size of a request body, 0 to 1073741824 bytes; a larger one is answered 413");
    HEAD_TIMEOUT("head_timeout", "head-timeout", "SECONDS", "5")
        .description("Time to receive the first request head of a connection, 1 to 3600 seconds; answered 408 after that");
    BODY_TIMEOUT("body_timeout", "body-timeout", "SECONDS", "30")
        .description("Time to receive a request body, 1 to 3600 seconds; answered 408 after that");
    STALL_TIMEOUT("stall_timeout", "stall-timeout", "SECONDS", "30")
        .description("Time a client may read nothing of a response before its connection is closed, 1 to 3600 seconds");
    KEEP_ALIVE("keep_alive", "keep-alive", "SECONDS", "75")
        .description("Minimum time an idle connection is kept open, 1 to 3600 seconds; at most twice that");
    SHUTDOWN_DELAY("shutdown_delay", "shutdown-delay", "SECONDS", "0")
        .description("Time to keep serving, as not ready, after SIGTERM, 0 to 3600 seconds");
    SHUTDOWN_TIMEOUT("shutdown_timeout", "shutdown-timeout", "SECONDS", "30")
        .description("Time for requests in progress to finish on shutdown, 0 to 3600 seconds");
}
