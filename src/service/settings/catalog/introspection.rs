//! Settings of introspection.

super::group! {
    INTROSPECTION("introspection", "introspection", "MODE", "off")
        .description("Tokens to ask the issuer about: off, opaque ones, or always, which includes JWTs");
    INTROSPECTION_URL("introspection_url", "introspection-url", "URL", "the one in the issuer's metadata")
        .description("Introspection endpoint");
    INTROSPECTION_CLIENT_ID("introspection_client_id", "introspection-client-id", "ID", "none")
        .description("Client id of this API at the issuer");
    INTROSPECTION_CLIENT_SECRET("introspection_client_secret", "", "SECRET", "none")
        .description("Secret of that client").secret();
    INTROSPECTION_SECRET_FILE("introspection_secret_file", "introspection-secret-file", "PATH", "none")
        .description("File with the secret of that client; one trailing newline is ignored");
    INTROSPECTION_KEY_FILE("introspection_key_file", "introspection-key-file", "PATH", "none")
        .description("File with a private key of that client for private_key_jwt, PKCS #8 PEM");
    INTROSPECTION_CERTIFICATE_FILE("introspection_certificate_file", "introspection-certificate-file",
        "PATH", "none")
        .description("File with a certificate chain of that client for mutual TLS, PEM");
    INTROSPECTION_CERTIFICATE_KEY_FILE("introspection_certificate_key_file", "introspection-certificate-key-file",
        "PATH", "none")
        .description("File with the private key of that certificate, PEM");
    INTROSPECTION_CACHE("introspection_cache", "introspection-cache", "SECONDS", "30")
        .description("How long an active answer is used, 0 to 3600 seconds");
    INTROSPECTION_STALE("introspection_stale", "introspection-stale", "SECONDS", "0")
        .description("How much longer it is used while the issuer cannot be asked, 0 to 3600 seconds");
    INTROSPECTION_RATE("introspection_rate", "introspection-rate", "NUMBER", "100")
        .description("Maximum number of introspection calls per second, 1 to 100000");
}
