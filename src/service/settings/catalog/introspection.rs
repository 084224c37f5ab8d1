//! Settings of introspection.

use super::Setting;

super::group! {
    INTROSPECTION = Setting::new("introspection", "introspection", &["INTROSPECTION"])
        .value_name("MODE")
        .description("Tokens to ask the issuer about: off, opaque ones, or always, which includes JWTs")
        .default_text("off");
    INTROSPECTION_URL = Setting::new("introspection_url", "introspection-url", &["INTROSPECTION_URL"])
        .value_name("URL")
        .description("Introspection endpoint")
        .default_text("the one in the issuer's metadata");
    INTROSPECTION_CLIENT_ID =
        Setting::new("introspection_client_id", "introspection-client-id", &["INTROSPECTION_CLIENT_ID"])
            .value_name("ID")
            .description("Client id of this API at the issuer")
            .default_text("none");
    INTROSPECTION_CLIENT_SECRET =
        Setting::new("introspection_client_secret", "", &["INTROSPECTION_CLIENT_SECRET"])
            .value_name("SECRET")
            .description("Secret of that client")
            .default_text("none")
            .secret();
    INTROSPECTION_SECRET_FILE =
        Setting::new("introspection_secret_file", "introspection-secret-file", &["INTROSPECTION_SECRET_FILE"])
            .value_name("PATH")
            .description("File with that secret; one trailing newline is ignored")
            .default_text("none");
    INTROSPECTION_KEY_FILE =
        Setting::new("introspection_key_file", "introspection-key-file", &["INTROSPECTION_KEY_FILE"])
            .value_name("PATH")
            .description("File with a private key of that client for private_key_jwt, PKCS #8 PEM")
            .default_text("none");
    INTROSPECTION_CERTIFICATE_FILE =
        Setting::new(
            "introspection_certificate_file",
            "introspection-certificate-file",
            &["INTROSPECTION_CERTIFICATE_FILE"],
        )
        .value_name("PATH")
        .description("File with a certificate chain of that client for mutual TLS, PEM")
        .default_text("none");
    INTROSPECTION_CERTIFICATE_KEY_FILE =
        Setting::new(
            "introspection_certificate_key_file",
            "introspection-certificate-key-file",
            &["INTROSPECTION_CERTIFICATE_KEY_FILE"],
        )
        .value_name("PATH")
        .description("File with the private key of that certificate, PEM")
        .default_text("none");
    INTROSPECTION_CACHE =
        Setting::new("introspection_cache", "introspection-cache", &["INTROSPECTION_CACHE"])
            .value_name("SECONDS")
            .description("How long an active answer is used, 0 to 3600 seconds")
            .default_text("30");
    INTROSPECTION_STALE =
        Setting::new("introspection_stale", "introspection-stale", &["INTROSPECTION_STALE"])
            .value_name("SECONDS")
            .description("How much longer it is used while the issuer cannot be asked, 0 to 3600 seconds")
            .default_text("0");
    INTROSPECTION_RATE =
        Setting::new("introspection_rate", "introspection-rate", &["INTROSPECTION_RATE"])
            .value_name("NUMBER")
            .description("Maximum number of introspection calls per second, 1 to 100000")
            .default_text("100");
}
