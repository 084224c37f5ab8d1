//! Names of issuers in settings.

use url::Url;

use crate::issuer::{HttpHosts, InvalidIssuer, IssuerIdentifier};

/// What is wrong with a plain http address of an issuer.
pub(super) const NOT_HTTPS: &str =
    "not https (http is accepted only for loopback hosts, and for those in ALLOW_HTTP_ISSUERS)";

/// Parses the issuer of configured keys: the exact `iss` of its tokens, which is only compared.
pub(super) fn issuer(text: &str) -> Result<IssuerIdentifier, String> {
    IssuerIdentifier::opaque(text).map_err(|error| error.to_string())
}

/// Parses a discovered issuer. A copied metadata URL gets specific advice.
pub(super) fn discovered(text: &str, plain_http: &HttpHosts) -> Result<IssuerIdentifier, String> {
    if text.contains("/.well-known/") {
        return Err("this is the URL of the issuer's metadata; the issuer is the same without \
                    .well-known/openid-configuration"
            .to_owned());
    }
    if text.contains('{') {
        return Err(
            "this is a template, not an address; write common or organizations in place of \
                    {tenantid}, and set TENANTS, or write the ID of one tenant"
                .to_owned(),
        );
    }
    IssuerIdentifier::over_http(text, plain_http).map_err(|error| match error {
        InvalidIssuer::NotHttps => NOT_HTTPS.to_owned(),
        error => error.to_string(),
    })
}

/// Returns the issuer of the Auth0 tenant with this domain.
pub(super) fn auth0_domain(text: &str) -> Result<IssuerIdentifier, String> {
    let bare = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split_once('/').map_or(bare, |(host, _)| host).to_lowercase();
    if !bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
        return Err("not a domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if !bare.contains('.') {
        return Err("not a full domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if bare.len() != text.len() {
        return Err(format!("write only the domain: {bare}"));
    }
    discovered(&format!("https://{bare}/"), &HttpHosts::default())
}

/// Whether two identifiers name the same issuer: the same text or URL, apart from a trailing slash.
pub(super) fn is_same(one: &IssuerIdentifier, other: &IssuerIdentifier) -> bool {
    let bare = |issuer: &IssuerIdentifier| {
        let text = issuer.url().map_or(issuer.as_str(), Url::as_str);
        text.strip_suffix('/').unwrap_or(text).to_owned()
    };
    bare(one) == bare(other)
}
