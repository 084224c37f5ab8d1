//! Known issuer products, recognized by an issuer's name.

use url::Url;

/// A product or service that issues tokens, as far as advice depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum IssuerProduct {
    Auth0,
    Cognito,
    Entra,
    Firebase,
    GitHub,
    GitLab,
    Google,
    Keycloak,
    Kubernetes,
    Okta,
    PingOne,
    Zitadel,
    Other,
}

impl IssuerProduct {
    /// The product that names its issuers in this way.
    pub(in crate::service) fn of(issuer: &str) -> Self {
        let url = Url::parse(issuer).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or(issuer).to_ascii_lowercase();
        let path = url.as_ref().map_or("", Url::path);
        let is_below = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let is_below_any = |domains: &[&str]| domains.iter().any(|domain| is_below(domain));
        if is_below("auth0.com") {
            Self::Auth0
        } else if is_below_any(&MICROSOFT) {
            Self::Entra
        } else if host.starts_with("cognito-idp") && host.contains(".amazonaws.com") {
            Self::Cognito
        } else if host == "securetoken.google.com" {
            Self::Firebase
        } else if host == "accounts.google.com" {
            Self::Google
        } else if host.starts_with("token.actions.") {
            Self::GitHub
        } else if is_below("gitlab.com") {
            Self::GitLab
        } else if host.starts_with("kubernetes.default") || is_below_any(&CLUSTERS) {
            Self::Kubernetes
        } else if is_below_any(&["okta.com", "oktapreview.com", "okta-emea.com"]) {
            Self::Okta
        } else if host.starts_with("auth.pingone.") {
            Self::PingOne
        } else if is_below("zitadel.cloud") {
            Self::Zitadel
        } else if path.contains("/realms/") {
            Self::Keycloak
        } else {
            Self::Other
        }
    }

    /// How to obtain a token for this API: a sentence that begins with a verb.
    pub(in crate::service) fn request(self, audience: &str) -> String {
        match self {
            Self::Auth0 => format!("request the token with audience={audience}"),
            Self::Cognito => format!("request the token with resource={audience}"),
            Self::Entra => format!(
                "request the token with scope={}, or with another scope of this API",
                entra_default_scope(audience)
            ),
            Self::Firebase | Self::Google => {
                format!("request an ID token whose audience is {audience}")
            }
            Self::GitHub => format!(
                "request the job's ID token for this API: core.getIDToken(\"{audience}\"), in a \
                 job with permissions: id-token: write"
            ),
            Self::GitLab => {
                format!("declare the token under id_tokens: of the job, with aud: {audience}")
            }
            Self::Keycloak => format!(
                "add an Audience mapper with the custom audience {audience} to a client scope of \
                 the client, and request a new token"
            ),
            Self::Kubernetes => format!(
                "mount a projected service-account token with audience: {audience}, or request \
                 one: kubectl create token NAME --audience {audience}"
            ),
            Self::Okta => format!(
                "request the token from the authorization server whose audience is {audience} \
                 (Security > API > Authorization Servers)"
            ),
            Self::PingOne => format!(
                "request the token with a scope of the PingOne resource whose audience is \
                 {audience}"
            ),
            Self::Zitadel => {
                format!(
                    "request the token with scope=urn:zitadel:iam:org:project:id:{audience}:aud"
                )
            }
            Self::Other => format!(
                "request the token for this API: with audience={audience} or, if the issuer \
                 supports RFC 8707, with resource={audience}"
            ),
        }
    }
}

/// Domains of Entra ID, Azure AD B2C and Entra External ID, national clouds included.
const MICROSOFT: [&str; 9] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "sts.windows.net",
    "sts.chinacloudapi.cn",
    "b2clogin.com",
    "b2clogin.cn",
    "ciamlogin.com",
];

/// Domains under which managed clusters publish their service-account issuers.
const CLUSTERS: [&str; 2] = ["container.googleapis.com", "oic.prod-aks.azure.com"];

/// The scope that stands for everything which a client was granted of an API. The default App ID
/// URI of an API is its client ID after `api://`.
pub(in crate::service) fn entra_default_scope(audience: &str) -> String {
    if audience.contains("://") {
        return format!("{}/.default", audience.trim_end_matches('/'));
    }
    if is_uuid(audience) {
        return format!("api://{audience}/.default");
    }
    "api://CLIENT-ID/.default".to_owned()
}

/// Whether the text has the form of a UUID.
pub(in crate::service) fn is_uuid(text: &str) -> bool {
    let is_hyphen = |place| matches!(place, 8 | 13 | 18 | 23);
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match byte {
            b'-' => is_hyphen(place),
            _ => !is_hyphen(place) && byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_recognized_by_their_issuers() {
        let table = [
            ("https://tenant.eu.auth0.com/", IssuerProduct::Auth0),
            ("https://notauth0.com/", IssuerProduct::Other),
            ("https://login.microsoftonline.com/t/v2.0", IssuerProduct::Entra),
            ("https://sts.windows.net/t/", IssuerProduct::Entra),
            ("https://shop.b2clogin.com/t/v2.0/", IssuerProduct::Entra),
            ("https://t.ciamlogin.com/t/v2.0", IssuerProduct::Entra),
            ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", IssuerProduct::Cognito),
            ("https://accounts.google.com", IssuerProduct::Google),
            ("accounts.google.com", IssuerProduct::Google),
            ("https://securetoken.google.com/project", IssuerProduct::Firebase),
            ("https://token.actions.githubusercontent.com", IssuerProduct::GitHub),
            ("https://gitlab.com", IssuerProduct::GitLab),
            ("https://kubernetes.default.svc.cluster.local", IssuerProduct::Kubernetes),
            ("https://dev-1.okta.com/oauth2/default", IssuerProduct::Okta),
            ("https://auth.pingone.eu/e/as", IssuerProduct::PingOne),
            ("https://shop-1.us1.zitadel.cloud", IssuerProduct::Zitadel),
            ("https://login.example/realms/shop", IssuerProduct::Keycloak),
            ("https://login.example/", IssuerProduct::Other),
            ("", IssuerProduct::Other),
        ];
        for (issuer, product) in table {
            assert_eq!(IssuerProduct::of(issuer), product, "{issuer}");
        }
    }

    #[test]
    fn the_scope_to_request_at_entra_follows_the_audience() {
        let id = "11112222-bbbb-3333-cccc-4444dddd5555";
        let table = [
            (id, format!("api://{id}/.default")),
            ("api://shop", "api://shop/.default".to_owned()),
            ("https://api.example/", "https://api.example/.default".to_owned()),
            ("shop", "api://CLIENT-ID/.default".to_owned()),
        ];
        for (audience, scope) in table {
            assert_eq!(entra_default_scope(audience), scope);
            let advice = IssuerProduct::Entra.request(audience);
            assert!(!advice.contains("audience="), "{advice}");
        }
    }
}
