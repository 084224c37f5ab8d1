//! Issuer metadata: its addresses, and the members that are used.

use url::Url;

use super::fault::IssuerFault;
use super::identifier::{IssuerIdentifier, without_trailing_slash};
use super::introspection::IntrospectionMetadata;
use crate::secure_url::{HttpHosts, is_loopback, secure_url, secure_url_or};
use crate::token::{Algorithm, IssuerTemplate, Members, Printable, without_byte_order_mark};

/// The members of an issuer's metadata that are used (RFC 8414 section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The issuer's own spelling of its name, which `iss` must equal; or the template of the names of
    /// its tenants.
    pub(crate) issuer: String,
    /// The address of its key set. An issuer of opaque tokens alone need not have one.
    pub(crate) jwks_uri: Option<Url>,
    /// The algorithms that it announces. There is no member for access tokens, so these are those of
    /// its ID tokens (OpenID Connect Discovery section 3).
    pub(crate) signing_algorithms: Vec<Algorithm>,
    /// How it is asked about tokens.
    pub(crate) introspection: IntrospectionMetadata,
}

/// The addresses at which an issuer may publish its metadata, in the order in which they are tried:
/// the form of OpenID Connect Discovery section 4, which nearly every issuer has, then those of RFC
/// 8414 sections 3.1 and 5.
pub(crate) fn metadata_addresses(issuer: &IssuerIdentifier) -> Vec<Url> {
    let Some(base) = issuer.url() else { return Vec::new() };
    let path = without_trailing_slash(base.path());
    let mut paths = vec![
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("/.well-known/openid-configuration{path}"));
    }
    let at = |path: String| {
        let mut address = base.clone();
        address.set_path(&path);
        address
    };
    paths.into_iter().map(at).collect()
}

/// Reads metadata that was obtained for `issuer`. `tenants` says that it may be that of many tenants:
/// then it names a template, which `issuer` must fit.
///
/// # Errors
///
/// [`IssuerFault`] if it is not metadata, belongs to another issuer (RFC 8414 section 3.3), or names
/// a key set address that is not safe.
pub(crate) fn read_metadata(
    json: &[u8],
    issuer: &IssuerIdentifier,
    plain_http: &HttpHosts,
    tenants: bool,
) -> Result<Metadata, IssuerFault> {
    let members = Members::parse(without_byte_order_mark(json))
        .map_err(|fault| IssuerFault::MetadataMalformed { fault })?;
    let required = |name: &'static str| {
        members.string(name).ok().flatten().ok_or(IssuerFault::MetadataIncomplete { member: name })
    };
    let found = required("issuer")?;
    if is_template_of(&found, issuer) {
        if !tenants {
            return Err(IssuerFault::IssuerTemplate { template: Printable::up_to(256, &found) });
        }
    } else if without_trailing_slash(&found) != issuer.without_trailing_slash() {
        let jwks_uri =
            required("jwks_uri").and_then(|text| key_set_address(&text, issuer, plain_http)).ok();
        return Err(IssuerFault::AnotherIssuer { found: Printable::up_to(256, &found), jwks_uri });
    }
    let jwks_uri = match members.contains("jwks_uri") {
        true => Some(key_set_address(&required("jwks_uri")?, issuer, plain_http)?),
        false => None,
    };
    let names: Vec<String> =
        members.read("id_token_signing_alg_values_supported").ok().flatten().unwrap_or_default();
    let signing_algorithms = names.iter().filter_map(|name| name.parse().ok()).collect();
    let introspection = introspection(&members, issuer, plain_http);
    Ok(Metadata { issuer: found, jwks_uri, signing_algorithms, introspection })
}

/// Whether the name is a template, and the issuer is configured by the address of its tenants'
/// metadata: `…/common/v2.0` for `…/{tenantid}/v2.0`.
fn is_template_of(found: &str, issuer: &IssuerIdentifier) -> bool {
    let template = IssuerTemplate::parse(without_trailing_slash(found));
    template.is_some_and(|it| it.tenant_of(issuer.without_trailing_slash()).is_some())
}

