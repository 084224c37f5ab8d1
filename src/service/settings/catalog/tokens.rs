//! Settings of trusted issuers and token requirements.

use super::Setting;

super::group! {
    ISSUER_BASE_URL = Setting::new("issuer_base_url", "issuer-base-url", &["ISSUER_BASE_URL"])
        .value_name("URL")
        .description("Issuers to trust; keys are discovered")
        .default_text("none")
        .list();
    AUTH0_DOMAIN = Setting::new("auth0_domain", "auth0-domain", &["AUTH0_DOMAIN"])
        .value_name("DOMAIN")
        .description("Domain of an Auth0 tenant; short for the issuer https://DOMAIN/")
        .default_text("none");
    AUDIENCE = Setting::new("audience", "audience", &["AUDIENCE", "AUTH0_AUDIENCE"])
        .value_name("AUDIENCE")
        .description("Audiences of this API; a token must contain one of them")
        .default_text("required")
        .list();
    ISSUER = Setting::new("issuer", "issuer", &["ISSUER"])
        .value_name("ISSUER")
        .description("Issuer with configured keys: the exact `iss`, with one or more of the four settings below")
        .default_text("none");
    JWKS_URI = Setting::new("jwks_uri", "jwks-uri", &["JWKS_URI"])
        .value_name("URL")
        .description("Key sets of ISSUER")
        .default_text("none")
        .list();
    PUBLIC_KEY_FILE = Setting::new("public_key_file", "public-key-file", &["PUBLIC_KEY_FILE"])
        .value_name("PATH")
        .description("File with the public key of ISSUER: PEM, JWK or JWK set")
        .default_text("none");
    SECRET = Setting::new("secret", "", &["SECRET"])
        .value_name("SECRET")
        .description("HMAC secret shared with ISSUER, at least 32 bytes")
        .default_text("none")
        .secret();
    SECRET_FILE = Setting::new("secret_file", "secret-file", &["SECRET_FILE"])
        .value_name("PATH")
        .description("File with the HMAC secret shared with ISSUER; one trailing newline is ignored")
        .default_text("none");
    TOKEN_SIGNING_ALG = Setting::new("token_signing_alg", "token-signing-alg", &["TOKEN_SIGNING_ALG"])
        .value_name("ALGORITHM")
        .description("Allowed signature algorithms")
        .default_text("RSA, ECDSA without ES256K, EdDSA, and others that the issuer's metadata announces; for a secret, the HMAC ones that it is long enough for")
        .list();
    TOKEN_PROFILE = Setting::new("token_profile", "token-profile", &["TOKEN_PROFILE"])
        .value_name("PROFILE")
        .description("Token format to require: any, or rfc9068")
        .default_text("any");
    SCOPE_CLAIM = Setting::new("scope_claim", "scope-claim", &["SCOPE_CLAIM"])
        .value_name("CLAIM")
        .description("Claims with scopes: the first one present counts; a dot or a JSON pointer reaches into objects")
        .default_text("scope,scp")
        .list();
    ROLES_CLAIM = Setting::new("roles_claim", "roles-claim", &["ROLES_CLAIM"])
        .value_name("CLAIM")
        .description("Claims with roles, such as realm_access.roles")
        .default_text("roles")
        .list();
    PERMISSIONS_CLAIM = Setting::new("permissions_claim", "permissions-claim", &["PERMISSIONS_CLAIM"])
        .value_name("CLAIM")
        .description("Claims with permissions")
        .default_text("permissions")
        .list();
    CLIENT_IDS = Setting::new("client_ids", "client-ids", &["CLIENT_IDS"])
        .value_name("CLIENT")
        .description("Clients whose tokens are accepted; without AUDIENCE, only tokens without `aud`")
        .default_text("all clients")
        .list();
    TENANTS = Setting::new("tenants", "tenants", &["TENANTS"])
        .value_name("TENANT")
        .description("Tenants whose tokens are accepted, where the issuer's metadata names a template ({tenantid}); any for all")
        .default_text("none")
        .list();
    CLOCK_TOLERANCE = Setting::new("clock_tolerance", "clock-tolerance", &["CLOCK_TOLERANCE"])
        .value_name("SECONDS")
        .description("Maximum difference between this clock and the issuer's, 0 to 300 seconds")
        .default_text("5");
    MAX_TOKEN_AGE = Setting::new("max_token_age", "max-token-age", &["MAX_TOKEN_AGE"])
        .value_name("SECONDS")
        .description("Maximum token age since `iat`, in seconds; older tokens are rejected")
        .default_text("no limit but the expiry");
}
