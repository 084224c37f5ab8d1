//! Settings of the API as callers see it.

use super::Setting;

super::group! {
    RESOURCE = Setting::new("resource", "resource", &["RESOURCE"])
        .value_name("URL")
        .description("Resource identifier of this API, published as RFC 9728 metadata")
        .default_text("the first audience that is an https URL");
    REALM = Setting::new("realm", "realm", &["REALM"])
        .value_name("TEXT")
        .description("Realm in WWW-Authenticate challenges")
        .default_text("api");
    CORS_ORIGINS = Setting::new("cors_origins", "cors-origins", &["CORS_ORIGINS"])
        .value_name("ORIGIN")
        .description("Origins of web pages that may call this API from a browser")
        .default_text("none")
        .list();
    TOKEN_HEADER = Setting::new("token_header", "token-header", &["TOKEN_HEADER"])
        .value_name("NAME")
        .description("Header field in which TRUSTED_PROXIES pass the token on, in place of Authorization")
        .default_text("none: Authorization");
    FORWARD_AUTH = Setting::new("forward_auth", "forward-auth", &["FORWARD_AUTH"])
        .value_name("PATH")
        .description("Policy file by which /authorize answers TRUSTED_PROXIES; reloaded when it changes")
        .default_text("none: no /authorize");
    IDENTITY_HEADER_PREFIX =
        Setting::new("identity_header_prefix", "identity-header-prefix", &["IDENTITY_HEADER_PREFIX"])
            .value_name("PREFIX")
            .description("What the names of the headers begin with that tell a backend behind /authorize who calls")
            .default_text("X-Auth-");
    FORWARD_AUTHORIZATION =
        Setting::new("forward_authorization", "forward-authorization", &["FORWARD_AUTHORIZATION"])
            .value_name("keep|remove")
            .description("Whether a backend behind /authorize gets the client's Authorization")
            .default_text("keep");
}