/// Reads the members about introspection. They are optional, so what cannot be used is left out.
fn introspection(
    members: &Members<'_>,
    issuer: &IssuerIdentifier,
    plain_http: &HttpHosts,
) -> IntrospectionMetadata {
    let list = |name| members.read::<Vec<String>>(name).ok().flatten().unwrap_or_default();
    let endpoint = |members: &Members<'_>| {
        let text = members.text("introspection_endpoint").ok().flatten()?;
        issuers_url(&text, issuer, plain_http)
    };
    let aliases = members.get("mtls_endpoint_aliases");
    let aliases = aliases.and_then(|json| Members::parse(json.get().as_bytes()).ok());
    IntrospectionMetadata {
        endpoint: endpoint(members),
        mtls_endpoint: aliases.as_ref().and_then(endpoint),
        methods: list("introspection_endpoint_auth_methods_supported"),
        is_signed: !list("introspection_signing_alg_values_supported").is_empty(),
    }
}

/// Parses the address of a key set, which must be safe to fetch.
fn key_set_address(
    text: &str,
    issuer: &IssuerIdentifier,
    plain_http: &HttpHosts,
) -> Result<Url, IssuerFault> {
    let insecure = || IssuerFault::InsecureKeySet { address: Printable::up_to(256, text) };
    issuers_url(text, issuer, plain_http).ok_or_else(insecure)
}

