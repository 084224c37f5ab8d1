//! What a wrong issuer, algorithm, key or signature means, and how to fix it.

use url::Url;

use super::report::Check;
use crate::issuer::IssuerStatus;
use crate::service::check::{IssuerProduct, is_uuid, key_names};
use crate::token::{Algorithm, Family, InvalidToken, Printable};

/// Whether two issuer names differ only in scheme, trailing slashes or case, as common misspellings
/// do.
pub(super) fn is_similar(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.trim_end_matches('/').to_lowercase()
    };
    !one.is_empty() && bare(one) == bare(other)
}

/// The check of a tenant that is not accepted, or not named as it must be.
pub(super) fn wrong_tenant(check: Check, tenant: Option<&str>, reason: &InvalidToken) -> Check {
    let check = check.expected("the issuer's template filled with tid, which TENANTS accepts");
    match (reason, tenant) {
        (InvalidToken::TenantNotAllowed, Some(tenant)) => {
            let tenant = Printable::up_to(128, tenant);
            check
                .meaning(format!("the token is from the tenant {tenant}, which is not accepted"))
                .advice(format!("if its users may call this API, add {tenant} to TENANTS"))
        }
        _ => check
            .meaning("the tenant in tid is missing, malformed, or not the one in iss")
            .advice("use a token as the issuer made it"),
    }
}

pub(super) fn wrong_issuer(check: Check, found: &str, ours: &[&str]) -> Check {
    const EXACT: &str = "names are compared character by character";
    let similar = ours.iter().find(|ours| is_similar(ours, found));
    let Some(ours) = similar else { return other_issuer(check, found, ours) };
    let slashes = |text: &str| text.len().saturating_sub(text.trim_end_matches('/').len());
    let scheme = |text: &str| text.split_once("://").map(|(scheme, _)| scheme.to_owned());
    if scheme(found) != scheme(ours) {
        return check.meaning(format!("only the scheme differs; {EXACT}")).advice(format!(
            "have the issuer name itself {ours} in its tokens. The usual cause is a proxy in front \
             of the issuer: the issuer must know that clients reach it by https"
        ));
    }
    if slashes(found) != slashes(ours) {
        return check.meaning(format!("only a slash at the end differs; {EXACT}")).advice(format!(
            "use a token as the issuer made it: it names {ours}. If this is such a token, set \
             ISSUER exactly as the token has it"
        ));
    }
    check
        .meaning(format!("only upper and lower case differ; {EXACT}"))
        .advice("set ISSUER exactly as the token has it")
}

fn other_issuer(check: Check, found: &str, ours: &[&str]) -> Check {
    let check = check.meaning("the issuer that the token names is not trusted by this API");
    let is_auth0 = |text: &&str| IssuerProduct::of(text) == IssuerProduct::Auth0;
    let (theirs, any_of_ours) = (is_auth0(&found), ours.iter().any(is_auth0));
    if let Some(ours) = ours.iter().find(|ours| is_same_entra_tenant(found, ours)) {
        return other_version(check, found, ours);
    }
    match (theirs, any_of_ours) {
        (true, false) => check.advice(
            "request the token from the configured issuer. If both are the same Auth0 tenant, the \
             configured issuer is its custom domain: request the token there, or add the tenant's \
             own domain to ISSUER_BASE_URL, separated by a comma",
        ),
        (false, true) => check.advice(
            "request the token from the configured issuer. If both are the same Auth0 tenant, the \
             token was requested at its custom domain: set AUTH0_DOMAIN to the custom domain, or \
             request the token at the tenant's own domain",
        ),
        (true, true) => check.advice(
            "the token is from another Auth0 tenant. Request it from the configured tenant, or set \
             AUTH0_DOMAIN to the tenant that the token is from",
        ),
        (false, false) => check.advice(format!(
            "request the token from the configured issuer. If the issuer of this token is to be \
             trusted, set {}",
            setting_for(found)
        )),
    }
}

/// The setting that makes tokens of this issuer trusted.
fn setting_for(issuer: &str) -> String {
    let name = Printable::up_to(200, issuer);
    if issuer.parse::<crate::issuer::IssuerIdentifier>().is_ok() {
        format!("ISSUER_BASE_URL={name}")
    } else {
        format!(
            "ISSUER={name}, exactly as the token has it, and JWKS_URI or PUBLIC_KEY_FILE: the name \
             is not an https URL, so nothing can be discovered from it"
        )
    }
}

