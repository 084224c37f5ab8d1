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
    WORKERS = Setting::new("workers", "workers", &["WORKERS"])
        .takes("NUMBER")
        .means("Worker threads, 1 to 1024")
        .otherwise("one per core");
    SHUTDOWN_TIMEOUT = Setting::new("shutdown_timeout", "shutdown-timeout", &["SHUTDOWN_TIMEOUT"])
        .takes("SECONDS")
        .means("How long requests under way may go on after a stop signal, 0 to 3600 seconds")
        .otherwise("30");
}
