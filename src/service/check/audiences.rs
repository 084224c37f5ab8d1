//! Check of the audiences for common mistakes.

use super::finding::Finding;
use crate::service::settings::Settings;

const SUBJECT: &str = "audience";

/// One finding for each audience.
pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let issuers: Vec<&str> =
        settings.issuers.iter().map(|issuer| issuer.issuer.without_trailing_slash()).collect();
    if settings.audiences.is_empty() {
        let text = "none: tokens must be of a client of CLIENT_IDS, and have no aud";
        return vec![Finding::ok(SUBJECT, text)];
    }
    settings.audiences.iter().map(|audience| judge(audience, &issuers)).collect()
}

fn judge(audience: &str, issuers: &[&str]) -> Finding {
    const IDENTIFIER: &str = "set AUDIENCE to the name by which the issuer knows this API; with \
                              Auth0 that is the Identifier under Applications > APIs";
    let below = |issuer: &&&str| audience.strip_prefix(**issuer);
    let path = issuers.iter().find_map(|issuer| below(&issuer)).map(|path| path.trim_matches('/'));
    let doubt = match path {
        Some("userinfo") => {
            "is the issuer's own userinfo endpoint: tokens for it let a client ask the issuer about a \
             user"
        }
        Some("api/v2") => {
            "is Auth0's Management API: a token for it can change the tenant, so it must never be sent \
             to another API"
        }
        Some("") => "is the issuer itself, while tokens are for an API",
        _ if is_client_id(audience) => {
            "looks like a client ID: ID tokens are for clients, access tokens are for APIs"
        }
        _ if ["undefined", "null", "none"].contains(&audience.to_lowercase().as_str()) => {
            "looks like the output of a script for a missing value"
        }
        _ => {
            let slash = if audience.ends_with('/') { ", with the slash at the end" } else { "" };
            return Finding::ok(SUBJECT, format!("tokens must name exactly {audience}{slash}"));
        }
    };
    Finding::warning(SUBJECT, format!("{audience} {doubt}"), IDENTIFIER)
}

/// Whether the text has the form of Auth0's client IDs: 32 characters, both letters and digits.
pub(in crate::service) fn is_client_id(text: &str) -> bool {
    text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn an_audience_that_is_probably_not_an_api_is_a_warning() {
        let table = [
            ("https://api.example", Level::Ok, "exactly https://api.example"),
            ("https://api.example/", Level::Ok, "with the slash"),
            ("urn:api", Level::Ok, "urn:api"),
            ("https://tenant.eu.auth0.com/api/orders", Level::Ok, "orders"),
            ("https://tenant.eu.auth0.com/userinfo", Level::Warning, "userinfo endpoint"),
            ("https://tenant.eu.auth0.com/api/v2/", Level::Warning, "Management API"),
            ("https://tenant.eu.auth0.com", Level::Warning, "is the issuer"),
            ("https://tenant.eu.auth0.com/", Level::Warning, "is the issuer"),
            ("aB3dEfGhIjKlMnOpQrStUvWxYz012345", Level::Warning, "client ID"),
            ("undefined", Level::Warning, "script"),
        ];
        for (audience, level, text) in table {
            let finding = judge(audience, &["https://tenant.eu.auth0.com"]);
            assert_eq!(finding.level, level, "{audience}");
            assert!(finding.text.contains(text), "{}", finding.text);
        }
    }
}
