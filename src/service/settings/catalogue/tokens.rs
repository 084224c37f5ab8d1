//! What a token must be, and whose tokens are trusted.

use super::Setting;

super::group! {
    ISSUER_BASE_URL = Setting::new("issuer_base_url", "issuer-base-url", &["ISSUER_BASE_URL"])
        .takes("URL")
        .means("Issuer, or issuers, whose tokens are trusted; their keys are discovered")
        .otherwise("none")
        .list();
    AUTH0_DOMAIN = Setting::new("auth0_domain", "auth0-domain", &["AUTH0_DOMAIN"])
        .takes("DOMAIN")
        .means("Auth0 tenant's domain, short for the issuer https://DOMAIN/")
        .otherwise("none");
    AUDIENCE = Setting::new("audience", "audience", &["AUDIENCE", "AUTH0_AUDIENCE"])
        .takes("AUDIENCE")
        .means("Audience, or audiences, of this API; a token must name one of them")
        .otherwise("must be set")
        .list();
    ISSUER = Setting::new("issuer", "issuer", &["ISSUER"])
        .takes("URL")
        .means("Issuer without discovery, together with one of the four settings that follow")
        .otherwise("none");
    JWKS_URI = Setting::new("jwks_uri", "jwks-uri", &["JWKS_URI"])
        .takes("URL")
        .means("Address of the key set of ISSUER")
        .otherwise("none");
    PUBLIC_KEY_FILE = Setting::new("public_key_file", "public-key-file", &["PUBLIC_KEY_FILE"])
        .takes("PATH")
        .means("File with the public key of ISSUER: PEM, JWK or JWK set")
        .otherwise("none");
    SECRET = Setting::new("secret", "", &["SECRET"])
        .takes("SECRET")
        .means("HMAC secret shared with ISSUER, at least 32 bytes")
        .otherwise("none")
        .secret();
    SECRET_FILE = Setting::new("secret_file", "secret-file", &["SECRET_FILE"])
        .takes("PATH")
        .means("File with the HMAC secret shared with ISSUER; one newline at its end is left out")
        .otherwise("none");
    TOKEN_SIGNING_ALG = Setting::new("token_signing_alg", "token-signing-alg", &["TOKEN_SIGNING_ALG"])
        .takes("ALGORITHM")
        .means("Signature algorithms that tokens may use")
        .otherwise("every supported one with a public key; with a secret, the HMAC ones it is long enough for")
        .list();
    TOKEN_PROFILE = Setting::new("token_profile", "token-profile", &["TOKEN_PROFILE"])
        .takes("PROFILE")
        .means("How strictly a token's form is judged: any, or rfc9068")
        .otherwise("any");
    CLOCK_TOLERANCE = Setting::new("clock_tolerance", "clock-tolerance", &["CLOCK_TOLERANCE"])
        .takes("SECONDS")
        .means("How far this clock and the issuer's may differ, at most 300 seconds")
        .otherwise("5");
    MAX_TOKEN_AGE = Setting::new("max_token_age", "max-token-age", &["MAX_TOKEN_AGE"])
        .takes("SECONDS")
        .means("Age past which a token is refused even if it has not expired, in seconds")
        .otherwise("no limit but the token's own expiry");
}
