//! How this API presents itself.

use super::Setting;

super::group! {
    RESOURCE = Setting::new("resource", "resource", &["RESOURCE"])
        .takes("URL")
        .means("Resource identifier of this API, published as RFC 9728 metadata")
        .otherwise("the first audience that is an https URL");
    REALM = Setting::new("realm", "realm", &["REALM"])
        .takes("TEXT")
        .means("Realm named in the WWW-Authenticate challenges")
        .otherwise("api");
    CORS_ORIGINS = Setting::new("cors_origins", "cors-origins", &["CORS_ORIGINS"])
        .takes("ORIGIN")
        .means("Origins of the web pages that may call this API from a browser")
        .otherwise("none")
        .list();
}
