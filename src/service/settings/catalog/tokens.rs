//! Settings of trusted issuers and token requirements.

super::group! {
    ISSUER_BASE_URL("issuer_base_url", "issuer-base-url", "URL", "none")
        .description("Issuers to trust; keys are discovered").list();
    AUTH0_DOMAIN("auth0_domain", "auth0-domain", "DOMAIN", "none")
        .description("Domain of an Auth0 tenant; short for the issuer https://DOMAIN/");
    AUDIENCE("audience", "audience", "AUDIENCE", "required")
        .description("Audiences of this API; a token must contain one of them")
        .variables(&["AUDIENCE", "AUTH0_AUDIENCE"]).list();
    ISSUER("issuer", "issuer", "ISSUER", "none")
        .description("Issuer with configured keys: the exact `iss`; also needs JWKS_URI, PUBLIC_KEY_FILE, SECRET or SECRET_FILE");
    JWKS_URI("jwks_uri", "jwks-uri", "URL", "none")
        .description("Key sets of ISSUER").list();
    PUBLIC_KEY_FILE("public_key_file", "public-key-file", "PATH", "none")
        .description("File with the public key of ISSUER: PEM, JWK or JWK set");
    SECRET("secret", "", "SECRET", "none")
        .description("HMAC secret shared with ISSUER, at least 32 bytes").secret();
    SECRET_FILE("secret_file", "secret-file", "PATH", "none")
        .description("File with the HMAC secret shared with ISSUER; one trailing newline is ignored");
    TOKEN_SIGNING_ALG("token_signing_alg", "token-signing-alg", "ALGORITHM",
        "RSA, ECDSA without ES256K, EdDSA, and others that the issuer's metadata announces; for a secret, the HMAC ones that it is long enough for")
        .description("Allowed signature algorithms").list();
    TOKEN_PROFILE("token_profile", "token-profile", "PROFILE", "any")
        .description("Token format to require: any, or rfc9068");
    SCOPE_CLAIM("scope_claim", "scope-claim", "CLAIM", "scope,scp")
        .description("Claims with scopes: the first one present counts; a dot or a JSON pointer reaches into objects")
        .list();
    ROLES_CLAIM("roles_claim", "roles-claim", "CLAIM", "roles")
        .description("Claims with roles, such as realm_access.roles").list();
    PERMISSIONS_CLAIM("permissions_claim", "permissions-claim", "CLAIM", "permissions")
        .description("Claims with permissions").list();
    CLIENT_IDS("client_ids", "client-ids", "CLIENT", "all clients")
        .description("Clients whose tokens are accepted; without AUDIENCE, only tokens without `aud`")
        .list();
    TENANTS("tenants", "tenants", "TENANT", "none")
        .description("Tenants whose tokens are accepted, where the issuer's metadata names a template ({tenantid}); any for all")
        .list();
    CLOCK_TOLERANCE("clock_tolerance", "clock-tolerance", "SECONDS", "5")
        .description("Maximum difference between this clock and the issuer's, 0 to 300 seconds");
    MAX_TOKEN_AGE("max_token_age", "max-token-age", "SECONDS", "no limit but the expiry")
        .description("Maximum token age since `iat`, 1 to 31536000 seconds; older tokens are rejected");
}
