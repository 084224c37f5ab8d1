//! Settings of the API as callers see it.

super::group! {
    RESOURCE("resource", "resource", "URL", "the first audience that is an https URL")
        .description("Resource identifier of this API, published as RFC 9728 metadata");
    REALM("realm", "realm", "TEXT", "api")
        .description("Realm in WWW-Authenticate challenges");
    CORS_ORIGINS("cors_origins", "cors-origins", "ORIGIN", "none")
        .description("Origins of web pages that may call this API from a browser").list();
    TOKEN_HEADER("token_header", "token-header", "NAME", "none: Authorization")
        .description("Header field in which TRUSTED_PROXIES pass the token on, in place of Authorization");
    FORWARD_AUTH("forward_auth", "forward-auth", "PATH", "none: no /authorize")
        .description("Policy file by which /authorize answers TRUSTED_PROXIES whether a request to another API is allowed; reloaded when it changes");
    IDENTITY_HEADER_PREFIX("identity_header_prefix", "identity-header-prefix", "PREFIX", "X-Auth-")
        .description("Prefix of the header fields that tell an API behind /authorize who calls");
    FORWARD_AUTHORIZATION("forward_authorization", "forward-authorization", "keep|remove", "keep")
        .description("Whether an API behind /authorize gets the client's Authorization: keep or remove");
}