/// Entra ID issues tokens of two versions under two names.
fn other_version(check: Check, found: &str, ours: &str) -> Check {
    let version = |issuer: &str| if issuer.contains("/v2.0") { "2.0" } else { "1.0" };
    let manifest = if version(ours) == "2.0" { "2" } else { "null" };
    check
        .meaning(format!(
            "the tenant is right and the version is not: the token has version {}, and the \
             settings name the issuer of version {}",
            version(found),
            version(ours)
        ))
        .advice(format!(
            "set ISSUER_BASE_URL={}, or set requestedAccessTokenVersion to {manifest} in the \
             manifest of the API's app registration and request a new token",
            Printable::up_to(200, found)
        ))
}

/// Whether both names are those of one Entra tenant, which is the first part of their path.
fn is_same_entra_tenant(one: &str, other: &str) -> bool {
    let tenant = |issuer: &str| {
        let url = Url::parse(issuer).ok()?;
        let id = url.path_segments()?.next()?.to_ascii_lowercase();
        let is_tenant = IssuerProduct::of(issuer) == IssuerProduct::Entra && is_uuid(&id);
        is_tenant.then_some(id)
    };
    tenant(one).is_some_and(|tenant_of_one| Some(tenant_of_one) == tenant(other))
}

pub(super) fn not_allowed(check: Check, algorithm: Algorithm) -> Check {
    if algorithm.family() == Family::Secret {
        return check
            .meaning(
                "the token is signed with a shared secret, while this issuer's tokens must be \
                 signed with a private key that only the issuer has",
            )
            .advice(
                "have the issuer sign this API's tokens with RS256 (with Auth0: Applications > \
                 APIs > Settings, Signing Algorithm). If the shared secret is intended, set ISSUER \
                 and SECRET_FILE",
            );
    }
    check.meaning("the settings do not allow this algorithm").advice(format!(
        "have the issuer sign with an algorithm that is allowed, or add {algorithm} to \
         TOKEN_SIGNING_ALG"
    ))
}

/// The keys in use, as the expectation of a check.
pub(super) fn held(issuer: &IssuerStatus) -> String {
    format!("the kid of a key of {}: {}", issuer.issuer, key_names(issuer, "any kid"))
}

pub(super) fn no_key(check: Check, reason: &InvalidToken) -> Check {
    match reason {
        InvalidToken::AmbiguousKey => check
            .meaning("several keys fit, and the token does not say which one signed it")
            .advice("have the issuer put the kid of the signing key into the token's header"),
        InvalidToken::KeyForAnotherAlgorithm { .. } => check
            .meaning("the key of that name is for another algorithm than the token's header names")
            .advice("use a token as the issuer made it: each key has one algorithm"),
        _ => check
            .meaning(
                "the issuer does not publish this key: the token was issued before its keys \
                 changed, or comes from another issuer or tenant, such as a development \
                 environment",
            )
            .advice(
                "request a new token. If the new one fails too, compare the issuer that you \
                 request it from with the configured one",
            ),
    }
}

pub(super) fn bad_signature(check: Check, algorithm: Algorithm) -> Check {
    let check = check
        .meaning("the token was changed or cut after it was signed, or someone else signed it");
    if algorithm.family() == Family::Secret {
        return check.advice(
            "compare the secret with the issuer's, byte by byte: often one side has it in base64 \
             and the other decoded, or it ends with a line break",
        );
    }
    check.advice(
        "copy the token again, whole and unedited. If it fails as the issuer gave it, the key of \
         this name is not the issuer's: check PUBLIC_KEY_FILE or JWKS_URI, if they are set",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_are_those_that_people_confuse() {
        let table = [
            ("https://a.example/", "https://a.example", true),
            ("https://a.example/", "http://a.example/", true),
            ("https://a.example/", "https://A.example/", true),
            ("https://a.example/", "a.example", true),
            ("https://a.example/", "https://a.example/t", false),
            ("https://a.example/", "https://b.example/", false),
            ("", "", false),
        ];
        for (one, other, similar) in table {
            assert_eq!(is_similar(one, other), similar, "{one} {other}");
        }
    }

    #[test]
    fn both_versions_of_an_entra_tenant_are_one_tenant() {
        const ID: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
        let v1 = format!("https://sts.windows.net/{ID}/");
        let v2 = format!("https://login.microsoftonline.com/{ID}/v2.0");
        let elsewhere = format!("https://issuer.example/{ID}/v2.0");
        let other = v2.replace("1111", "9999");
        let table = [(&v1, true), (&v2, true), (&elsewhere, false), (&other, false)];
        for (issuer, same) in table {
            assert_eq!(is_same_entra_tenant(issuer, &v2), same, "{issuer}");
        }
    }

    #[test]
    fn the_advised_setting_fits_the_name() {
        assert_eq!(setting_for("https://a.example/"), "ISSUER_BASE_URL=https://a.example/");
        for name in ["accounts.google.com", "http://adfs.example/adfs/services/trust", "urn:a"] {
            assert!(setting_for(name).starts_with(&format!("ISSUER={name},")), "RFC 7519 4.1.1");
        }
    }
}
