//! Where and how the API is served.

use super::Setting;

super::group! {
    HOST = Setting::new("host", "host", &["HOST"])
        .takes("ADDRESS")
        .means("IP address to listen on; 0.0.0.0 or :: is every address of the machine")
        .otherwise("127.0.0.1");
    PORT = Setting::new("port", "port", &["PORT"])
        .takes("PORT")
        .means("TCP port to listen on; 0 is any free one")
        .otherwise("3010");
    MANAGEMENT_ADDR = Setting::new("management_addr", "management-addr", &["MANAGEMENT_ADDR"])
        .takes("ADDRESS")
        .means("IP address and port of /metrics and the probes, apart from the API; off is none")
        .otherwise("127.0.0.1:3012");
    WORKERS = Setting::new("workers", "workers", &["WORKERS"])
        .takes("NUMBER")
        .means("Worker threads, 1 to 512")
        .otherwise("one per core");
    TLS_CERT_FILE = Setting::new("tls_cert_file", "tls-cert-file", &["TLS_CERT_FILE"])
        .takes("PATH")
        .means("File with the server's certificate and its chain, PEM; read anew when it changes")
        .otherwise("none: no TLS");
    TLS_KEY_FILE = Setting::new("tls_key_file", "tls-key-file", &["TLS_KEY_FILE"])
        .takes("PATH")
        .means("File with the key of that certificate, PEM")
        .otherwise("none: no TLS");
    TLS_RELOAD_INTERVAL =
        Setting::new("tls_reload_interval", "tls-reload-interval", &["TLS_RELOAD_INTERVAL"])
            .takes("SECONDS")
            .means("How often the two files are looked at; SIGHUP has them looked at at once")
            .otherwise("60");
    MAX_CONNECTIONS = Setting::new("max_connections", "max-connections", &["MAX_CONNECTIONS"])
        .takes("NUMBER")
        .means("How many connections may be open, all workers together; more are answered 503")
        .otherwise("2048");
    MAX_HEAD_SIZE = Setting::new("max_head_size", "max-head-size", &["MAX_HEAD_SIZE"])
        .takes("BYTES")
        .means("How large the head of a request may be; a larger one is answered 431")
        .otherwise("32768");
    MAX_BODY_SIZE = Setting::new("max_body_size", "max-body-size", &["MAX_BODY_SIZE"])
        .takes("BYTES")
        .means("How large the body of a request may be; a larger one is answered 413")
        .otherwise("1048576");
    HEAD_TIMEOUT = Setting::new("head_timeout", "head-timeout", &["HEAD_TIMEOUT"])
        .takes("SECONDS")
        .means("How long a client may take for the head of the first request on a connection")
        .otherwise("5");
    BODY_TIMEOUT = Setting::new("body_timeout", "body-timeout", &["BODY_TIMEOUT"])
        .takes("SECONDS")
        .means("How long a client may take for the body of a request; later is answered 408")
        .otherwise("30");
    STALL_TIMEOUT = Setting::new("stall_timeout", "stall-timeout", &["STALL_TIMEOUT"])
        .takes("SECONDS")
        .means("How long a client may take nothing of its answer before the connection is closed")
        .otherwise("30");
    KEEP_ALIVE = Setting::new("keep_alive", "keep-alive", &["KEEP_ALIVE"])
        .takes("SECONDS")
        .means("How long a connection without a request is kept at least; at most twice as long")
        .otherwise("75");
    SHUTDOWN_DELAY = Setting::new("shutdown_delay", "shutdown-delay", &["SHUTDOWN_DELAY"])
        .takes("SECONDS")
        .means("How long the server goes on as not ready after SIGTERM before it stops listening")
        .otherwise("0");
    SHUTDOWN_TIMEOUT = Setting::new("shutdown_timeout", "shutdown-timeout", &["SHUTDOWN_TIMEOUT"])
        .takes("SECONDS")
        .means("How long requests under way may go on after a stop signal, 0 to 3600 seconds")
        .otherwise("30");
}