/// A URL from the issuer's metadata, if it is safe: metadata that came over https never leads to http,
/// nor an issuer elsewhere to this machine.
fn issuers_url(text: &str, issuer: &IssuerIdentifier, plain_http: &HttpHosts) -> Option<Url> {
    let url = match issuer.is_plain_http() {
        true => secure_url_or(text, plain_http),
        false => secure_url(text),
    };
    url.ok().filter(|url| issuer.is_loopback() || !is_loopback(url))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer(text: &str) -> IssuerIdentifier {
        text.parse().expect("an issuer")
    }

    #[test]
    fn the_addresses_follow_both_specifications() {
        let of = |text| -> Vec<String> {
            metadata_addresses(&issuer(text)).iter().map(ToString::to_string).collect()
        };
        let plain = [
            "https://a.example/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server",
        ];
        assert_eq!(of("https://a.example"), plain, "RFC 8414 3.1");
        assert_eq!(of("https://a.example/"), plain, "RFC 8414 3.1");
        let with_path = [
            "https://a.example:8443/t/1/.well-known/openid-configuration",
            "https://a.example:8443/.well-known/oauth-authorization-server/t/1",
            "https://a.example:8443/.well-known/openid-configuration/t/1",
        ];
        assert_eq!(of("https://a.example:8443/t/1"), with_path, "RFC 8414 3.1, 5");
        assert_eq!(of("https://a.example:8443/t/1/"), with_path, "RFC 8414 3.1, 5");
    }

    #[test]
    fn metadata_is_believed_only_if_it_is_the_issuers_own_and_safe() {
        let read = |issuer_text: &str, found: &str, keys: &str| {
            let json = json!({"issuer": found, "jwks_uri": keys}).to_string();
            let hosts: HttpHosts = "keycloak,keys.internal".parse().expect("a list");
            let issuer = IssuerIdentifier::over_http(issuer_text, &hosts).expect("an issuer");
            read_metadata(json.as_bytes(), &issuer, &hosts, false).map(|metadata| metadata.issuer)
        };
        let keys = "https://keys.example/jwks";
        let other = |found: &str| {
            let jwks_uri = keys.parse().ok();
            Err(IssuerFault::AnotherIssuer { found: Printable::new(found), jwks_uri })
        };
        let insecure =
            |text: &str| Err(IssuerFault::InsecureKeySet { address: Printable::new(text) });
        let own = "https://a.example";
        let plain = || Ok("http://keycloak".to_owned());
        let table = [
            (read(own, own, keys), Ok(own.to_owned())),
            (read(own, "https://a.example/", keys), Ok("https://a.example/".to_owned())),
            (read("https://a.example/", own, keys), Ok(own.to_owned())),
            (read(own, "https://a.example//", keys), other("https://a.example//")),
            (read(own, "https://A.example", keys), other("https://A.example")),
            (read(own, "https://evil.example", keys), other("https://evil.example")),
            (read(own, own, "http://a.example/jwks"), insecure("http://a.example/jwks")),
            (read(own, own, "http://127.0.0.1/jwks"), insecure("http://127.0.0.1/jwks")),
            (read(own, own, "https://localhost/jwks"), insecure("https://localhost/jwks")),
            (read(own, own, "file:///etc/keys"), insecure("file:///etc/keys")),
            (read(own, own, "http://keycloak/jwks"), insecure("http://keycloak/jwks")),
            (read("http://keycloak", "http://keycloak", "http://keycloak/jwks"), plain()),
            (read("http://keycloak", "http://keycloak", "http://keys.internal/jwks"), plain()),
            (read("http://keycloak", "http://keycloak", "https://a.example/jwks"), plain()),
            (
                read("http://keycloak", "http://keycloak", "http://a.example/jwks"),
                insecure("http://a.example/jwks"),
            ),
            (
                read("http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1/jwks"),
                Ok("http://127.0.0.1:1".to_owned()),
            ),
        ];
        for (read, expected) in table {
            assert_eq!(read, expected, "RFC 8414 2, 3.3");
        }
    }

    #[test]
    fn a_template_is_believed_where_tenants_are_configured_and_the_address_fits() {
        let read = |issuer_text: &str, found: &str, tenants: bool| {
            let json =
                json!({"issuer": found, "jwks_uri": "https://keys.example/jwks"}).to_string();
            let (issuer, none) = (issuer(issuer_text), HttpHosts::default());
            read_metadata(json.as_bytes(), &issuer, &none, tenants).map(|metadata| metadata.issuer)
        };
        let template = "https://a.example/{tenantid}/v2.0";
        let is_other = |result| matches!(result, Err(IssuerFault::AnotherIssuer { .. }));
        let common = "https://a.example/common/v2.0";
        assert_eq!(read(common, template, true), Ok(template.to_owned()));
        assert_eq!(read("https://a.example/common/v2.0/", template, true), Ok(template.to_owned()));
        let missing = IssuerFault::IssuerTemplate { template: Printable::new(template) };
        assert_eq!(read(common, template, false), Err(missing));
        for address in [
            "https://b.example/common/v2.0",
            "https://a.example/v2.0",
            "https://a.example/a/b/v2.0",
        ] {
            assert!(is_other(read(address, template, true)), "RFC 8414 3.3: {address}");
        }
        assert!(is_other(read(common, "https://a.example/t/v2.0", true)), "RFC 8414 3.3");
    }

    #[test]
    fn metadata_that_is_none_is_a_fault() {
        let read = |json: &str| {
            let none = HttpHosts::default();
            read_metadata(json.as_bytes(), &issuer("https://a.example"), &none, false)
        };
        assert!(matches!(read("<html>"), Err(IssuerFault::MetadataMalformed { .. })));
        let twice = r#"{"issuer":"https://a.example","issuer":"https://a.example"}"#;
        assert!(matches!(read(twice), Err(IssuerFault::MetadataMalformed { .. })));
        let missing = |member| Err(IssuerFault::MetadataIncomplete { member });
        assert_eq!(read("{}"), missing("issuer"));
        assert_eq!(read(r#"{"issuer":1}"#), missing("issuer"));
        let mistyped = r#"{"issuer":"https://a.example","jwks_uri":1}"#;
        assert_eq!(read(mistyped), missing("jwks_uri"));
        let without = read(r#"{"issuer":"https://a.example"}"#).expect("it is optional");
        assert_eq!(without.jwks_uri, None, "RFC 8414 2");
    }
}
