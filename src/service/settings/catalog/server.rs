//! Where and how the API is served.

use super::Setting;

super::group! {
    HOST = Setting::new("host", "host", &["HOST"])
        .value_name("ADDRESS")
        .description("IP address to listen on; 0.0.0.0 or :: is every address of the machine")
        .default_text("127.0.0.1");
    PORT = Setting::new("port", "port", &["PORT"])
        .value_name("PORT")
        .description("TCP port to listen on; 0 is any free one")
        .default_text("3010");
    MANAGEMENT_ADDR = Setting::new("management_addr", "management-addr", &["MANAGEMENT_ADDR"])
        .value_name("ADDRESS")
        .description("IP address and port of /metrics and the probes, apart from the API; off is none")
        .default_text("127.0.0.1:3012");
    WORKERS = Setting::new("workers", "workers", &["WORKERS"])
        .value_name("NUMBER")
        .description("Worker threads, 1 to 512")
        .default_text("one per core");
    TLS_CERT_FILE = Setting::new("tls_cert_file", "tls-cert-file", &["TLS_CERT_FILE"])
        .value_name("PATH")
        .description("File with the server's certificate and its chain, PEM; read anew when it changes")
        .default_text("none: no TLS");
    TLS_KEY_FILE = Setting::new("tls_key_file", "tls-key-file", &["TLS_KEY_FILE"])
        .value_name("PATH")
        .description("File with the key of that certificate, PEM")
        .default_text("none: no TLS");
    TLS_RELOAD_INTERVAL =
        Setting::new("tls_reload_interval", "tls-reload-interval", &["TLS_RELOAD_INTERVAL"])
            .value_name("SECONDS")
            .description("How often the two files are looked at; SIGHUP has them looked at at once")
            .default_text("60");
    MAX_CONNECTIONS = Setting::new("max_connections", "max-connections", &["MAX_CONNECTIONS"])
        .value_name("NUMBER")
        .description("How many connections may be open, all workers together; more are answered 503")
        .default_text("2048");
    MAX_HEAD_SIZE = Setting::new("max_head_size", "max-head-size", &["MAX_HEAD_SIZE"])
        .value_name("BYTES")
        .description("How large the head of a request may be; a larger one is answered 431")
        .default_text("32768");
    MAX_BODY_SIZE = Setting::new("max_body_size", "max-body-size", &["MAX_BODY_SIZE"])
        .value_name("BYTES")
        .description("How large the body of a request may be; a larger one is answered 413")
        .default_text("1048576");
    HEAD_TIMEOUT = Setting::new("head_timeout", "head-timeout", &["HEAD_TIMEOUT"])
        .value_name("SECONDS")
        .description("How long a client may take for the head of the first request on a connection")
        .default_text("5");
    BODY_TIMEOUT = Setting::new("body_timeout", "body-timeout", &["BODY_TIMEOUT"])
        .value_name("SECONDS")
        .description("How long a client may take for the body of a request; later is answered 408")
        .default_text("30");
    STALL_TIMEOUT = Setting::new("stall_timeout", "stall-timeout", &["STALL_TIMEOUT"])
        .value_name("SECONDS")
        .description("How long a client may take nothing of its answer before the connection is closed")
        .default_text("30");
    KEEP_ALIVE = Setting::new("keep_alive", "keep-alive", &["KEEP_ALIVE"])
        .value_name("SECONDS")
        .description("How long a connection without a request is kept at least; at most twice as long")
        .default_text("75");
    SHUTDOWN_DELAY = Setting::new("shutdown_delay", "shutdown-delay", &["SHUTDOWN_DELAY"])
        .value_name("SECONDS")
        .description("How long the server goes on as not ready after SIGTERM before it stops listening")
        .default_text("0");
    SHUTDOWN_TIMEOUT = Setting::new("shutdown_timeout", "shutdown-timeout", &["SHUTDOWN_TIMEOUT"])
        .value_name("SECONDS")
        .description("How long requests under way may go on after a stop signal, 0 to 3600 seconds")
        .default_text("30");
}
